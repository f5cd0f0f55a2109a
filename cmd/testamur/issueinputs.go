package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/testamur/testamur/issuer"
)

// inputs lists the files of the arguments: of a folder those in it whose names say
// that they hold applications, in the order of their names.
func inputs(args []string) (files []string, err error) {
	for _, arg := range args {
		if arg == "-" {
			if slices.Contains(files, "-") {
				return nil, errors.New("standard input can be read once only")
			}
			files = append(files, arg)
			continue
		}
		info, err := os.Stat(arg)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, arg)
			continue
		}
		entries, err := os.ReadDir(arg)
		if err != nil {
			return nil, err
		}
		found := false
		for _, e := range entries {
			name := e.Name()
			if e.Type()&fs.ModeDir == 0 && !strings.HasPrefix(name, ".") && (strings.EqualFold(filepath.Ext(name), ".json") || isLines(name)) {
				files, found = append(files, filepath.Join(arg, name)), true
			}
		}
		if !found {
			return nil, fmt.Errorf("folder %s holds no application: no file in it ends in .json, .ndjson or .jsonl", arg)
		}
	}
	return files, nil
}

// each calls use for each application in a file, or in standard input for "-", as
// long as it returns true: for one JSON object, several one behind the other, or
// an array of them; or, where the name says so, one on each line. The error is of
// a file that cannot be read to its end.
func (m *many) each(file string, stdin io.Reader, use func(source string, text []byte) bool) error {
	r := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		r = f
	}
	if isLines(file) {
		return eachLine(file, r, use)
	}
	return eachValue(file, r, use)
}

func eachLine(file string, r io.Reader, use func(source string, text []byte) bool) error {
	begin := bufio.NewReader(r)
	if mark, err := begin.Peek(2); err == nil && issuer.IsUTF16(mark) {
		return issuer.ErrUTF16
	}
	lines := bufio.NewScanner(begin)
	lines.Buffer(nil, maxFile+2)
	for n := 1; lines.Scan(); n++ {
		text := bytes.TrimSpace(bytes.TrimPrefix(lines.Bytes(), []byte("\ufeff")))
		if len(text) > 0 && !use(fmt.Sprintf("%s:%d", file, n), text) {
			return nil
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("a line is longer than %d bytes; nothing behind it was read", maxFile)
	} else if err != nil {
		return err
	}
	return nil
}

func eachValue(file string, r io.Reader, use func(source string, text []byte) bool) error {
	limited := &limited{r: r}
	text := bufio.NewReader(&unmarked{r: bufio.NewReader(limited)})
	if mark, err := text.Peek(2); err == nil && issuer.IsUTF16(mark) {
		return issuer.ErrUTF16
	}
	for {
		c, err := text.ReadByte()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil // it is empty
			}
			return err
		}
		if strings.IndexByte(" \t\r\n", c) < 0 {
			_ = text.UnreadByte()
			break
		}
	}
	first, err := text.Peek(1)
	if err != nil {
		return err
	}
	array := first[0] == '['
	values := json.NewDecoder(text)
	if array {
		if _, err := values.Token(); err != nil {
			return err
		}
	}
	for n := 1; ; n++ {
		if array && !values.More() {
			if _, err := values.Token(); err != nil {
				return notJSON(err, n)
			}
			if _, err := values.Token(); !errors.Is(err, io.EOF) {
				return errors.New("something stands behind the end of the list; it was not read")
			}
			return nil
		}
		var value json.RawMessage
		switch err := values.Decode(&value); {
		case errors.Is(err, io.EOF) && !array:
			return nil
		case err != nil:
			return notJSON(err, n)
		}
		limited.read = 0
		source := file
		if array || n > 1 || values.More() {
			source = fmt.Sprintf("%s[%d]", file, n-1)
		}
		if !use(source, value) {
			return nil
		}
	}
}

func notJSON(err error, n int) error {
	if errors.Is(err, errTooLong) {
		return fmt.Errorf("application %d is longer than %d bytes; nothing from there on was read", n, maxFile)
	}
	return fmt.Errorf("application %d is not JSON, %w; nothing from there on was read", n, err)
}

// unmarked is a text of JSON values without the byte order marks that stand before
// them: at the beginning, and in the middle where files of Windows programs were put
// one behind the other. Inside a value it leaves everything as it is.
type unmarked struct {
	r       *bufio.Reader
	depth   int
	quoted  bool
	escaped bool
}

func (u *unmarked) Read(p []byte) (n int, err error) {
	for n < len(p) && (n == 0 || u.r.Buffered() > 0) {
		c, err := u.r.ReadByte()
		if err != nil {
			return n, err
		}
		if c == 0xef && u.depth == 0 && !u.quoted {
			if rest, _ := u.r.Peek(2); string(rest) == "\xbb\xbf" {
				_, _ = u.r.Discard(2)
				continue
			}
		}
		switch {
		case u.escaped:
			u.escaped = false
		case u.quoted:
			u.quoted, u.escaped = c != '"', c == '\\'
		case c == '"':
			u.quoted = true
		case c == '{', c == '[':
			u.depth++
		case c == '}', c == ']':
			u.depth--
		}
		p[n] = c
		n++
	}
	return n, nil
}

var errTooLong = errors.New("too long")

// limited is a reader that ends when far more has been read than one application
// can have.
type limited struct {
	r    io.Reader
	read int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.read > 2*maxFile {
		return 0, errTooLong
	}
	n, err := l.r.Read(p)
	l.read += n
	return n, err
}
