package term

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// Progress shows on a terminal how far a long task is. Anywhere else, and under
// $CI, it shows nothing.
type Progress struct {
	w     io.Writer // nil: shows nothing
	label string
	total int
	done  int
	began time.Time
	last  time.Time
}

// NewProgress begins a task of total steps.
func NewProgress(w io.Writer, label string, total int) *Progress {
	p := &Progress{label: label, total: total, began: time.Now()}
	if IsTerminal(w) && os.Getenv("CI") == "" && os.Getenv("TERM") != "dumb" {
		p.w = w
	}
	return p
}

// Add says that n more steps are done.
func (p *Progress) Add(n int) {
	p.done += n
	if p.w == nil || time.Since(p.last) < 100*time.Millisecond && p.done < p.total {
		return
	}
	p.last = time.Now()
	const width = 30
	full := width * p.done / max(p.total, 1)
	rate := float64(p.done) / max(time.Since(p.began).Seconds(), 1e-3)
	fmt.Fprintf(p.w, "\r%s [%s%s] %d/%d  %.0f/s ", p.label, strings.Repeat("=", full), strings.Repeat(" ", width-full), p.done, p.total, rate)
}

// Done ends the task and clears its line.
func (p *Progress) Done() {
	if p.w != nil {
		fmt.Fprintf(p.w, "\r%s\r", strings.Repeat(" ", 79))
	}
}
