package term

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// example is a program with everything that commands have.
func example() *cobra.Command {
	root := &cobra.Command{Use: "example", Short: "Do things", RunE: func(*cobra.Command, []string) error { return nil }}
	root.CompletionOptions.DisableDefaultCmd = true
	var format, mode string
	do := &cobra.Command{Use: "do FILE", Short: "Do *one* thing", Long: "Do one_two thing with *.pdf and <any>.\n\nA list:\n  first   1\n  second  2\n\nEnd.", RunE: func(*cobra.Command, []string) error { return nil }}
	OutputFlag(do, &format, "text", "json")
	ColorFlag(do, &mode)
	root.AddCommand(do, CompletionCommand("example"), ManCommand("example"), VersionCommand("example"))
	return root
}

func run(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	root := example()
	root.SetArgs(args)
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	code = Main(root)
	return code, stdout.String(), stderr.String()
}

func TestManualPagesAreReproducible(t *testing.T) {
	pages := func() map[string]string {
		dir := filepath.Join(t.TempDir(), "man", "man1")
		if code, _, errs := run(t, "man", "--dir", dir); code != OK {
			t.Fatalf("exit %d: %s", code, errs)
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.1"))
		if err != nil || len(files) != 5 {
			t.Fatalf("%v, %v", files, err)
		}
		all := map[string]string{}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all[filepath.Base(f)] = string(text)
		}
		return all
	}
	t.Setenv("SOURCE_DATE_EPOCH", "")
	first := pages()
	time.Sleep(10 * time.Millisecond)
	for name, text := range pages() {
		if text != first[name] {
			t.Errorf("%s differs the second time", name)
		}
	}
	do := first["example-do.1"]
	for _, want := range []string{`*\&.pdf`, "<any>", "one_two", "first   1\n", `.TH "EXAMPLE-DO" "1" "Nov 2026"`} {
		if !strings.Contains(do, want) {
			t.Errorf("the page lacks %q:\n%s", want, do)
		}
	}
	t.Setenv("SOURCE_DATE_EPOCH", "1000000000")
	if do := pages()["example-do.1"]; !strings.Contains(do, "Sep 2001") {
		t.Errorf("the date of SOURCE_DATE_EPOCH is not in\n%s", do)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "yesterday")
	if code, _, errs := run(t, "man", "--dir", t.TempDir()); code != Usage || !strings.Contains(errs, "SOURCE_DATE_EPOCH") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if code, _, errs := run(t, "man"); code != Usage || !strings.Contains(errs, "--dir") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestManDate(t *testing.T) {
	at := func(b Build, epoch string) string {
		d, err := manDate(b, epoch)
		if err != nil {
			t.Fatal(err)
		}
		return d.Format(time.RFC3339)
	}
	for got, want := range map[string]string{
		at(Build{}, ""): "2026-11-01T00:00:00Z",
		at(Build{Time: "2027-02-03T04:05:06Z"}, ""):  "2027-02-03T04:05:06Z",
		at(Build{Time: "2027-02-03T04:05:06Z"}, "0"): "1970-01-01T00:00:00Z",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestCompletions(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		code, out, errs := run(t, "completion", shell)
		if code != OK || !strings.Contains(out, "example") {
			t.Errorf("%s: exit %d: %s", shell, code, errs)
		}
		if path, err := exec.LookPath(shell); err == nil && (shell == "bash" || shell == "zsh") {
			cmd := exec.Command(path, "-n")
			cmd.Stdin = strings.NewReader(out)
			if text, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s does not take its script: %v: %s", shell, err, text)
			}
		}
	}
	if code, _, errs := run(t, "completion", "csh"); code != Usage || !strings.Contains(errs, "bash") {
		t.Errorf("exit %d: %s", code, errs)
	}
	for args, want := range map[string]string{
		"do -o ":      "text\njson\n:4\n",
		"do --color ": "auto\nalways\nnever\n:4\n",
		"completion ": "bash\nzsh\nfish\npowershell\n:4\n",
	} {
		if _, out, _ := run(t, append([]string{"__complete"}, strings.Split(args, " ")...)...); out != want {
			t.Errorf("%s is completed with %q, want %q", args, out, want)
		}
	}
}

func TestVersionAsJSON(t *testing.T) {
	code, out, _ := run(t, "version", "-o", "json")
	var b Build
	if err := json.Unmarshal([]byte(out), &b); code != OK || err != nil || b.Program != "example" || !strings.HasPrefix(b.Go, "go1") {
		t.Errorf("exit %d, %v: %s", code, err, out)
	}
	if code, _, _ := run(t, "version", "-o", "yaml"); code != Usage {
		t.Errorf("exit %d", code)
	}
}

func TestPaint(t *testing.T) {
	t.Setenv("NO_COLOR", "")
	var b bytes.Buffer
	for mode, want := range map[string]string{"auto": "yes", "never": "yes", "always": "\x1b[1;32myes\x1b[0m"} {
		p, err := NewPaint(mode, &b)
		if err != nil || p.Good("yes") != want {
			t.Errorf("%s: %q, %v", mode, p.Good("yes"), err)
		}
	}
	if _, err := NewPaint("sometimes", &b); err == nil {
		t.Error("a colour mode that does not exist was taken")
	}
	p := Paint(true)
	if p.Bad("no") != "\x1b[1;31mno\x1b[0m" || p.Open("?") != "\x1b[1;33m?\x1b[0m" || p.Good("") != "" {
		t.Error("the paint is wrong")
	}
}

func TestJSONIsSafeForATerminal(t *testing.T) {
	const text = "Łukasz \u202e\u009b2J\x7f\U000e0001 <&>"
	for name, print := range map[string]func(*bytes.Buffer) error{
		"indented": func(b *bytes.Buffer) error { return JSON(b, []string{text}) },
		"line":     func(b *bytes.Buffer) error { return JSONLine(b, []string{text}) },
	} {
		var b bytes.Buffer
		if err := print(&b); err != nil {
			t.Fatal(err)
		}
		got := b.String()
		if Plain(got) != got || !strings.Contains(got, "Łukasz \\u202e\\u009b2J\\u007f\\udb40\\udc01 <&>") {
			t.Errorf("%s: %s", name, got)
		}
		var back []string
		if err := json.Unmarshal(b.Bytes(), &back); err != nil || back[0] != text {
			t.Errorf("%s: %q, %v", name, back, err)
		}
		if lines := strings.Count(got, "\n"); (name == "line") != (lines == 1) {
			t.Errorf("%s: %d lines", name, lines)
		}
	}
}

func TestProgressFitsItsLine(t *testing.T) {
	p := &Progress{label: "Checking", total: 7200, done: 3127}
	for columns, want := range map[int]string{
		80: "Checking [=============                 ] 3127/7200  1564/s  3 s left",
		50: "Checking [=====       ] 3127/7200  1564/s  3 s left",
		40: "Checking 3127/7200  1564/s  3 s left",
		12: "Checking 31",
		0:  "",
	} {
		if got := p.line(2*time.Second, columns); got != want && !(columns == 50 && len(got) < 50 && strings.HasPrefix(got, "Checking [=")) {
			t.Errorf("in %d columns %q, want %q", columns, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "1 s", 59 * time.Second: "60 s", 90 * time.Second: "2 min", 61 * time.Minute: "1 h 01 min"} {
		if got := waiting(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
