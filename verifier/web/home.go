package web

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/paper"
	"github.com/testamur/testamur/verifier/summary"
)

// homeContent is the content of templates/web/home.html.
type homeContent struct {
	form
	Body, Accreditation string
	Specimen            bool
	Listed              bool // may be found by search engines
	Numbers             bool // a number opens something here
	Prefix, Example     string
	Own                 bool // of an issuer, whose trust file and keys are beside it
	Issuers             []issuing
}

// home answers with the page that asks what is to be checked. With a question in
// its address (?q=) it leads to the page of the certificate.
func (p *pages) home(c *gin.Context, v templates.View) error {
	if strings.Contains(c.Request.URL.RawQuery, "q=") {
		if q := c.Request.URL.Query(); q.Has("q") {
			return p.answer(c, v, asking{q: q.Get("q"), at: q.Get("at")}) // a name is not taken from an address
		}
	}
	key := sight{language: v.Language.Tag, chosen: v.Chosen}
	body, ok := p.homes.Load(key)
	if !ok {
		made, err := p.Pages.PageIn(v, "home", p.homeContent(form{}))
		if err != nil {
			return err
		}
		body = made
		p.homes.Store(key, body)
	}
	h := c.Writer.Header()
	h.Del("X-Robots-Tag")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", keepBriefly)
	Scanning(h)
	send(c, v.Language, http.StatusOK, body.([]byte))
	return nil
}

func (p *pages) homeContent(f form) homeContent {
	content := homeContent{
		form: f, Body: p.Name, Accreditation: p.Accreditation, Specimen: p.Specimen, Listed: f == form{}, Numbers: p.Numbers != nil,
		Prefix: p.root + "/", Example: hostOf(p.root) + p.base + "/c/…",
	}
	_, content.Own = p.Trust.Issuer(p.root)
	for _, i := range p.Trust.Issuers() {
		name := i.Name
		if name == "" {
			name = i.ID
		}
		content.Issuers = append(content.Issuers, issuing{Name: templates.Visible(name), Host: hostOf(i.ID)})
	}
	return content
}

// again answers with the form and what is wrong with it.
func (p *pages) again(c *gin.Context, v templates.View, status int, a asking, wrong *problem) error {
	f := form{Problem: wrong, Q: templates.Visible(a.q), Holder: templates.Visible(a.name), At: templates.Visible(a.at)}
	if len(f.Q) > maxEchoed {
		f.Q = ""
	}
	body, err := p.Pages.PageIn(v, "home", p.homeContent(f))
	if err != nil {
		return err
	}
	h := c.Writer.Header()
	templates.Private(h)
	Scanning(h)
	send(c, v.Language, status, body)
	return nil
}

// maxEchoed is how much of what was typed is shown again.
const maxEchoed = 2 << 10

// presented answers about what was sent with the form.
func (p *pages) presented(c *gin.Context, v templates.View) error {
	sent, err := p.read(c, MaxDocument)
	if err != nil {
		return err
	}
	defer sent.release()
	return p.answer(c, v, *sent)
}

// certificateNumber is what a certificate number looks like: a prefix and two
// groups.
var certificateNumber = regexp.MustCompile(`(?i)^[A-Z][A-Z0-9]{1,5}[ -]?[0-9A-Z]{5}[ -]?[0-9A-Z]{5}$`)

// minID is the length from which a word may be the id of a certificate.
const minID = 16

// answer answers a question: an address leads to its page, and what was presented
// is looked at here and now.
func (p *pages) answer(c *gin.Context, v templates.View, a asking) error {
	at, wrong := p.day(a.at)
	if wrong != nil {
		return p.again(c, v, http.StatusBadRequest, a, wrong)
	}
	policy := verifier.Policy{At: at}
	if policy.Holder, wrong = holder(a.name); wrong != nil {
		return p.again(c, v, http.StatusBadRequest, a, wrong)
	}
	q := strings.TrimSpace(a.q)
	switch {
	case len(a.file) > 0 && q != "":
		return p.again(c, v, http.StatusBadRequest, a, &problemBoth)
	case len(a.file) > 0:
		return p.document(c, v, policy, a.file)
	}
	id, ok := p.linked(q)
	switch {
	case ok && policy.Holder != nil:
		c.Params = gin.Params{{Key: "id", Value: id}}
		return p.about(c, v, policy, nil)
	case ok:
		return p.lead(c, v, id, a.at)
	case q == "":
		return p.again(c, v, http.StatusBadRequest, a, &problemNothing)
	case p.Numbers != nil && numberLike.MatchString(q):
		return p.numbered(c, v, policy, a)
	case certificateNumber.MatchString(q):
		return p.again(c, v, http.StatusOK, a, &problemNumber)
	case summary.Is(q):
		return p.document(c, v, policy, []byte(q))
	case p.atHome(q):
		return p.again(c, v, http.StatusBadRequest, a, &problemAddress)
	case !strings.Contains(q, "://") && strings.ContainsAny(q, "/") && !strings.ContainsAny(q, " \t\r\n"):
		return p.document(c, v, policy, []byte("https://"+q)) // an address, and not one of ours
	case !strings.Contains(q, "://") && strings.Count(q, ".") < 2:
		wrong := &problemNeither
		if p.Numbers != nil {
			wrong = &problemNothingOfAll
		}
		return p.again(c, v, http.StatusBadRequest, a, wrong)
	}
	return p.document(c, v, policy, []byte(q))
}

// numberLike is what somebody may have typed who meant a number: the issuer's
// records say whether it is one.
var numberLike = regexp.MustCompile(`(?i)^[A-Z0-9]{2,6}([ \x{2010}-\x{2015}-]*[0-9A-Z]{3,6}){2}$`)

// atHome reports whether a text is an address of this service.
func (p *pages) atHome(q string) bool {
	if scheme, rest, ok := strings.Cut(q, "://"); ok && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https")) {
		q = rest
	}
	_, root, _ := strings.Cut(p.root, "://")
	return len(q) >= len(root) && strings.EqualFold(q[:len(root)], root) && (len(q) == len(root) || q[len(root)] == '/')
}

// linked returns the id that a text leads to: the address of a certificate of a
// trusted issuer, at the issuer or here, with or without https://, or the id alone.
func (p *pages) linked(q string) (id string, ok bool) {
	if q == "" || len(q) > paper.MaxLink {
		return "", false
	}
	if id := linkID(q); len(id) >= minID && !certificateNumber.MatchString(q) {
		return id, true
	}
	publication := p.Publication
	if publication == nil {
		publication = verifier.NewPublication(p.Trust) // which links are ours
	}
	address := q
	if scheme, rest, ok := strings.Cut(q, "://"); ok && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https")) {
		address = rest
	} else if ok {
		return "", false
	}
	for _, scheme := range []string{"https://", "http://"} { // which of them was typed says nothing
		if link, err := publication.ParseLink(scheme + address); err == nil {
			return link.ID, true
		}
		if prefix := p.root + "/c/"; len(scheme+address) > len(prefix) && strings.EqualFold((scheme + address)[:len(prefix)], prefix) {
			id, _, _ := strings.Cut((scheme + address)[len(prefix):], "?")
			id, _, _ = strings.Cut(id, "#")
			if id := linkID(id); id != "" {
				return id, true
			}
		}
	}
	return "", false
}

// lead leads to the page of a certificate.
func (p *pages) lead(c *gin.Context, v templates.View, id, at string) error {
	to := p.base + "/c/" + id
	q := url.Values{}
	if at != "" {
		q.Set("at", at)
	}
	if v.Chosen {
		q.Set("lang", v.Language.Tag)
	}
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	return p.seeOther(c, v, to)
}

func (p *pages) seeOther(c *gin.Context, v templates.View, to string) error {
	h := c.Writer.Header()
	h.Set("Location", to)
	templates.Private(h)
	send(c, v.Language, http.StatusSeeOther, nil)
	return nil
}

// document answers with the verdict on what was presented. Nothing of it is kept.
func (p *pages) document(c *gin.Context, v templates.View, policy verifier.Policy, data []byte) error {
	ctx := c.Request.Context()
	if !enter(ctx, p.documents, documentWait) {
		return refused(http.StatusServiceUnavailable)
	}
	defer func() { <-p.documents }()
	e := &paper.Examiner{Verifier: p.verifier(policy), Publication: p.Publication, Offline: p.Publication == nil, Designs: p.Designs}
	if e.Offline {
		e.Publication = verifier.NewPublication(p.Trust) // which links are ours
	}
	report := e.Examine(ctx, data)
	tally(c, report)

	a := subject{aboutReport: aboutReport{report: report, presented: true}}
	if cert := report.Certificate; cert != nil {
		if i, ok := p.Trust.Issuer(cert.Issuer.ID); ok {
			a.issuer = i
			if id, ok := strings.CutPrefix(cert.ID, i.ID+"/certificates/"); ok && verifier.LinkID(id) == id {
				a.id = id
				a.standing = p.standing(ctx, &certificate{issuer: i, id: id}, report)
			}
		}
	}
	if p.Receipts != nil && report.Verdict != verifier.Indeterminate {
		var err error
		if a.signed, err = p.Receipts.Give(ctx, report, data); err != nil {
			p.warn(ctx, "no receipt could be given", err)
		}
	}
	content := p.content(v, a)
	if report.At != nil {
		e.Verifier.Policy.At = time.Time{}
		content.Today = p.today(v, aboutReport{report: e.Examine(ctx, data), standing: a.standing, presented: true})
	}
	body, err := p.Pages.PageIn(v, "verdict", content)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if report.Reason == verifier.StatusUnavailable || report.Reason == verifier.Unavailable {
		status = statusOf(report)
	}
	sendPage(c, v.Language, status, body)
	return nil
}

func (p *pages) warn(ctx context.Context, what string, err error) {
	p.Log.ErrorContext(ctx, what, "error", err.Error())
}
