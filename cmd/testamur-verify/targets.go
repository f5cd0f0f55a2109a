package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/verifier/paper"
)

// target is one document to check.
type target struct {
	name string // as reports have it
	read func() ([]byte, error)
}

// targets is what one run checks.
type targets struct {
	all   []target
	one   bool // one document was named, and no folder, pattern or list
	links int  // symbolic links that were not followed
	stdin bool // standard input is taken
}

// documents are the endings of what is looked for in folders.
var documents = []string{".pdf", ".jws", ".jwt", ".png", ".jpg", ".jpeg"}

const maxList = 64 << 20

// findTargets returns the documents that the arguments and the list name, in
// their order; those of a folder or a pattern by name. Nothing is read yet but
// the list.
func findTargets(in io.Reader, args []string, list string) (*targets, error) {
	t := &targets{one: len(args) == 1 && list == ""}
	if list == "-" {
		t.stdin = true
	}
	for _, arg := range args {
		if err := t.add(in, arg); err != nil {
			return nil, err
		}
	}
	if list == "" {
		return t, nil
	}
	text, err := term.ReadInput(in, list, maxList)
	if err != nil {
		return nil, term.Fail(term.Usage, fmt.Errorf("list of targets: %w", err), "--from-list names a text file with one target on each line, or - for standard input")
	}
	t.addLines(in, strings.TrimPrefix(string(text), "\ufeff"))
	if len(t.all) == 0 {
		return nil, term.Fail(term.Usage, fmt.Errorf("the list %s names no target", list), "write one file, folder or address on each line")
	}
	return t, nil
}

// addLines adds what a list names. A line that leads nowhere is answered in its
// place: the others shall not wait for it.
func (t *targets) addLines(in io.Reader, text string) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		err := errors.New("standard input cannot be named in a list")
		if line != "-" {
			err = t.add(in, line)
		}
		if err != nil {
			t.all = append(t.all, target{line, func() ([]byte, error) { return nil, err }})
		}
	}
}

const targetHint = "a target is a file, a folder, a pattern such as 'certificates/**/*.pdf', an address that begins with https://, or - for standard input"

// add adds what one argument names: the file or folder of that name; if there is
// none, the text itself, or the files that it is a pattern of.
func (t *targets) add(in io.Reader, arg string) error {
	if arg == "-" {
		if t.stdin {
			return term.Fail(term.Usage, errors.New("standard input can be read once only"), "name it once: as a target, or with --from-list")
		}
		t.stdin = true
		t.all = append(t.all, fileTarget(in, arg))
		return nil
	}
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		t.one = false
		return t.folder(arg)
	case err == nil:
		t.all = append(t.all, fileTarget(in, arg))
		return nil
	case isText(arg):
		t.all = append(t.all, target{arg, func() ([]byte, error) { return []byte(arg), nil }})
		return nil
	case strings.ContainsAny(arg, "*?["):
		t.one = false
		return t.pattern(arg)
	}
	return term.Fail(term.Usage, err, targetHint)
}

func fileTarget(in io.Reader, name string) target {
	return target{name, func() ([]byte, error) { return term.ReadInput(in, name, paper.MaxInput) }}
}

// isText reports whether an argument is an address or a token rather than the
// name of a file.
func isText(arg string) bool {
	lower := strings.ToLower(arg)
	return strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "http://") ||
		strings.Count(arg, ".") == 2 && strings.HasPrefix(arg, "eyJ")
}

// folder adds the documents in a folder and in those below it.
func (t *targets) folder(dir string) error {
	found, err := t.walk(dir, -1, func(name string) bool {
		return slices.Contains(documents, strings.ToLower(path.Ext(name)))
	})
	if err == nil && found == 0 {
		err = fmt.Errorf("folder %s holds no certificates: no %s", dir, "*"+strings.Join(documents, ", *"))
	}
	if err != nil {
		return term.Fail(term.Usage, err, "name another folder, or the files themselves, whatever they are called"+t.left())
	}
	return nil
}

// pattern adds the files that a pattern matches, for shells that leave that to
// the program and for **, which stands for any folders.
func (t *targets) pattern(arg string) error {
	parts := strings.Split(filepath.ToSlash(arg), "/")
	fixed := 0
	for fixed < len(parts)-1 && !strings.ContainsAny(parts[fixed], "*?[") {
		fixed++
	}
	base := strings.Join(parts[:fixed], "/")
	switch {
	case fixed == 0:
		base = "."
	case base == "":
		base = "/"
	}
	parts = parts[fixed:]
	for _, p := range parts {
		if _, err := path.Match(p, ""); err != nil {
			return term.Fail(term.Usage, fmt.Errorf("%s: %w", arg, err), "a pattern knows *, ?, [a-z] and **")
		}
	}
	depth := len(parts)
	if slices.Contains(parts, "**") {
		depth = -1
	}
	found, err := t.walk(filepath.FromSlash(base), depth, func(name string) bool {
		return matches(parts, strings.Split(name, "/"))
	})
	if err == nil && found == 0 {
		err = fmt.Errorf("no file matches %s", arg)
	}
	if err != nil {
		return term.Fail(term.Usage, err, targetHint+t.left())
	}
	return nil
}

func matches(pattern, name []string) bool {
	switch {
	case len(pattern) == 0:
		return len(name) == 0
	case pattern[0] == "**":
		return matches(pattern[1:], name) || len(name) > 0 && matches(pattern, name[1:])
	case len(name) == 0:
		return false
	}
	ok, _ := path.Match(pattern[0], name[0])
	return ok && matches(pattern[1:], name[1:])
}

// walk adds the files below a folder that are wanted, by name, down to a depth;
// -1: all. Hidden ones are passed over, and so is what a symbolic link outside
// the folder would lead to, now and when it is read.
func (t *targets) walk(dir string, depth int, wanted func(name string) bool) (found int, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, err
	}
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			if depth >= 0 && name != "." && strings.Count(name, "/")+1 >= depth {
				return fs.SkipDir
			}
			return nil
		case !wanted(name):
			return nil
		}
		if d.Type()&fs.ModeSymlink != 0 {
			info, err := root.Stat(name)
			if err != nil {
				t.links++
				return nil
			}
			d = fs.FileInfoToDirEntry(info)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		found++
		t.all = append(t.all, target{filepath.Join(dir, filepath.FromSlash(name)), func() ([]byte, error) {
			f, err := root.Open(name)
			if err != nil {
				return nil, err
			}
			defer f.Close()
			return term.ReadInput(f, "-", paper.MaxInput)
		}})
		return nil
	})
	return found, err
}

// left says what was not followed.
func (t *targets) left() string {
	switch t.links {
	case 0:
		return ""
	case 1:
		return "; a symbolic link that leads out of the folder was not followed"
	}
	return fmt.Sprintf("; %d symbolic links that lead out of the folder were not followed", t.links)
}
