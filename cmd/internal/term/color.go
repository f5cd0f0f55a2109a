package term

import (
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// Paint makes words stand out on a terminal. It is never the only sign: the
// words say the same without it.
type Paint bool

// Colors are the values of --color.
var Colors = []string{"auto", "always", "never"}

// ColorFlag adds --color to a command.
func ColorFlag(cmd *cobra.Command, mode *string) {
	cmd.Flags().StringVar(mode, "color", "auto", "`when` to colour the verdict: auto, always, never")
	_ = cmd.RegisterFlagCompletionFunc("color", cobra.FixedCompletions(Colors, cobra.ShellCompDirectiveNoFileComp))
}

// NewPaint returns the paint for a writer: by mode "auto" for terminals, unless
// $NO_COLOR or a dumb terminal speaks against it (no-color.org).
func NewPaint(mode string, w io.Writer) (Paint, error) {
	switch mode {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "", "auto":
		understood := os.Getenv("TERM") != "dumb" && (runtime.GOOS != "windows" || os.Getenv("TERM") != "" || os.Getenv("WT_SESSION") != "")
		return Paint(understood && os.Getenv("NO_COLOR") == "" && IsTerminal(w)), nil
	}
	return false, fmt.Errorf("--color %q is not one of auto, always, never", mode)
}

// Good, Bad and Open paint the words of the three answers.
func (p Paint) Good(s string) string { return p.in("32", s) }

// Bad paints the words of a no.
func (p Paint) Bad(s string) string { return p.in("31", s) }

// Open paints the words of what could not be decided.
func (p Paint) Open(s string) string { return p.in("33", s) }

func (p Paint) in(color, s string) string {
	if !p || s == "" {
		return s
	}
	return "\x1b[1;" + color + "m" + s + "\x1b[0m"
}

// columns is the width of a terminal.
func columns(w io.Writer) int {
	if watched, ok := w.(*watched); ok {
		w = watched.Writer
	}
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}
