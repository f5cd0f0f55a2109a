package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
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
		found, err := findTargets(strings.NewReader("text"), strings.Fields(c.args), "")
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
		if found, err := findTargets(strings.NewReader(""), strings.Fields(args), ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v; want an error with %q", args, found, err, want)
		}
	}
	found, err := findTargets(nil, []string{"in"}, "")
	if err != nil || found.links != 3 || !strings.Contains(found.left(), "3 symbolic links") {
		t.Errorf("%d links, %q, %v", found.links, found.left(), err)
	}
}

// A file that is replaced by a link after it was found is not followed out.
func TestALinkThatComesLaterIsNotFollowed(t *testing.T) {
	tree(t, "in/a.pdf", "out/secret.pdf")
	found, err := findTargets(nil, []string{"in"}, "")
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
		found, err := findTargets(strings.NewReader(in), nil, name)
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
		if _, err := findTargets(nil, nil, list); err == nil {
			t.Errorf("%s was taken for a list", list)
		}
	}
	if _, err := findTargets(strings.NewReader("x"), []string{"-"}, "-"); err == nil {
		t.Error("standard input was taken twice")
	}
}
