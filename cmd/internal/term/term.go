// Package term is how the commands talk: results on standard output, words on
// standard error, and exit codes that scripts can rely on.
package term

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// Exit codes of both programs.
const (
	OK        = 0
	No        = 1 // the answer is no: not eligible, not valid, refused
	Usage     = 2 // the question cannot be understood
	Undecided = 3 // the question could not be decided, or the answer not be written
)

// Error is an error with the exit code it leads to. Hint says what to try next.
type Error struct {
	Code int
	Err  error
	Hint string
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Fail returns an error that ends the program with the code.
func Fail(code int, err error, hint string) error { return &Error{code, err, hint} }

// Silent is an error whose reasons have been printed already.
func Silent(code int) error { return &Error{Code: code} }

// Main runs the command until it ends or is interrupted, prints its error, and
// returns the exit code: that of an [Error], and [Usage] for any other.
func Main(root *cobra.Command) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // whoever interrupts twice does not want to wait
	root.SilenceErrors, root.SilenceUsage = true, true
	out := &watched{Writer: root.OutOrStdout()}
	root.SetOut(out)
	cmd, err := root.ExecuteContextC(ctx)
	if out.err != nil { // whatever the answer was, nobody has read it
		err = Fail(Undecided, fmt.Errorf("the answer could not be written: %w", out.err), "whatever the command did stands; give its output a place to go and ask again")
	}
	if err == nil {
		return OK
	}
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Code: Usage, Err: err, Hint: fmt.Sprintf("see %s --help", cmd.CommandPath())}
	}
	if e.Err != nil {
		fmt.Fprintf(root.ErrOrStderr(), "%s: %s\n", root.Name(), indent(Plain(e.Err.Error())))
		if e.Hint != "" {
			fmt.Fprintf(root.ErrOrStderr(), "  %s\n", e.Hint)
		}
	}
	return e.Code
}

// watched remembers the first error of a writer, so that an answer that was
// lost is not taken for one that was given.
type watched struct {
	io.Writer
	err error
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if w.err == nil {
		w.err = err
	}
	return n, err
}

// Plain makes a text safe for a terminal: characters that would move the
// cursor, hide or turn text around are written as their code points.
func Plain(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\n' || unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "<U+%04X>", r)
		}
	}
	return b.String()
}

// indent keeps the further lines of an error under its first.
func indent(s string) string { return strings.ReplaceAll(s, "\n", "\n  ") }

// JSON prints v as indented JSON, with characters as they are, except those that
// [Plain] would not let to a terminal either.
func JSON(w io.Writer, v any) error { return writeJSON(w, v, "  ") }

// JSONLine prints v as JSON on one line.
func JSONLine(w io.Writer, v any) error { return writeJSON(w, v, "") }

func writeJSON(w io.Writer, v any, indent string) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(escaped(b.Bytes()))
	return err
}

// escaped writes the characters of JSON that are not printable, which stand in
// its strings only, as escapes of JSON.
func escaped(text []byte) []byte {
	hidden := func(r rune) bool { return r >= utf8.RuneSelf && !unicode.IsPrint(r) || r == 0x7f }
	if bytes.IndexFunc(text, hidden) < 0 {
		return text
	}
	var b bytes.Buffer
	for _, r := range string(text) {
		switch {
		case !hidden(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, "\\u%04x\\u%04x", high, low)
		default:
			fmt.Fprintf(&b, "\\u%04x", r)
		}
	}
	return b.Bytes()
}

// IsTerminal reports whether w is a terminal that a person looks at.
func IsTerminal(w io.Writer) bool {
	if watched, ok := w.(*watched); ok {
		w = watched.Writer
	}
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// ReadInput reads the file of the name, or standard input for "-", up to a
// limit in bytes.
func ReadInput(stdin io.Reader, name string, limit int64) ([]byte, error) {
	r := stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		r = f
	}
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return data, err
}
