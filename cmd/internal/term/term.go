// Package term is how the commands talk: results on standard output, words on
// standard error, and exit codes that scripts can rely on.
package term

import (
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

// JSON prints v as indented JSON, with characters as they are.
func JSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
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
