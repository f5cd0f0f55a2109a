package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/semaphore"

	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/paper"
	"github.com/testamur/testamur/verifier/receipt"
)

// pages is the table of the pages for people.
func (s *Service) pages(c *common) []route { return newPages(s, c).routes() }

func (p *pages) routes() []route {
	routes := []route{
		{reads, "/", p.handle(p.home)},                 // what is to be checked, asked
		{writes, "/", p.handle(p.presented)},           // and checked; nothing of it is kept
		{reads, "/c/:id", p.handle(p.page)},            // the page of a certificate
		{reads, "/c/:id/", p.handle(p.page)},           // the same, as mail programs write it
		{reads, "/C/:id", p.handle(p.page)},            // the same, as QR codes write it
		{writes, "/c/:id", p.handle(p.named)},          // is it this person's?
		{reads, "/c/:id/receipt", p.handle(p.receipt)}, // a signed record of what the page says
		{reads, "/v", p.handle(p.summary)},             // to which the second QR code of a paper leads
		{reads, "/v/", p.handle(p.summary)},            // the same, as mail programs write it
	}
	if p.base != "" { // the URL itself has no final slash
		routes = append(routes, route{reads, "", p.handle(p.home)}, route{writes, "", p.handle(p.presented)})
	}
	return routes
}

// pages is the service for people, with what it keeps between requests.
type pages struct {
	*Service
	root string // URL without a final slash
	base string // path of it
	*common

	rendered *bounded[sight, *rendering]
	fits     func(*rendering, *certificate, *verifier.Report, Standing) bool // (*rendering).of
	checked  atomic.Pointer[said]                                            // the last time that was written
	homes    sync.Map                                                        // sight → page, of the home page with nothing asked
	// summaries is the same of the page that checks without a network.
	summaries sync.Map

	memory *semaphore.Weighted // for what is presented, in bytes
}

func newPages(s *Service, c *common) *pages {
	return &pages{
		Service: s, root: strings.TrimSuffix(s.URL, "/"), base: base(s.URL), common: c,
		rendered: newBounded[sight, *rendering](),
		fits:     (*rendering).of,
		memory:   semaphore.NewWeighted(maxPresentedBytes),
	}
}

// answer writes the answer to a request or, if it returns an error, nothing.
type answer func(*gin.Context, templates.View) error

// refused is an error that is answered with its status.
type refused int

func (r refused) Error() string { return http.StatusText(int(r)) }

// handle is the one place that decides what a person sees of an error: that there
// is nothing (404), or that it could not be checked (503).
func (p *pages) handle(serve answer) gin.HandlerFunc {
	return func(c *gin.Context) {
		v := p.Pages.View(c.Request)
		err := serve(c, v)
		var status refused
		switch {
		case err == nil:
		case errors.As(err, &status):
			if status == http.StatusRequestEntityTooLarge {
				c.Header("Connection", "close") // what it sends is not read
			}
			p.Pages.RefuseIn(c.Writer, c.Request, int(status))
		case errors.Is(err, verifier.ErrNoSuch):
			p.Pages.RefuseIn(c.Writer, c.Request, http.StatusNotFound)
		default:
			if !errors.Is(err, context.Canceled) { // nobody waits any more
				p.Log.ErrorContext(c.Request.Context(), "could not be answered", "route", c.FullPath(), "error", discreet(err, c.Param("id")))
			}
			p.Pages.RefuseIn(c.Writer, c.Request, http.StatusServiceUnavailable)
		}
	}
}

// discreet is the text of an error without what must be in no log: the id of a
// certificate, which opens it to whoever reads the log.
func discreet(err error, id string) string {
	text := err.Error()
	for _, secret := range []string{id, strings.ToUpper(id), linkID(id)} {
		if len(secret) > 4 {
			text = strings.ReplaceAll(text, secret, "[link]")
		}
	}
	return text
}

// page answers with the page of a certificate: 200 whatever the verdict, 503 if
// there is none.
func (p *pages) page(c *gin.Context, v templates.View) error {
	at, problem := p.moment(c.Request)
	return p.about(c, v, verifier.Policy{At: at}, problem)
}

// named answers with the same page, and whether the name that was sent is the one
// on the certificate. A name is never part of an address.
func (p *pages) named(c *gin.Context, v templates.View) error {
	sent, err := p.read(c, maxNamedBytes)
	if err != nil {
		return err
	}
	defer sent.release()
	policy, problem := verifier.Policy{}, (*problem)(nil)
	if policy.At, problem = p.moment(c.Request); problem == nil {
		policy.Holder, problem = holder(sent.name)
		if policy.Holder == nil && problem == nil {
			problem = &problemNoName
		}
	}
	return p.about(c, v, policy, problem)
}

// holder is the question whether a certificate is that of the name; nil if the
// name is empty.
func holder(name string) (func(string) bool, *problem) {
	switch name = strings.TrimSpace(name); {
	case name == "":
		return nil, nil
	case len(name) > maxName:
		return nil, &problemNoName
	}
	return func(holder string) bool { return paper.SameName(holder, name) }, nil
}

// moment reads the day asked about; zero is now.
func (p *pages) moment(r *http.Request) (time.Time, *problem) {
	if !strings.Contains(r.URL.RawQuery, "at=") {
		return time.Time{}, nil
	}
	return p.day(r.URL.Query().Get("at"))
}

func (p *pages) day(text string) (time.Time, *problem) {
	if text == "" {
		return time.Time{}, nil
	}
	// The sign of a time zone reads as a blank in an address.
	at, ok := readMoment(strings.ReplaceAll(text, " ", "+"), p.finder.now())
	if !ok {
		return time.Time{}, &problemDay
	}
	return at, nil
}

// about answers with the page of the certificate that the address names.
func (p *pages) about(c *gin.Context, v templates.View, policy verifier.Policy, wrong *problem) error {
	if number := c.Param("id"); p.Numbers != nil && certificateNumber.MatchString(number) {
		return p.seeOther(c, v, p.base+"/?q="+url.QueryEscape(number)) // typed where the id belongs
	}
	id := linkID(c.Param("id"))
	if id == "" {
		return verifier.ErrNoSuch
	}
	ctx := c.Request.Context()
	cert, err := p.finder.find(ctx, id)
	if err != nil {
		return err
	}
	report := p.finder.report(ctx, cert, policy)
	tally(c, report)
	standing := p.standing(ctx, cert, report)
	plain := policy.At.IsZero() && policy.Holder == nil && wrong == nil
	if !plain {
		return p.fresh(c, v, cert, report, standing, wrong)
	}
	key := sight{id, v.Language.Tag, v.Chosen}
	r, ok := p.rendered.get(key)
	if !ok || !p.fits(r, cert, report, standing) {
		if r, err = p.render(v, cert, report, standing); err != nil {
			return err
		}
		p.rendered.put(key, r, len(r.before)+len(r.after)+4096)
	}
	buffer := pageBuffers.Get().(*[]byte)
	body := append((*buffer)[:0], r.before...)
	body = append(body, p.saying(v.Language, report.CheckedAt)...)
	body = append(body, r.after...)
	sendPage(c, v.Language, statusOf(report), body)
	*buffer = body
	pageBuffers.Put(buffer)
	return nil
}

var pageBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 32<<10); return &b }}

// render makes the page, with a place for the time of the check.
func (p *pages) render(v templates.View, cert *certificate, report *verifier.Report, standing Standing) (*rendering, error) {
	body, err := p.Pages.PageIn(v, "verdict", p.content(v, subjectOf(cert, report, standing)))
	if err != nil {
		return nil, err
	}
	before, rest, ok := bytes.Cut(body, []byte(checkedOpens))
	_, after, closed := bytes.Cut(rest, []byte(checkedCloses))
	if !ok || !closed {
		return nil, errors.New("the page has no place for the time of the check")
	}
	return &rendering{
		cert: cert, report: report, standing: standing,
		before: append(bytes.Clone(before), checkedOpens...), after: append([]byte(checkedCloses), after...),
	}, nil
}

func subjectOf(cert *certificate, report *verifier.Report, standing Standing) subject {
	return subject{
		aboutReport: aboutReport{report: report, standing: standing},
		issuer:      cert.issuer, id: cert.id, key: cert.key,
	}
}

// fresh answers with a page about a question that is not kept.
func (p *pages) fresh(c *gin.Context, v templates.View, cert *certificate, report *verifier.Report, standing Standing, wrong *problem) error {
	content := p.content(v, subjectOf(cert, report, standing))
	status := statusOf(report)
	if report.At != nil {
		v.Query = "at=" + url.QueryEscape(inAddress(*report.At))
		ctx := c.Request.Context()
		today := p.finder.report(ctx, cert, verifier.Policy{})
		content.Today = p.today(v, aboutReport{report: today, standing: p.standing(ctx, cert, today)})
	}
	if wrong != nil { // the question is not answered, so that nothing here may pass for the answer
		status = http.StatusBadRequest
		content.form.Problem = wrong
		content.verdict = verdict{Kind: "unknown", Icon: "unknown", Title: v.Language.Say(wrong.Title)}
		content.Paper, content.Checks, content.Rests, content.Share, content.Details, content.Name = nil, nil, nil, nil, nil, ""
		content.PDF, content.Picture, content.JWS, content.Receipt = "", "", "", ""
		content.form.Asks = true
	}
	body, err := p.Pages.PageIn(v, "verdict", content)
	if err != nil {
		return err
	}
	sendPage(c, v.Language, status, body)
	return nil
}

// today says beside an answer about another day how it stands now.
func (p *pages) today(v templates.View, a aboutReport) templates.Words {
	return v.Language.Say("Today: %s", verdictOf(v.Language, a).Title)
}

// standing asks the records of this service's issuer why a certificate was
// withdrawn or suspended. That it was is what the signed lists say, and stays so
// if the records cannot be asked.
func (p *pages) standing(ctx context.Context, cert *certificate, r *verifier.Report) Standing {
	if p.Register == nil || r.Reason != verifier.Revoked && r.Reason != verifier.Suspended || !p.finder.own(cert.issuer) {
		return Standing{}
	}
	s, err := p.Register.Standing(ctx, cert.id)
	switch {
	case err != nil:
		if !errors.Is(err, context.Canceled) {
			p.Log.ErrorContext(ctx, "the reason of a change of status is not known", "error", discreet(err, cert.id))
		}
		return Standing{}
	case s == nil:
		return Standing{}
	}
	return *s
}

// receipt answers with a signed record of what the page says.
func (p *pages) receipt(c *gin.Context, _ templates.View) error {
	id := linkID(c.Param("id"))
	if p.Receipts == nil || id == "" {
		return verifier.ErrNoSuch
	}
	at, problem := p.moment(c.Request)
	if problem != nil {
		return refused(http.StatusBadRequest)
	}
	ctx := c.Request.Context()
	cert, err := p.finder.find(ctx, id)
	if err != nil {
		return err
	}
	report := p.finder.report(ctx, cert, verifier.Policy{At: at})
	tally(c, report)
	if report.Verdict == verifier.Indeterminate {
		return refused(http.StatusServiceUnavailable)
	}
	signed, err := p.Receipts.Give(ctx, report, nil)
	if err != nil {
		return err
	}
	h := c.Writer.Header()
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "receipt-" + report.CheckedAt.Format("20060102-150405") + ".jws"}))
	templates.Private(h)
	h.Set("Content-Type", receipt.MediaType)
	h.Set("Content-Length", strconv.Itoa(len(signed)))
	c.Writer.WriteHeader(http.StatusOK)
	io.WriteString(c.Writer, signed) // whoever has gone away does not read it
	return nil
}

// statusOf is the status of a page about a certificate: what was not decided is
// no answer.
func statusOf(r *verifier.Report) int {
	if r.Verdict == verifier.Indeterminate {
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}
