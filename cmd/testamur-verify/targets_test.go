package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/testamur/testamur/cmd/internal/term"
)

// tree makes a folder of files, and goes there.
func tree(t *testing.T, names ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, name := range names {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func names(t *testing.T, found *targets) []string {
	t.Helper()
	var all []string
	for _, target := range found.all {
		all = append(all, filepath.ToSlash(target.name))
	}
	return all
}

func TestTargets(t *testing.T) {
	tree(t, "in/b.pdf", "in/a.JWS", "in/deep/er/c.jpeg", "in/deep/d.png", "in/notes.txt", "in/.hidden.pdf", "in/.git/x.pdf",
		"empty/notes.txt", "out/secret.pdf", "x[1].pdf", "token.jwt")
	links := 0
	for from, to := range map[string]string{
		"in/inside.pdf": "b.pdf", "in/outside.pdf": "../out/secret.pdf", "in/absolute.pdf": "/etc/hostname", "in/dangling.pdf": "nothing.pdf", "in/loop": ".",
	} {
		if err := os.Symlink(to, from); err != nil {
			t.Skip(err)
		}
		links++
	}
	for _, c := range []struct {
		args string
		want string
		one  bool
	}{
		{"in", "in/a.JWS in/b.pdf in/deep/d.png in/deep/er/c.jpeg in/inside.pdf", false},
		{"in/b.pdf", "in/b.pdf", true},
		{"in/notes.txt", "in/notes.txt", true},
		{"in/outside.pdf", "in/outside.pdf", true}, // named by whoever asks
		{"in/deep/", "in/deep/d.png in/deep/er/c.jpeg", false},
		{"in/*.pdf", "in/b.pdf in/inside.pdf", false},
		{"*/*.pdf", "in/b.pdf in/inside.pdf in/outside.pdf out/secret.pdf", false}, // all in the folder looked in
		{"in/**/*.*g", "in/deep/d.png in/deep/er/c.jpeg", false},
		{"**/?.[jp]*", "in/b.pdf in/deep/d.png in/deep/er/c.jpeg", false},
		{"./in/**", "in/a.JWS in/b.pdf in/deep/d.png in/deep/er/c.jpeg in/inside.pdf in/notes.txt", false},
		{"x[1].pdf", "x[1].pdf", true}, // a file of that name comes first
		{"https://certs.example.org/c/ABC?x", "https://certs.example.org/c/ABC?x", true},
		{"HTTPS://CERTS.EXAMPLE.ORG/C/ABC", "HTTPS://CERTS.EXAMPLE.ORG/C/ABC", true},
		{"eyJhbGciOiJFUzI1NiJ9.e30." + strings.Repeat("A", 300), "eyJhbGciOiJFUzI1NiJ9.e30." + strings.Repeat("A", 300), true},
		{"in/b.pdf out - in", "in/b.pdf out/secret.pdf - in/a.JWS in/b.pdf in/deep/d.png in/deep/er/c.jpeg in/inside.pdf", false},
	} {
		found, err := findTargets(nil, strings.NewReader("text"), strings.Fields(c.args), "")
		if err != nil {
			t.Errorf("%s: %v", c.args, err)
			continue
		}
		if got := strings.Join(names(t, found), " "); got != c.want || found.one != c.one {
			t.Errorf("%s: %s, %t\nwant %s", c.args, got, found.one, c.want)
		}
		for _, target := range found.all {
			text, err := target.read()
			if err != nil || len(text) == 0 {
				t.Errorf("%s: %s: %v", c.args, target.name, err)
			}
		}
	}
	for args, want := range map[string]string{
		"missing.pdf": "missing.pdf", "empty": "holds no certificates", "in/*.doc": "no file matches", "nowhere/*.pdf": "nowhere",
		"in/[": "pattern", "- -": "once only", "**/missing/**": "no file matches",
	} {
		if found, err := findTargets(nil, strings.NewReader(""), strings.Fields(args), ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v; want an error with %q", args, found, err, want)
		}
	}
}

// What a folder holds and is not looked at is told, with the names of the first.
func TestWhatIsPassedOverIsNamed(t *testing.T) {
	tree(t, "in/a.pdf", "in/b.docx", "in/c.zip", "in/d/e.txt", "in/f", "in/.hidden", "in/token.txt", "in/link.TXT", "in/mark.txt", "out/secret.pdf", "one/a.pdf", "one/x\x1b.doc")
	for name, text := range map[string]string{"in/token.txt": "eyJhbGciOiJFUzI1NiJ9.e30.AA", "in/link.TXT": " \nHTTPS://CERTS.EXAMPLE.ORG/C/ABC", "in/mark.txt": "\ufeffeyJ"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{"in/d/inside.pdf": "../a.pdf", "in/outside.pdf": "../out/secret.pdf", "in/elsewhere": "../out", "in/loop": ".", "one/x": "nothing"} {
		if err := os.Symlink(to, from); err != nil {
			t.Skip(err)
		}
	}
	for arg, want := range map[string]string{
		"in": "2 symbolic links that lead out of the folder, or nowhere, were not followed: in/elsewhere, in/outside.pdf" +
			"; 4 files of other kinds were not looked at: in/b.docx, in/c.zip, in/d/e.txt, …",
		"one": "a symbolic link that leads out of the folder, or nowhere, was not followed: one/x" +
			"; 1 file of another kind was not looked at: one/x<U+001B>.doc",
		"in/*.pdf": "a symbolic link that leads out of the folder, or nowhere, was not followed: in/outside.pdf",
		"in/a.pdf": "",
	} {
		found, err := findTargets(nil, nil, []string{arg}, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := filepath.ToSlash(strings.Join(found.left(), "; ")); got != want {
			t.Errorf("%s: %s\nwant %s", arg, got, want)
		}
		if arg == "in" {
			if got, want := strings.Join(names(t, found), " "), "in/a.pdf in/d/inside.pdf in/link.TXT in/mark.txt in/token.txt"; got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
	}
	var e *term.Error
	if _, err := findTargets(nil, nil, []string{"in/d"}, ""); !errors.As(err, &e) || !strings.Contains(e.Hint, "1 file of another kind was not looked at: "+filepath.Join("in", "d", "e.txt")) {
		t.Errorf("%v", err)
	}
}

// A file that is replaced by a link after it was found is not followed out.
func TestALinkThatComesLaterIsNotFollowed(t *testing.T) {
	tree(t, "in/a.pdf", "out/secret.pdf")
	found, err := findTargets(nil, nil, []string{"in"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove("in/a.pdf"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../out/secret.pdf", "in/a.pdf"); err != nil {
		t.Skip(err)
	}
	if text, err := found.all[0].read(); err == nil {
		t.Errorf("%q was read", text)
	}
}

func TestListOfTargets(t *testing.T) {
	tree(t, "in/a.pdf", "b c.pdf", "list.txt", "empty.txt")
	const list = "\ufeffin\r\n\nmissing.pdf\nb c.pdf\n-\nhttps://certs.example.org/c/ABC\n"
	for name, in := range map[string]string{"-": list, "list.txt": ""} {
		if name != "-" {
			if err := os.WriteFile(name, []byte(list), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		found, err := findTargets(nil, strings.NewReader(in), nil, name)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := names(t, found), []string{"in/a.pdf", "missing.pdf", "b c.pdf", "-", "https://certs.example.org/c/ABC"}; !slices.Equal(got, want) || found.one {
			t.Errorf("%q, want %q", got, want)
		}
		for i, bad := range []bool{false, true, false, true, false} {
			if _, err := found.all[i].read(); (err != nil) != bad {
				t.Errorf("%s: %v", found.all[i].name, err)
			}
		}
	}
	if err := os.WriteFile("empty.txt", []byte("\n \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{"empty.txt", "missing.txt"} {
		if _, err := findTargets(nil, nil, nil, list); err == nil {
			t.Errorf("%s was taken for a list", list)
		}
	}
	if _, err := findTargets(nil, strings.NewReader("x"), []string{"-"}, "-"); err == nil {
		t.Error("standard input was taken twice")
	}
}
