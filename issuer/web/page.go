package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
)

// page answers with the verification page of a certificate: 200 whatever the
// verdict, 503 if there is none.
func (p *Publication) page(c *gin.Context) error {
	ctx := c.Request.Context()
	cert, changes, err := p.certificate(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	report, err := p.examine(ctx, cert)
	if err != nil {
		return err
	}
	body, err := p.Pages.Page("certificate", p.content(cert, changes, report))
	if err != nil {
		return err
	}
	status := http.StatusOK
	if report.Verdict == verifier.Indeterminate {
		status = http.StatusServiceUnavailable
		c.Header("Retry-After", "60")
	}
	return sendPrivate(c, status, html, body)
}

// content of templates/web/certificate.html.
type content struct {
	Specimen bool
	Verdict  verdict
	Checked  moment
	Paper    *paper // nil unless the signature is good
	Rests    []ground
	Checks   []check

	Body, Host, URL string // of the body, as it is set up
	Accreditation   string // "" unless it covers the certificate
	Address         string // of this page, as the paper prints it
	PDF, JWS        string // paths; PDF is "" if there is nothing to print
}

// paper is what must stand on the paper.
type paper struct {
	issuer.Paper
	Effective moment
	Expires   *moment
	Decided   *moment
	// Requirements is the path of the page that says what the certificate asks
	// for, or "".
	Requirements string
}

// moment is a day or a time, for people and for programs.
type moment struct{ Words, ISO string }

func dayOf(d scheme.Date) *moment {
	if d.IsZero() {
		return nil
	}
	return &moment{words(d), d.String()}
}

// ground is something that the certificate rests on.
type ground struct {
	Kind, Name string
	Link       string // of its own page, or ""
	Notes      []string
}

type check struct{ Icon, Name, Outcome, Detail string }

func (p *Publication) content(cert *issuer.Certificate, changes []issuer.StatusChange, report *verifier.Report) content {
	b := p.Issuer.Body
	checked := report.CheckedAt.UTC()
	content := content{
		Specimen: b.Specimen,
		Verdict:  verdictOf(report, changes),
		Checked:  moment{checked.Format("2 January 2006 at 15:04:05 UTC"), checked.Format(time.RFC3339)},
		Checks:   checksOf(report),
		Body:     b.Name, Host: host(b), URL: b.URL,
		Address: b.VerifyURL(cert.Link),
		JWS:     base(b) + "/certificates/" + cert.Link + ".jws",
	}
	if c := report.Certificate; c != nil { // what is shown is what is signed
		content.Specimen = content.Specimen || c.Specimen()
		content.Paper = paperOf(c, cert.Token)
		if page, ok := strings.CutPrefix(c.Subject.Achievement.ID, b.URL+"/schemes/"); ok {
			content.Paper.Requirements = base(b) + "/schemes/" + page
		}
		content.Rests = p.restsOn(c)
		content.Accreditation = accreditation(c)
		content.PDF = base(b) + "/certificates/" + cert.Link + ".pdf"
	}
	return content
}

// paperOf takes the words of the page from where those of the paper come from,
// so that the two cannot differ.
func paperOf(c *credential.Credential, token string) *paper {
	printed := issuer.PaperOf(c, token)
	p := &paper{Paper: printed, Effective: *dayOf(printed.Effective), Decided: dayOf(printed.Decided)}
	if printed.Expires != nil {
		p.Expires = dayOf(*printed.Expires)
	}
	return p
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
func (p *Publication) restsOn(c *credential.Credential) (list []ground) {
	for _, e := range c.Evidence {
		kind, ok := grounds[e.Genre]
		if !ok {
			continue
		}
		g := ground{Kind: kind, Name: e.Name}
		switch e.Genre {
		case credential.GenreExemption:
			if e.Description != "" {
				g.Name = e.Description
			}
			if n := len(list); n > 0 && list[n-1].Kind == kind && list[n-1].Name == g.Name {
				list[n-1].Notes = append(list[n-1].Notes, e.Narrative)
				continue
			}
			g.Notes = notes(e.Narrative)
		case credential.GenrePrerequisite:
			// A certificate of this body has a page of its own.
			if id, ok := strings.CutPrefix(e.ID, p.Issuer.Body.URL+"/certificates/"); ok && verifier.LinkID(id) != "" {
				g.Link = base(p.Issuer.Body) + "/c/" + verifier.LinkID(id)
			}
			g.Notes = notes(e.Description, e.Narrative)
		default:
			g.Notes = notes(e.Description, e.Narrative)
		}
		list = append(list, g)
	}
	return list
}

func notes(texts ...string) []string {
	return slices.DeleteFunc(texts, func(s string) bool { return s == "" })
}

// accreditation returns the number of the accreditation under which the
// certificate was issued, or "" (scheme 6.2).
func accreditation(c *credential.Credential) string {
	for _, id := range c.Issuer.OtherIdentifier {
		if id.IdentifierType == "ext:accreditation" {
			return id.Identifier
		}
	}
	return ""
}

var checkNames = map[verifier.CheckName]string{
	verifier.Format:      "Form",
	verifier.IssuerKey:   "Issuer",
	verifier.Signature:   "Signature",
	verifier.Status:      "Status",
	verifier.Validity:    "Dates",
	verifier.PolicyCheck: "Rules",
}

var outcomes = map[verifier.Outcome]struct{ icon, words string }{
	verifier.Passed:         {"passed", "passed"},
	verifier.Failed:         {"failed", "failed"},
	verifier.OutcomeUnknown: {"undecided", "could not be checked"},
	verifier.OutcomeSkipped: {"skipped", "not looked at"},
}

func checksOf(r *verifier.Report) (list []check) {
	for _, c := range r.Checks {
		o, ok := outcomes[c.Outcome]
		if !ok {
			o = outcomes[verifier.OutcomeUnknown]
		}
		list = append(list, check{o.icon, checkNames[c.Name], o.words, c.Detail})
	}
	return list
}
