package web

import (
	"bufio"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
)

// batch answers many questions, row by row, in their order, while they still come
// in. A row that cannot be read is answered as such; it ends nothing. What is kept
// of a batch does not grow with its rows: a few being worked on, and answers that
// nobody has taken yet, up to a bound.
func (a *api) batch(c *gin.Context) {
	if c.Request.ProtoMajor == 1 {
		// Answers are sent while the batch still comes: what of it is never read must
		// not be taken for the next request of the same connection.
		c.Header("Connection", "close")
	}
	q := &question{}
	if p := q.query(c.Request.URL, a.now(), "at", "certificate"); p != nil {
		p.send(c)
		return
	}
	if c.Request.ContentLength > MaxBatch {
		tooLarge(MaxBatch).send(c)
		return
	}
	if !enter(c.Request.Context(), a.batches, documentWait) {
		problemOf(http.StatusServiceUnavailable).send(c)
		return
	}
	defer func() { <-a.batches }()

	var ending sync.WaitGroup
	defer ending.Wait()
	// Whoever sends nothing is not gone, though net/http takes it for that.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), batchTime)
	defer cancel()
	control := http.NewResponseController(c.Writer)
	control.EnableFullDuplex() // HTTP/2 is so anyway
	stop, _ := ctx.Value(stopKey{}).(<-chan struct{})
	checks, giveUp := context.WithCancel(ctx)
	defer giveUp()
	ending.Go(func() {
		select {
		case <-ctx.Done():
			return
		case <-stop:
		}
		control.SetReadDeadline(time.Unix(1, 0)) // what has come is answered; nothing more is waited for
		select {
		case <-ctx.Done():
		case <-time.After(stopTime):
			giveUp()
		}
	})
	from := &patient{r: http.MaxBytesReader(c.Writer, c.Request.Body, MaxBatch), control: control, began: time.Now(), stop: stop}
	defer context.AfterFunc(c.Request.Context(), func() {
		if !isClosed(stop) && !from.gaveUp() {
			cancel()
		}
	})()
	in := bufio.NewReaderSize(from, 64<<10)
	rows, p := rowsOf(c.Request.Header.Get("Content-Type"), in)
	if p != nil {
		p.send(c)
		return
	}
	form := formOf(c.Request.Header.Get("Accept"))

	h := c.Writer.Header()
	templates.Private(h)
	h.Set("Content-Type", form.mediaType())
	h.Set("X-Accel-Buffering", "no") // a proxy that gathers the rows would keep them from whoever waits
	c.Writer.WriteHeader(http.StatusOK)
	out := newOutbox(c.Writer, control, func() {
		cancel()
		control.SetReadDeadline(time.Unix(1, 0)) // nobody is there; do not wait for more from them
	})
	run := &batchRun{api: a, policy: q.policy, rows: rows, checks: checks, stop: stop, tally: func(r *verifier.Report) { tally(c, r) }}
	err := run.answer(ctx, form.writer(out, rows.columns()))
	if sent := out.close(); err != nil || sent != nil || errors.Is(ctx.Err(), context.Canceled) {
		panic(http.ErrAbortHandler) // half an answer must not pass for a whole one
	}
}

// stopKey is that of the channel in the context of requests.
type stopKey struct{}

// WithStop returns the context of the requests to a server that is to stop once the
// channel is closed. Those that take long then come to their end, and say that they
// are not whole.
func WithStop(ctx context.Context, stop <-chan struct{}) context.Context {
	return context.WithValue(ctx, stopKey{}, stop)
}

// stopTime is how long rows are still worked on once the server is to stop.
const stopTime = 5 * time.Second

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// patient reads from a client for as long as it sends something now and then, and
// not all too little. Once all has come nothing more is waited for: a deadline would
// then end the request.
type patient struct {
	r       io.Reader
	control *http.ResponseController
	began   time.Time
	read    int64
	stop    <-chan struct{} // once it is closed nothing is waited for; may be nil

	mu   sync.Mutex // held while it reads
	late bool
}

// gaveUp reports whether a read has ended because nothing came in time.
func (p *patient) gaveUp() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.late
}

// until is how long the next bytes are waited for.
func (p *patient) until(now time.Time) time.Time {
	late := p.began.Add(2*rowTime + time.Duration(p.read)*time.Second/slowest)
	if soon := now.Add(rowTime); soon.Before(late) {
		return soon
	}
	return late
}

func (p *patient) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.control.SetReadDeadline(p.until(time.Now())) // a writer in a test has none
	if isClosed(p.stop) {
		p.control.SetReadDeadline(time.Unix(1, 0))
	}
	n, err := p.r.Read(b)
	p.read += int64(n)
	p.late = p.late || errors.Is(err, os.ErrDeadlineExceeded)
	if errors.Is(err, io.EOF) {
		p.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// row is one question of a batch, and its answer.
type row struct {
	asked  asked
	number string   // that the certificate must have, or that alone
	extra  []column // passed through
	fault  string   // why the row cannot be read, or ""

	answer rowAnswer
	done   chan struct{}
}

type column struct {
	name string
	text string // as it came
	json bool   // text is JSON
}

// rowAnswer is what is answered about one row.
type rowAnswer struct {
	verdict   string
	reason    string
	summary   string
	number    string
	matches   *bool
	checkedAt time.Time
	at        *time.Time // the moment asked about, if it was not that one
}

// Reasons beside those of [verifier.Reason].
const (
	badRow     = "bad_row"    // the row cannot be read; nothing was checked
	incomplete = "incomplete" // the rows after this one were not read
)

// source is the rows of a batch as they come in. The error is io.EOF at their end.
type source interface {
	next() (*row, error)
	columns() []string // that are passed through, where all rows have the same
}

// batchRun is a batch being answered.
type batchRun struct {
	*api
	policy verifier.Policy
	rows   source
	checks context.Context // of the work on rows
	stop   <-chan struct{} // closed when the server is to stop; may be nil
	tally  func(*verifier.Report)
}

// answer reads, checks and writes the rows. Those being checked are bounded, and
// answered in the order in which they came.
func (b *batchRun) answer(ctx context.Context, w rowWriter) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	checks, giveUp := context.WithCancel(ctx)
	defer giveUp()
	defer context.AfterFunc(b.checks, giveUp)()
	workers := max(4, runtime.GOMAXPROCS(0))
	work := make(chan *row)
	ordered := make(chan *row, 2*workers)
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for r := range work {
				b.check(checks, r)
				close(r.done)
			}
		})
	}
	written := make(chan error, 1)
	running.Go(func() {
		var err error
		n := 0
		for r := range ordered {
			<-r.done
			if n++; err == nil {
				if err = w.row(n, r); err != nil {
					cancel()
				}
			}
		}
		if err == nil {
			err = w.end()
		}
		written <- err
	})
	broken := b.read(ctx, work, ordered)
	close(work)
	close(ordered)
	running.Wait()
	return errors.Join(broken, <-written)
}

// read hands out the rows until there are no more. What ends them early is told in
// a last row, unless nobody is left to read it.
func (b *batchRun) read(ctx context.Context, work, ordered chan<- *row) error {
	for n := 0; ; n++ {
		r, err := b.rows.next()
		if why := b.ending(ctx, n, err); why != "" {
			ordered <- (&row{fault: why + "; the rest was not read.", answer: rowAnswer{reason: incomplete}}).finished(b.now())
			return nil
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		r.done = make(chan struct{})
		select {
		case ordered <- r:
			work <- r // some worker comes to it, however late
		case <-ctx.Done():
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return ctx.Err()
			}
		}
	}
}

// ending says why the rows end before their end, or "".
func (b *batchRun) ending(ctx context.Context, n int, err error) string {
	var large *http.MaxBytesError
	switch {
	case isClosed(b.stop) && !errors.Is(err, io.EOF):
		return "The service is being stopped"
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "The batch took longer than ten minutes"
	case errors.As(err, &large):
		return "The batch is larger than 32 MiB"
	case errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil:
		return "What came, came too slowly"
	case errors.Is(err, errShape):
		return "What follows is not in the form of the rows before"
	case err == nil && n == MaxRows:
		return "The batch has more than " + strconv.Itoa(MaxRows) + " rows"
	}
	return ""
}

// finished is a row that needs no work.
func (r *row) finished(now time.Time) *row {
	r.done = make(chan struct{})
	close(r.done)
	r.fill(now)
	return r
}

// fill answers a row that cannot be read.
func (r *row) fill(now time.Time) {
	reason := r.answer.reason
	if reason == "" {
		reason = badRow
	}
	r.answer = rowAnswer{verdict: verifier.Indeterminate.String(), reason: reason, summary: r.fault, checkedAt: now.UTC().Truncate(time.Second)}
}

// check answers one row.
func (b *batchRun) check(ctx context.Context, r *row) {
	now := b.now()
	defer func() { // one row must not take the others with it
		if p := recover(); p != nil {
			b.Log.ErrorContext(ctx, "panic in a row of a batch")
			r.fault, r.answer.reason = "Something went wrong on this side. This is no verdict on the certificate.", badRow
			r.fill(now)
		}
	}()
	if r.fault == "" && r.asked.Receipt {
		r.fault = "receipt: none are given in batches."
	}
	policy := b.policy
	if r.fault == "" {
		var wrong *FieldError
		if policy, wrong = conditions(policy, r.asked.Name, r.asked.At, r.asked.Certificate, now); wrong != nil {
			r.fault = wrong.Field + ": " + wrong.Detail
		}
	}
	given := 0
	for _, text := range []string{r.asked.Credential, r.asked.Link} {
		if text != "" {
			given++
		}
	}
	switch {
	case r.fault != "":
	case given > 1:
		r.fault = "Both credential and link are given; give one of them."
	case given == 0 && r.number == "":
		r.fault = "There is neither credential nor link."
	case r.asked.Link != "" && !isAddress(r.asked.Link):
		r.fault = "link: It is not a web address."
	}
	if r.fault != "" {
		r.fill(now)
		return
	}
	v := b.verifier(policy)
	var report *verifier.Report
	number := ""
	switch {
	case r.asked.Credential != "":
		report = b.examine(ctx, &v, r.asked.Credential)
	case r.asked.Link != "":
		report = b.examiner(v).Examine(ctx, []byte(r.asked.Link))
	default:
		report, number = b.numbered(ctx, r.number, policy)
	}
	if c := report.Certificate; c != nil {
		number = c.Subject.LicenseNumber
		if r.number != "" && !sameNumber(r.number, c) {
			report.Add(verifier.PolicyCheck, verifier.Failed, verifier.PolicyNotMet, "It is not the certificate of the number that was given, %s.", r.number)
		}
	}
	b.tally(report)
	r.answer = rowAnswer{report.Verdict.String(), string(report.Reason), report.Summary(), number, report.NameMatches, report.CheckedAt, report.At}
}

// numbered reports on the certificate of a number, which only an issuer's own service
// can find.
func (b *batchRun) numbered(ctx context.Context, number string, p verifier.Policy) (*verifier.Report, string) {
	report, brief, err := b.byNumber(ctx, number, p)
	switch {
	case err == nil && brief != nil:
		return report, brief.Number
	case err == nil:
		return report, ""
	case errors.Is(err, errNoNumbers):
		return verifier.NewReport(b.now(), verifier.Indeterminate, verifier.NoCredential,
			"A number alone cannot be checked here. Give the signed certificate, or the address printed beside its QR code."), ""
	}
	return b.unknownNumber(err), ""
}

// sameNumber reports whether a number, however it is spaced, is the certificate's.
func sameNumber(number string, c *credential.Credential) bool {
	bare := strings.NewReplacer(" ", "", "-", "")
	return strings.EqualFold(bare.Replace(number), bare.Replace(c.Subject.LicenseNumber))
}

// outbox sends what is written to it while more is being written. Whoever sends
// rows and reads no answers until the last is sent is kept from stopping by it: it
// takes a good many answers before it makes the writer wait.
type outbox struct {
	w       http.ResponseWriter
	control *http.ResponseController
	gone    func() // called when nothing can be sent any more
	ended   chan struct{}

	mu     sync.Mutex
	change sync.Cond
	full   []byte
	spare  []byte
	closed bool
	err    error
}

const maxOutbox = 8 << 20

func newOutbox(w http.ResponseWriter, control *http.ResponseController, gone func()) *outbox {
	o := &outbox{w: w, control: control, gone: gone, ended: make(chan struct{})}
	o.change.L = &o.mu
	go o.send()
	return o
}

// Write takes the bytes, or returns the error of sending earlier ones.
func (o *outbox) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.full) > maxOutbox && o.err == nil {
		o.change.Wait()
	}
	if o.err != nil {
		return 0, o.err
	}
	o.full = append(o.full, p...)
	o.change.Broadcast()
	return len(p), nil
}

func (o *outbox) send() {
	defer close(o.ended)
	for {
		o.mu.Lock()
		for len(o.full) == 0 && !o.closed {
			o.change.Wait()
		}
		chunk := o.full
		o.full, o.spare = o.spare[:0], nil
		o.mu.Unlock()
		if len(chunk) == 0 {
			return
		}
		o.control.SetWriteDeadline(time.Now().Add(rowTime)) // a writer in a test has none
		_, err := o.w.Write(chunk)
		if err == nil {
			err = o.control.Flush()
		}
		o.mu.Lock()
		if cap(chunk) <= 256<<10 {
			o.spare = chunk
		}
		o.err = err
		o.change.Broadcast()
		o.mu.Unlock()
		if err != nil {
			o.gone()
			return
		}
	}
}

// close sends the rest and returns the error of sending.
func (o *outbox) close() error {
	o.mu.Lock()
	o.closed = true
	o.change.Broadcast()
	o.mu.Unlock()
	<-o.ended
	return o.err
}

// batchForm is the form of the answer to a batch.
type batchForm int

const (
	inLines batchForm = iota
	inCSV
	inArray
)

func (f batchForm) mediaType() string {
	return [...]string{"application/x-ndjson", "text/csv; charset=utf-8; header=present", "application/json"}[f]
}

// formOf chooses the form that is accepted best; rows of JSON if none of them is.
func formOf(accept string) batchForm {
	best, weight := inLines, 0.0
	for _, one := range strings.Split(accept, ",") {
		media, params, err := mime.ParseMediaType(strings.TrimSpace(one))
		if err != nil {
			continue
		}
		q := 1.0
		if text := params["q"]; text != "" {
			if q, err = strconv.ParseFloat(text, 64); err != nil {
				continue
			}
		}
		form := inLines
		switch media {
		case "application/x-ndjson", "application/ndjson", "application/jsonl":
		case "text/csv":
			form = inCSV
		case "application/json":
			form = inArray
		default:
			continue
		}
		if q > weight {
			best, weight = form, q
		}
	}
	return best
}
