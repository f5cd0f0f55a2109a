package web

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/paper"
)

// api is the table of the API for programs.
func (s *Service) api(c *common) []route {
	a := &api{Service: s, opened: newBounded[digest, *verifier.Opened](), common: c, batches: make(chan struct{}, maxBatches)}
	return []route{
		{writes, "/v1/verify", a.verify},                 // what was presented
		{writes, "/v1/verify/batch", a.batch},            // many of them
		{reads, "/v1/certificates/:id", a.certificate},   // one by its id
		{writes, "/v1/certificates/:id", a.certificate},  // the same; the name asked about is in no address
		{reads, "/openapi.yaml", a.description(openAPI)}, // all of this, for programs
	}
}

// api is the service for programs, with what it keeps between requests.
type api struct {
	*Service
	// opened keeps certificates that were presented, by the digest of the token: one
	// that is presented again need not have its signature checked again. Nothing else
	// is spared. Whether the issuer is still trusted and the key its own, the status,
	// the dates and what was asked for are looked at every time.
	opened *bounded[digest, *verifier.Opened]
	*common
	batches chan struct{} // one token for each batch
}

// Bounds of what is worked on at once.
const (
	maxBatches   = 4
	documentWait = 2 * time.Second // for one's turn
)

// maxDocuments is how many documents are read at once. That takes a thousand times
// as long as a verification: where there are several processors one is left to
// those, and elsewhere one document alone is in their way.
var maxDocuments = max(1, runtime.GOMAXPROCS(0)-1)

type digest = [sha256.Size]byte

// Tally is the key in [gin.Context] under which a server may leave a func(verifier.Verdict,
// verifier.Reason), which is called with every verdict, for a batch from several
// goroutines.
const Tally = "testamur/tally"

// tally tells the server a verdict.
func tally(c *gin.Context, r *verifier.Report) {
	if f, ok := c.Get(Tally); ok {
		f.(func(verifier.Verdict, verifier.Reason))(r.Verdict, r.Reason)
	}
}

// verify answers with the report on what was presented, whatever the verdict.
func (a *api) verify(c *gin.Context) {
	q, p := readQuestion(c, a.now())
	if p == nil && q.receipt && a.Receipts == nil {
		p = noReceipts()
	}
	if p != nil {
		p.send(c)
		return
	}
	ctx := c.Request.Context()
	v := a.verifier(q.policy)
	var report *verifier.Report
	switch {
	case q.number != "":
		a.numbered(c, q)
		return
	case q.token != "":
		report = a.examine(ctx, &v, q.token)
	default:
		if q.document {
			if !enter(ctx, a.documents, documentWait) {
				problemOf(http.StatusServiceUnavailable).send(c)
				return
			}
			defer func() { <-a.documents }()
		}
		report = a.examiner(v).Examine(ctx, q.data)
	}
	a.answer(c, report, q)
}

// numbered answers about a number, without the content of the certificate.
func (a *api) numbered(c *gin.Context, q *question) {
	report, brief, err := a.byNumber(c.Request.Context(), q.number, q.policy)
	switch {
	case errors.Is(err, errNoNumbers):
		wrongField("number", "Numbers are found by the body that has issued the certificate, at its own address only. Give the credential, or the link printed beside its QR code.").send(c)
		return
	case err != nil:
		report = a.unknownNumber(err)
	}
	tally(c, report)
	buffer := buffers.Get().(*[]byte)
	body := appendReport((*buffer)[:0], report, "")
	if brief != nil {
		text, _ := json.Marshal(brief) // cannot fail
		body = append(append(append(body[:len(body)-1], `,"certificate":`...), text...), '}')
	}
	sendJSON(c, body)
	keepBuffer(buffer, body)
}

// unknownNumber reports why the certificate of a number cannot be had.
func (a *api) unknownNumber(err error) *verifier.Report {
	if errors.Is(err, verifier.ErrNoSuch) {
		return verifier.NewReport(a.now(), verifier.Invalid, verifier.Unknown, "The issuer has issued no certificate of this number.")
	}
	return verifier.NewReport(a.now(), verifier.Indeterminate, verifier.Unavailable, "The records could not be asked.")
}

// now is the moment of the request.
func (a *api) now() time.Time {
	if a.Now != nil {
		return a.Now()
	}
	return time.Now()
}

// enter waits for a place, but not for long.
func enter(ctx context.Context, places chan struct{}, wait time.Duration) bool {
	select {
	case places <- struct{}{}:
		return true
	default:
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case places <- struct{}{}:
		return true
	case <-ctx.Done():
	case <-timer.C:
	}
	return false
}

// examine is [verifier.Verifier.Examine] for what may have been presented before.
func (a *api) examine(ctx context.Context, v *verifier.Verifier, token string) *verifier.Report {
	key := digest(sha256.Sum256([]byte(token)))
	o, ok := a.opened.get(key)
	if !ok {
		var report *verifier.Report
		if o, report = v.Open(token); o == nil {
			return report
		}
		a.opened.put(key, o, 4*len(token)+512)
	}
	return v.Assess(ctx, o)
}

// examiner returns the reader of documents and links for a question. Without a
// publication nothing is asked of the network.
func (a *api) examiner(v verifier.Verifier) *paper.Examiner {
	e := &paper.Examiner{Verifier: v, Publication: a.Publication, Offline: a.Publication == nil, Designs: a.Designs}
	if e.Offline {
		e.Publication = verifier.NewPublication(a.Trust) // which links are ours
	}
	return e
}

// buffers are for requests and answers of the usual size.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 8<<10); return &b }}

// keepBuffer gives a buffer back unless it has grown far beyond the usual.
func keepBuffer(b *[]byte, used []byte) {
	if cap(used) <= 128<<10 {
		*b = used[:0]
		buffers.Put(b)
	}
}

// answer sends the report, with its receipt if one was asked for.
func (a *api) answer(c *gin.Context, report *verifier.Report, q *question) {
	tally(c, report)
	receipt := ""
	if q.receipt {
		var err error
		if receipt, err = a.Receipts.Give(c.Request.Context(), report, q.presented); err != nil {
			if !errors.Is(err, context.Canceled) { // nobody waits any more
				a.Log.ErrorContext(c.Request.Context(), "no receipt could be given", "route", c.FullPath(), "error", err.Error())
			}
			problemOf(http.StatusServiceUnavailable).send(c)
			return
		}
	}
	buffer := buffers.Get().(*[]byte)
	body := appendReport((*buffer)[:0], report, receipt)
	if q.byID && report.Verdict == verifier.Indeterminate {
		undecided(body).send(c)
	} else {
		sendJSON(c, body)
	}
	keepBuffer(buffer, body)
}

var typeJSON = []string{"application/json"}

func sendJSON(c *gin.Context, body []byte) {
	h := c.Writer.Header()
	templates.Private(h)
	h["Content-Type"] = typeJSON
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	c.Writer.WriteHeader(http.StatusOK)
	c.Writer.Write(body) // whoever has gone away does not read it
}

func noReceipts() *Problem {
	return wrongField("receipt", "No receipts are given here.")
}

// certificate answers with the report on the certificate of an id, as links have
// it. What is not found is answered alike whatever it was, and what cannot be
// decided is a problem: nothing was presented that could be looked at instead.
func (a *api) certificate(c *gin.Context) {
	q, p := readAboutID(c, a.now())
	if p == nil && q.receipt && a.Receipts == nil {
		p = noReceipts()
	}
	if p != nil {
		p.send(c)
		return
	}
	id := linkID(c.Param("id"))
	if id == "" {
		problemOf(http.StatusNotFound).send(c)
		return
	}
	ctx := c.Request.Context()
	cert, err := a.finder.find(ctx, id)
	switch {
	case errors.Is(err, verifier.ErrNoSuch):
		problemOf(http.StatusNotFound).send(c)
	case err != nil:
		a.answer(c, verifier.NewReport(a.now(), verifier.Indeterminate, verifier.Unavailable,
			"The issuer could not be asked: %s.", strings.TrimSuffix(err.Error(), ".")), q)
	default:
		a.answer(c, a.finder.report(ctx, cert, q.policy), q)
	}
}
