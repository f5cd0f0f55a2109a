package scheme

import (
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing wrong in a scheme file.
type Fault struct {
	Line, Column int    // where, counted from 1; 0 when the whole file is meant
	Path         string // which member, e.g. "certificates[3].rules[1].clause"
	Text         string // what is wrong, and what to do about it
}

func (f Fault) Error() string {
	var b strings.Builder
	if f.Line > 0 {
		fmt.Fprintf(&b, "line %d, column %d: ", f.Line, f.Column)
	}
	if f.Path != "" {
		b.WriteString(f.Path + ": ")
	}
	return b.String() + f.Text
}

// Faults are all the faults of one scheme file, in the order of its lines.
type Faults []Fault

// Error lists the faults, one to a line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i := range f {
		lines[i] = f[i].Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the faults one by one.
func (f Faults) Unwrap() []error {
	errs := make([]error, len(f))
	for i := range f {
		errs[i] = f[i]
	}
	return errs
}

// sorted puts faults in the order of their places and drops repetitions.
func (f Faults) sorted() Faults {
	slices.SortStableFunc(f, func(a, b Fault) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return slices.Compact(f)
}
