package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/verifier/forgery"
)

// said is what the program answers.
type said struct {
	code    int
	verdict string
	id      string
	text    string
}

// checked runs testamur-verify check -o json on standard input, inside this
// process.
func checked(t *testing.T, trust, token string) (a said, err error) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	var out, errs bytes.Buffer
	root := newCommand()
	root.SetArgs([]string{"check", "--offline", "--trust", trust, "-o", "json", "-"})
	root.SetIn(strings.NewReader(token))
	root.SetOut(&out)
	root.SetErr(&errs)
	a.code = term.Main(root)
	a.text = out.String() + errs.String()
	return a, a.read(out.Bytes())
}

func (a *said) read(out []byte) error {
	var report struct {
		Verdict    string
		Credential struct{ ID string }
	}
	if len(out) > 0 {
		if err := json.Unmarshal(out, &report); err != nil {
			return err
		}
	}
	a.verdict, a.id = report.Verdict, report.Credential.ID
	return nil
}

func trustFile(t *testing.T, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trust.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const attacked = "https://certs.example.org"

// The 24 classes of attack on JOSE, against the command. Nothing is valid, and
// no exit code says so.
func TestNoAttackIsValidAtTheCommandLine(t *testing.T) {
	for _, alg := range forgery.Algorithms {
		t.Run(string(alg), func(t *testing.T) {
			b := forgery.NewBody(attacked, alg, time.Now())
			trust := trustFile(t, b.TrustFile())
			if a, err := checked(t, trust, b.Certificate()); err != nil || a.code != term.OK || a.verdict != "valid" {
				t.Fatalf("the honest certificate: %d, %s, %v", a.code, a.text, err)
			}
			tried := 0
			for _, attack := range forgery.Attacks {
				for i, token := range attack.Tokens(b) {
					tried++
					a, err := checked(t, trust, token)
					switch {
					case err != nil:
						t.Errorf("%s %s, %d: %v", attack.Class, attack.Name, i, err)
					case attack.Same && (a.code != term.OK || a.id != attacked+"/certificates/"+forgery.ID):
						t.Errorf("%s %s: %d, %s", attack.Class, attack.Name, a.code, a.text)
					case !attack.Same && (a.code == term.OK || a.verdict == "valid" || strings.Contains(a.text, "Every check has passed")):
						t.Errorf("%s %s, %d: exit code %d, %.400s", attack.Class, attack.Name, i, a.code, a.text)
					}
				}
				if attack.Planted == nil {
					continue
				}
				for i, jwk := range attack.Planted(b) {
					tried++
					if a, err := checked(t, trustFile(t, b.TrustFile(jwk)), b.Certificate()); err != nil || a.code != term.Usage {
						t.Errorf("%s %s: with key %d in the trust file: %d, %v", attack.Class, attack.Name, i, a.code, err)
					}
				}
			}
			t.Logf("%d attacks", tried)
		})
	}
}

// asProgram tells the test binary to be the program.
const asProgram = "TESTAMUR_VERIFY_AS_PROGRAM"

func TestBeTheProgram(t *testing.T) {
	if os.Getenv(asProgram) == "" {
		return // run by the next test only
	}
	root := newCommand()
	root.SetArgs(strings.Split(os.Getenv(asProgram), "\n"))
	os.Exit(term.Main(root))
}

// One attack of each class against the program as a process of its own: its exit
// code is what scripts rely on.
func TestNoAttackIsValidForTheProgram(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	run := func(trust, token string) (a said) {
		cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestBeTheProgram$")
		cmd.Env = append(os.Environ(), asProgram+"="+strings.Join([]string{"check", "--offline", "--trust", trust, "-o", "json", "-"}, "\n"))
		cmd.Stdin = strings.NewReader(token)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		_ = cmd.Run() // the exit code says it
		a.code, a.text = cmd.ProcessState.ExitCode(), out.String()+errs.String()
		if err := a.read(out.Bytes()); err != nil {
			t.Errorf("%v: %s", err, a.text)
		}
		return a
	}
	b := forgery.NewBody(attacked, forgery.Algorithms[0], time.Now())
	trust := trustFile(t, b.TrustFile())
	if a := run(trust, b.Certificate()); a.code != term.OK || a.verdict != "valid" {
		t.Fatalf("the honest certificate: %d, %s", a.code, a.text)
	}
	seen := map[string]bool{}
	for _, attack := range forgery.Attacks {
		tokens := attack.Tokens(b)
		if attack.Same || seen[attack.Class] || len(tokens) == 0 {
			continue
		}
		seen[attack.Class] = true
		if a := run(trust, tokens[0]); a.code != term.No || a.verdict != "invalid" || strings.Contains(a.text, "goroutine ") {
			t.Errorf("%s %s: exit code %d, %.400s", attack.Class, attack.Name, a.code, a.text)
		}
	}
	if len(seen) != 24 {
		t.Errorf("%d classes", len(seen))
	}
}
