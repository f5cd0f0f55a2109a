package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/paper"
)

// target is one document to check.
type target struct {
	name string // as reports have it
	read func() ([]byte, error)
}

// targets is what one run checks.
type targets struct {
	all    []target
	one    bool     // one document was named, and no folder, pattern or list
	links  passed   // symbolic links that were not followed
	others passed   // files in folders that are no documents
	stdin  bool     // standard input is taken
	trust  *trusted // whose numbers and addresses are known; nil: nobody's
}

// passed is what was passed over, with the names of the first few.
type passed struct {
	n     int
	first []string
}

func (p *passed) over(name string) {
	if p.n++; len(p.first) < 3 {
		p.first = append(p.first, name)
	}
}

func (p *passed) String() string {
	names := term.Plain(oneLine(strings.Join(p.first, ", ")))
	if p.n > len(p.first) {
		names += ", …"
	}
	return names
}

// documents are the endings of what is looked for in folders. A text is looked at
// if it begins as a signed text or an address does.
var documents = []string{".pdf", ".jws", ".jwt", ".png", ".jpg", ".jpeg", ".svg"}

const maxList = 64 << 20

// findTargets returns the documents that the arguments and the list name, in
// their order; those of a folder or a pattern by name. Nothing is read yet but
// the list and the first bytes of texts in folders. With a trust, a number and an
// address without https:// are taken as well.
func findTargets(trust *trusted, in io.Reader, args []string, list string) (*targets, error) {
	t := &targets{one: len(args) == 1 && list == "", trust: trust}
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
	case isText(arg), t.trust != nil && (isNumber(arg) || t.trust.addresses(arg)):
		t.all = append(t.all, target{arg, func() ([]byte, error) { return []byte(arg), nil }})
		return nil
	case strings.ContainsAny(arg, "*?["):
		t.one = false
		return t.pattern(arg)
	}
	return term.Fail(term.Usage, err, targetHint)
}

func fileTarget(in io.Reader, name string) target {
	return target{name, func() ([]byte, error) {
		if name == "-" {
			return readDocument(in, "standard input")
		}
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return readDocument(f, filepath.Base(name))
	}}
}

// readDocument reads a document that is not too large to be looked at.
func readDocument(r io.Reader, name string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, paper.MaxInput+1))
	if err == nil && len(data) > paper.MaxInput {
		err = fmt.Errorf("%s is larger than %d MB", name, paper.MaxInput>>20)
	}
	return data, err
}

// isText reports whether an argument is an address or a token rather than the
// name of a file.
func isText(arg string) bool {
	return hasScheme(arg) || strings.Count(arg, ".") == 2 && strings.HasPrefix(arg, "eyJ")
}

func hasScheme(text string) bool {
	scheme, _, ok := strings.Cut(text[:min(len(text), len("https://"))], "://")
	return ok && (strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "http"))
}

// number is what a certificate number looks like: a prefix and two groups.
var number = regexp.MustCompile(`(?i)^[A-Z][A-Z0-9]{1,5}([ \x{2010}-\x{2015}-]?)[0-9A-Z]{5}([ \x{2010}-\x{2015}-]?)[0-9A-Z]{5}$`)

// isNumber reports whether an argument is a certificate number as it is printed.
// Without what stands between its groups it may as well be a word.
func isNumber(arg string) bool {
	groups := number.FindStringSubmatch(arg)
	return groups != nil && groups[1] != "" && groups[2] != ""
}

// address returns a text as the address of a trusted issuer, if it is one but for
// what stands before the host. Which of them was typed says nothing: only the
// issuer's own is ever asked.
func (t *trusted) address(text string) (address string, ok bool) {
	rest := text
	if hasScheme(text) {
		_, rest, _ = strings.Cut(text, "://")
	}
	if len(text) > paper.MaxLink || strings.ContainsAny(text, " \t\r\n") {
		return "", false
	}
	p := verifier.NewPublication(t.Trust)
	for _, scheme := range []string{"https://", "http://"} {
		link, err := p.ParseLink(scheme + rest)
		switch {
		case err == nil:
			return link.Issuer.ID + "/c/" + link.ID, true
		case !errors.Is(err, verifier.ErrNotTrusted): // it is the issuer's, and not of a certificate
			return scheme + rest, true
		}
	}
	return "", false
}

func (t *trusted) addresses(text string) bool {
	_, ok := t.address(text)
	return ok
}

// folder adds the documents in a folder and in those below it.
func (t *targets) folder(dir string) error {
	found, err := t.walk(dir, -1, true, func(root *os.Root, name string) bool {
		end := strings.ToLower(path.Ext(name))
		return slices.Contains(documents, end) || end == ".txt" && beginsSigned(root, name)
	})
	if err == nil && found == 0 {
		err = fmt.Errorf("folder %s holds no certificates: no %s", dir, "*"+strings.Join(documents, ", *"))
	}
	if err != nil {
		return term.Fail(term.Usage, err, strings.Join(append([]string{"name another folder, or the files themselves, whatever they are called"}, t.left()...), "; "))
	}
	return nil
}

// beginsSigned reports whether a file begins as a signed text or an address does.
func beginsSigned(root *os.Root, name string) bool {
	f, err := root.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 64)
	n, _ := io.ReadFull(f, head)
	text := strings.TrimLeft(string(head[:n]), " \t\r\n\ufeff")
	return strings.HasPrefix(text, "eyJ") || hasScheme(text)
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
	found, err := t.walk(filepath.FromSlash(base), depth, false, func(_ *os.Root, name string) bool {
		return matches(parts, strings.Split(name, "/"))
	})
	if err == nil && found == 0 {
		err = fmt.Errorf("no file matches %s", arg)
	}
	if err != nil {
		return term.Fail(term.Usage, err, strings.Join(append([]string{targetHint}, t.left()...), "; "))
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
// the folder would lead to, now and when it is read. Of a folder that is meant as
// a whole it is noted what else is in it.
func (t *targets) walk(dir string, depth int, whole bool, wanted func(root *os.Root, name string) bool) (found int, err error) {
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
		case !whole && !wanted(root, name):
			return nil
		}
		as := filepath.Join(dir, filepath.FromSlash(name))
		if d.Type()&fs.ModeSymlink != 0 {
			info, err := root.Stat(name)
			if err != nil {
				t.links.over(as)
				return nil
			}
			d = fs.FileInfoToDirEntry(info)
		}
		switch {
		case d.IsDir(): // a link to a folder that is met by its own name
			return nil
		case !d.Type().IsRegular(), whole && !wanted(root, name):
			if whole {
				t.others.over(as)
			}
			return nil
		}
		found++
		t.all = append(t.all, target{as, func() ([]byte, error) {
			f, err := root.Open(name)
			if err != nil {
				return nil, err
			}
			defer f.Close()
			return readDocument(f, path.Base(name))
		}})
		return nil
	})
	return found, err
}

// left says what was not followed, and what was not looked at.
func (t *targets) left() (said []string) {
	switch n := t.links.n; n {
	case 0:
	case 1:
		said = append(said, fmt.Sprintf("a symbolic link that leads out of the folder, or nowhere, was not followed: %s", &t.links))
	default:
		said = append(said, fmt.Sprintf("%d symbolic links that lead out of the folder, or nowhere, were not followed: %s", n, &t.links))
	}
	switch n := t.others.n; n {
	case 0:
	case 1:
		said = append(said, fmt.Sprintf("1 file of another kind was not looked at: %s", &t.others))
	default:
		said = append(said, fmt.Sprintf("%d files of other kinds were not looked at: %s", n, &t.others))
	}
	return said
}
