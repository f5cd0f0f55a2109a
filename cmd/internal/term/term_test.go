package term

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"time"
)

func TestPlainIsSafeForATerminal(t *testing.T) {
	for s, want := range map[string]string{
		"Łukasz Ελένη\nsecond line": "Łukasz Ελένη\nsecond line",
		"\x1b[2Jgone":               "<U+001B>[2Jgone",
		"abc\u202ecba":              "abc<U+202E>cba",
		"tab\there\r":               "tab<U+0009>here<U+000D>",
		"zero\u200bwidth":           "zero<U+200B>width",
	} {
		if got := Plain(s); got != want {
			t.Errorf("%q is printed as %q, want %q", s, got, want)
		}
	}
}

// full is standard output on a full disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestExitCodes(t *testing.T) {
	for name, c := range map[string]struct {
		run    func(*cobra.Command, []string) error
		args   []string
		full   bool
		code   int
		stderr string
	}{
		"done":             {run: func(cmd *cobra.Command, _ []string) error { cmd.Print("ok"); return nil }, code: OK},
		"no":               {run: func(*cobra.Command, []string) error { return Fail(No, errors.New("refused"), "try this") }, code: No, stderr: "refused\n  try this"},
		"undecided":        {run: func(*cobra.Command, []string) error { return Fail(Undecided, errors.New("unknown"), "") }, code: Undecided, stderr: "unknown"},
		"said already":     {run: func(*cobra.Command, []string) error { return Silent(No) }, code: No},
		"any other error":  {run: func(*cobra.Command, []string) error { return errors.New("odd") }, code: Usage, stderr: "see program --help"},
		"unknown flag":     {run: func(*cobra.Command, []string) error { return nil }, args: []string{"--nonsense"}, code: Usage, stderr: "nonsense"},
		"answer is lost":   {run: func(cmd *cobra.Command, _ []string) error { return JSON(cmd.OutOrStdout(), 1) }, full: true, code: Undecided, stderr: "no space left"},
		"lost, and unsaid": {run: func(cmd *cobra.Command, _ []string) error { cmd.OutOrStdout().Write([]byte("x")); return nil }, full: true, code: Undecided, stderr: "could not be written"},
	} {
		root := &cobra.Command{Use: "program", RunE: c.run}
		var out, errs bytes.Buffer
		root.SetOut(&out)
		root.SetErr(&errs)
		root.SetArgs(c.args)
		if c.full {
			root.SetOut(full{})
		}
		if code := Main(root); code != c.code || !strings.Contains(errs.String(), c.stderr) || c.stderr == "" && errs.Len() > 0 {
			t.Errorf("%s: exit %d, %q; want %d, %q", name, code, errs.String(), c.code, c.stderr)
		}
	}
}

func TestInputHasALimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(path, []byte("12345678"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := ReadInput(nil, path, 8); err != nil || string(b) != "12345678" {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := ReadInput(nil, path, 7); err == nil {
		t.Error("a file over the limit was read")
	}
	if b, err := ReadInput(strings.NewReader("abc"), "-", 8); err != nil || string(b) != "abc" {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := ReadInput(strings.NewReader("123456789"), "-", 8); err == nil {
		t.Error("an input over the limit was read")
	}
}

func TestProgressShowsNothingWhereNobodyLooks(t *testing.T) {
	var b bytes.Buffer
	p := NewProgress(&b, "Issuing", 3)
	p.Add(3)
	p.Done()
	if b.Len() > 0 {
		t.Errorf("%q was written to what is no terminal", b.String())
	}
}

func TestProgressOfWhatNobodyHasCounted(t *testing.T) {
	p := NewProgress(new(bytes.Buffer), "Issuing", 0)
	p.Add(300)
	if got := p.line(2*time.Second, 80); got != "Issuing 300  150/s" {
		t.Errorf("%q", got)
	}
}
