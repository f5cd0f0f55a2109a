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
	shown int // width of what stands on the line
}

// NewProgress begins a task of total steps; 0: nobody knows how many.
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
	if p.w == nil || time.Since(p.last) < 100*time.Millisecond && p.done != p.total {
		return
	}
	p.last = time.Now()
	p.write(p.line(time.Since(p.began), columns(p.w)))
}

// line words the state after a time, in a line of less than a number of columns.
func (p *Progress) line(after time.Duration, columns int) string {
	rate := float64(p.done) / max(after.Seconds(), 1e-3)
	if p.total <= 0 {
		line := fmt.Sprintf("%s %d  %.0f/s", p.label, p.done, rate)
		return line[:min(len(line), max(columns-1, 0))]
	}
	figures := fmt.Sprintf("%d/%d  %.0f/s", p.done, p.total, rate)
	if left := p.total - p.done; left > 0 && rate > 0 && after > time.Second {
		figures += "  " + waiting(time.Duration(float64(left)/rate*float64(time.Second))) + " left"
	}
	line := p.label + " " + figures
	if width := min(30, columns-len(line)-5); width >= 5 {
		full := width * min(p.done, p.total) / max(p.total, 1)
		line = p.label + " [" + strings.Repeat("=", full) + strings.Repeat(" ", width-full) + "] " + figures
	}
	return line[:min(len(line), max(columns-1, 0))]
}

// waiting words a time to wait with as much precision as there is in it.
func waiting(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d s", int(d.Seconds())+1)
	}
	if d < time.Hour {
		return fmt.Sprintf("%d min", int(d.Minutes())+1)
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

// Clear takes the line away to make room for another; the next Add brings it
// back.
func (p *Progress) Clear() {
	if p.w != nil && p.shown > 0 {
		fmt.Fprintf(p.w, "\r%s\r", strings.Repeat(" ", p.shown))
		p.shown = 0
	}
}

func (p *Progress) write(line string) {
	fmt.Fprintf(p.w, "\r%s%s", line, strings.Repeat(" ", max(0, p.shown-len(line))))
	p.shown = len(line)
}

// Done ends the task and clears its line.
func (p *Progress) Done() { p.Clear() }
