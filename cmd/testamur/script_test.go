package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/testamur/testamur/issuer/render"
)

// verifyFolder holds testamur-verify, so that scripts can use both programs.
var verifyFolder string

func TestMain(m *testing.M) { testscript.Main(buildVerify{m}, map[string]func(){"testamur": main}) }

// buildVerify builds the other program before the tests run.
type buildVerify struct{ m *testing.M }

func (b buildVerify) Run() int {
	folder, err := os.MkdirTemp("", "testamur-verify-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	build := exec.Command("go", "build", "-o", folder, "../testamur-verify")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build testamur-verify:", err)
		return 1
	}
	verifyFolder = folder
	defer func() {
		if specimenFolder != "" {
			os.RemoveAll(specimenFolder)
		}
	}()
	return b.m.Run()
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", verifyFolder+string(filepath.ListSeparator)+env.Getenv("PATH"))
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"member": scriptMember,
			"exits":  scriptExits,
			"flip":   scriptFlip,
			"now":    scriptNow,
			"port":   scriptPort,
			"get":    scriptGet,
			"qr":     scriptQR,
		},
	})
}

// scriptMember sets a variable to a member of a JSON object: member NAME FILE KEY.
func scriptMember(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: member NAME FILE KEY")
	}
	var object map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &object))
	value, ok := object[args[2]]
	if !ok {
		ts.Fatalf("%s has no member %s", args[1], args[2])
	}
	ts.Setenv(args[0], fmt.Sprint(value))
}

// scriptExits runs a program and wants an exit code: exits CODE PROGRAM ARG…
func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG…")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if exit := (*exec.ExitError)(nil); err != nil {
		ok := false
		if exit, ok = err.(*exec.ExitError); !ok {
			ts.Fatalf("%s: %v", args[1], err)
		}
		code = exit.ExitCode()
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// scriptFlip changes one character of a file in the middle: flip FROM TO.
func scriptFlip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: flip FROM TO")
	}
	b := []byte(ts.ReadFile(args[0]))
	i := len(b) / 2
	if b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b, 0o600))
}

// scriptNow sets a variable to this moment: now NAME.
func scriptNow(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: now NAME")
	}
	ts.Setenv(args[0], time.Now().UTC().Format(time.RFC3339Nano))
}

// scriptPort sets a variable to a free address of this machine: port NAME.
func scriptPort(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: port NAME")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer ln.Close()
	ts.Setenv(args[0], ln.Addr().String())
}

// scriptGet fetches an address into a file and wants a status: get STATUS URL
// FILE. It waits, for ten seconds at most, until somebody listens there.
func scriptGet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: get STATUS URL FILE")
	}
	var resp *http.Response
	err := errors.New("not asked")
	for deadline := time.Now().Add(10 * time.Second); err != nil; {
		if resp, err = http.Get(args[1]); err != nil && time.Now().After(deadline) {
			ts.Fatalf("%v", err)
		}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	ts.Check(err)
	if fmt.Sprint(resp.StatusCode) != args[0] {
		ts.Fatalf("%s answered %s, want %s", args[1], resp.Status, args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), body, 0o600))
}

// scriptQR draws a text as a QR code: qr TEXT FILE.
func scriptQR(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: qr TEXT FILE")
	}
	picture, err := render.QRPNG(args[0], 6)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), picture, 0o600))
}
