package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
)

// content of templates/web/verdict.html.
type content struct {
	form
	verdict
	Specimen bool
	Name     string          // answer to the question about a name, or ""
	About    templates.Words // which day the answer is about, unless it is today
	Today    templates.Words // how it stands today, if the answer is not about today
	Replaced string          // path of the certificate that took its place, or ""
	Checked  templates.Word
	Paper    *printed // nil unless the signature is good
	Brief    *printed // instead of Paper, for whoever knows the number alone
	Stands   bool     // nothing speaks against a paper that says so
	Rests    []ground
	Checks   []check

	Body, Host, Prefix string // of this service
	Issuer             *issuing
	Own                bool   // this service is the issuer's
	ID                 string // of the certificate, as links have it, or ""
	Address            string // of the page, or ""
	PDF, JWS, Receipt  string
	Picture            string
	Presented          bool
	Signed             string // receipt of what was presented, or ""
	Share              *share
	Details            []detail
}

// printed is what must stand on the paper.
type printed struct {
	Holder, Title, Tongue, Number, Scope, Scheme, Edition, Code, Decider, Body string

	Effective    templates.Word
	Expiry       templates.Words
	Decided      *templates.Word
	Requirements string // path of the page that says what the certificate asks for, or ""
}

type issuing struct{ Name, Host, Accreditation string }

// ground is something that the certificate rests on.
type ground struct {
	Kind, Name string
	Link       string // of its own page, or ""
	Notes      []string
}

type check struct {
	Icon, Name, Outcome string
	Detail              templates.Words
}

type detail struct{ Name, Text string }

// share is what its holder shows of a certificate.
type share struct {
	Title, Body, Issued, Expires, Number, Address, LinkedIn string
}

// subject is what a page is about.
type subject struct {
	aboutReport
	issuer *verifier.Issuer // nil: not known
	id     string           // "": not known
	key    string           // id of the key that signed, "": not known
	signed string           // receipt of what was presented
	number string           // if it was asked for by its number alone, or ""
}

// content puts together what the page shows. All of the certificate is from its
// signed content.
func (p *pages) content(v templates.View, a subject) content {
	l, r := v.Language, a.report
	out := content{
		verdict: verdictOf(l, a.aboutReport),
		Checked: l.Second(r.CheckedAt),
		Stands:  r.Verdict != verifier.Invalid || r.Reason == verifier.NameMismatch || r.Reason == verifier.Altered,
		Checks:  checksOf(l, r),
		Body:    p.Name, Host: hostOf(p.root), Prefix: p.root + "/",
		Specimen: p.Specimen, Presented: a.presented, Signed: a.signed,
	}
	if r.At != nil {
		out.form.At = r.At.UTC().Format(time.DateOnly)
		out.About = l.Say("This answer is about %s, not about today.", l.Date(*r.At))
	}
	if r.NameMatches != nil {
		switch {
		case *r.NameMatches:
			out.Name = "The name matches"
		case r.Reason != verifier.NameMismatch: // which is the verdict then
			out.Name = "The name does not match"
		}
	}
	if a.issuer != nil {
		out.Own = p.finder.own(a.issuer)
		out.Issuer = &issuing{Name: templates.Visible(a.issuer.Name), Host: hostOf(a.issuer.ID)}
	}
	if a.id != "" {
		out.ID, out.Address = a.id, p.root+"/c/"+a.id
		if !a.presented {
			out.JWS = p.published(a.issuer, a.id, ".jws")
			if p.Receipts != nil && r.Verdict != verifier.Indeterminate {
				out.Receipt = p.base + "/c/" + a.id + "/receipt" + query(r, v)
			}
		}
		if by := verifier.LinkID(a.standing.ReplacedBy); by != "" && r.Reason == verifier.Revoked {
			out.Replaced = p.base + "/c/" + by + v.Keep()
		}
	}
	c := r.Certificate
	if c == nil || a.id != "" && a.issuer != nil && c.ID != (verifier.Link{Issuer: a.issuer, ID: a.id}).Credential() {
		return out // what was found here is another's
	}
	out.Specimen = out.Specimen || c.Specimen()
	if a.number != "" { // whose it is is not told, nor its id, which would tell
		out.Brief = p.printed(l, c, out.Own)
		out.Brief.Holder, out.Brief.Decider, out.Brief.Scope, out.Brief.Decided = "", "", "", nil
		out.Q = a.number
		return out
	}
	out.Paper = p.printed(l, c, out.Own)
	out.Rests = p.restsOn(v, c)
	if out.Issuer != nil {
		out.Issuer.Accreditation = templates.Visible(accreditation(c))
		if c.Issuer.Name != "" {
			out.Issuer.Name = templates.Visible(c.Issuer.Name)
		}
	}
	if a.id != "" {
		out.PDF = p.published(a.issuer, a.id, ".pdf")
		if p.finder.own(a.issuer) {
			out.Picture = p.published(a.issuer, a.id, ".png")
		}
		if r.Verdict == verifier.Valid && r.At == nil {
			out.Share = shared(c, out.Paper, a.issuer.ID+"/c/"+a.id)
		}
	}
	out.Details = details(r, a.key)
	return out
}

// published is the address of a certificate as a file.
func (p *pages) published(i *verifier.Issuer, id, form string) string {
	if p.finder.own(i) {
		return p.base + "/certificates/" + id + form
	}
	return i.ID + "/certificates/" + id + form
}

// query is that of an address about the same question.
func query(r *verifier.Report, v templates.View) string {
	if r.At == nil {
		return v.Keep()
	}
	q := "?at=" + url.QueryEscape(inAddress(*r.At))
	if v.Chosen {
		q += "&lang=" + v.Language.Tag
	}
	return q
}

// printed is what the press has printed (issuer.PaperOf), from where it has it.
func (p *pages) printed(l *templates.Language, c *credential.Credential, own bool) *printed {
	a := c.Subject.Achievement
	see := templates.Visible
	out := &printed{
		Holder: see(c.Holder()), Title: see(a.Name), Number: see(c.Subject.LicenseNumber), Scope: see(c.Description),
		Edition: see(a.Version), Code: see(a.HumanCode), Decider: see(c.Decider()), Body: see(c.Issuer.Name),
		Effective: l.Date(c.ValidFrom.Time), Expiry: l.Say("does not expire"),
	}
	if tag, err := language.Parse(a.InLanguage); err == nil {
		out.Tongue = tag.String()
	}
	if scheme, ok := c.Scheme(); ok {
		out.Scheme = see(scheme.TargetName)
	}
	if c.ValidUntil != nil {
		out.Expiry = l.Say("valid through %s", l.Date(c.ValidUntil.Time))
	}
	if c.AwardedDate != nil {
		decided := l.Date(c.AwardedDate.Time)
		out.Decided = &decided
	}
	if page, ok := strings.CutPrefix(a.ID, c.Issuer.ID+"/schemes/"); ok && own {
		out.Requirements = p.base + "/schemes/" + page
	}
	return out
}

// grounds are the kinds of evidence that are shown. The decision stands among
// the facts of the paper.
var grounds = map[string]string{
	credential.GenreExamination:  "Examined",
	credential.GenreExemption:    "Exempted",
	credential.GenrePrerequisite: "Certificate held",
}

// restsOn puts the evidence into the order of reading. What was exempted by one
// side entry stands together, under the name of that side entry.
func (p *pages) restsOn(v templates.View, c *credential.Credential) (list []ground) {
	for _, e := range c.Evidence {
		kind, ok := grounds[e.Genre]
		if !ok {
			continue
		}
		g := ground{Kind: kind, Name: templates.Visible(e.Name)}
		switch e.Genre {
		case credential.GenreExemption:
			if e.Description != "" {
				g.Name = templates.Visible(e.Description)
			}
			if n := len(list); n > 0 && list[n-1].Kind == kind && list[n-1].Name == g.Name {
				list[n-1].Notes = append(list[n-1].Notes, notes(e.Narrative)...)
				continue
			}
			g.Notes = notes(e.Narrative)
		case credential.GenrePrerequisite:
			// A certificate of the same issuer has a page of its own.
			if id, ok := strings.CutPrefix(e.ID, c.Issuer.ID+"/certificates/"); ok && verifier.LinkID(id) != "" {
				g.Link = p.base + "/c/" + verifier.LinkID(id) + v.Keep()
			}
			g.Notes = notes(e.Description, e.Narrative)
		default:
			g.Notes = notes(e.Description, e.Narrative)
		}
		list = append(list, g)
	}
	return list
}

func notes(texts ...string) (list []string) {
	for _, text := range slices.DeleteFunc(texts, func(s string) bool { return s == "" }) {
		list = append(list, templates.Visible(text))
	}
	return list
}

// accreditation returns the number of the accreditation under which the
// certificate was issued, or "".
func accreditation(c *credential.Credential) string {
	for _, id := range c.Issuer.OtherIdentifier {
		if id.IdentifierType == "ext:accreditation" {
			return id.Identifier
		}
	}
	return ""
}

func checksOf(l *templates.Language, r *verifier.Report) (list []check) {
	for _, c := range r.Checks {
		o, ok := outcomes[c.Outcome]
		if !ok {
			o = outcomes[verifier.OutcomeUnknown]
		}
		name, ok := checkNames[c.Name]
		if !ok {
			name = string(c.Name)
		}
		if c.Name == verifier.PaperCheck && c.Outcome == verifier.OutcomeSkipped {
			o.words = "not compared"
		}
		list = append(list, check{o.icon, name, o.words, finding(l, c)})
	}
	return list
}

// shared is what the holder copies into a profile. The form of LinkedIn takes it
// from an address; nobody there is told anything before the holder follows it.
func shared(c *credential.Credential, p *printed, address string) *share {
	from := c.ValidFrom.Time
	q := url.Values{
		"startTask": {"CERTIFICATION_NAME"}, "name": {p.Title}, "organizationName": {p.Body},
		"issueYear": {strconv.Itoa(from.Year())}, "issueMonth": {strconv.Itoa(int(from.Month()))},
		"certUrl": {address}, "certId": {p.Number},
	}
	s := &share{Title: p.Title, Body: p.Body, Issued: from.Format("2006-01"), Number: p.Number, Address: address}
	if c.ValidUntil != nil {
		until := c.ValidUntil.Time
		q.Set("expirationYear", strconv.Itoa(until.Year()))
		q.Set("expirationMonth", strconv.Itoa(int(until.Month())))
		s.Expires = until.Format("2006-01")
	}
	s.LinkedIn = "https://www.linkedin.com/profile/add?" + q.Encode()
	return s
}

// details are for those who check the check.
func details(r *verifier.Report, key string) []detail {
	c := r.Certificate
	list := []detail{{"Issuer", c.Issuer.ID}}
	if key != "" {
		list = append(list, detail{"Key", key})
	}
	digest := r.SummaryDigest
	if digest == "" {
		digest = credential.Digest(r.Payload)
	}
	list = append(list, detail{"Credential", c.ID}, detail{"Digest of the content", digest})
	for _, used := range r.StatusLists {
		name := "List of withdrawals"
		if used.Purpose == credential.PurposeSuspension {
			name = "List of suspensions"
		}
		list = append(list, detail{name, used.URL + " · " + iso(used.ValidFrom) + " – " + iso(used.ValidUntil) + " · " + used.Digest})
	}
	for i := range list {
		list[i].Text = templates.Visible(list[i].Text)
	}
	return list
}
