package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/verifier"
)

// Numbers finds certificates by the number printed on them, at the issuer whose
// records are at hand.
type Numbers interface {
	// Number returns the id, as links have it, of the certificate of the number,
	// read as people type it. The error wraps [verifier.ErrNoSuch] if there is none
	// or if it cannot be a number of the issuer's.
	Number(ctx context.Context, number string) (id string, err error)
}

// Brief is what somebody is told who knows a number and no more: how that
// certificate stands and what it is, but not whose. Whoever holds the paper asks
// whether the name on it matches (ISO/IEC 17024 7.2, 7.3).
type Brief struct {
	Number     string `json:"number"`
	Title      string `json:"title"`
	Code       string `json:"code,omitempty"`
	Scheme     string `json:"scheme,omitempty"`
	Issuer     string `json:"issuer"`
	IssuerName string `json:"issuerName,omitempty"`
	ValidFrom  string `json:"validFrom"`            // RFC 3339
	ValidUntil string `json:"validUntil,omitempty"` // RFC 3339; "": does not expire
}

var errNoNumbers = errors.New("certificates are not found by their number here")

// ofNumber reports on the certificate of a number, and gives its id. The error wraps
// [verifier.ErrNoSuch] if there is none, and is errNoNumbers if none is found here;
// any other means that it could not be decided. All of the report is not for whoever
// knows the number alone: see brief.
func (s *Service) ofNumber(ctx context.Context, number string, p verifier.Policy) (report *verifier.Report, own *verifier.Issuer, id string, err error) {
	own, ok := s.Trust.Issuer(strings.TrimSuffix(s.URL, "/"))
	if !ok || s.Numbers == nil {
		return nil, nil, "", errNoNumbers
	}
	if id, err = s.Numbers.Number(ctx, number); err != nil {
		return nil, nil, "", err
	}
	link := verifier.Link{Issuer: own, ID: id}
	token, err := s.Publication.Credential(ctx, link)
	if err != nil {
		return nil, nil, "", err
	}
	p.ID = link.Credential()
	v := s.verifier(p)
	return v.Examine(ctx, token), own, id, nil
}

// byNumber is ofNumber without what is not for whoever knows the number alone. brief
// is nil unless the signature is good.
func (s *Service) byNumber(ctx context.Context, number string, p verifier.Policy) (report *verifier.Report, brief *Brief, err error) {
	report, _, _, err = s.ofNumber(ctx, number, p)
	if err != nil {
		return nil, nil, err
	}
	if c := report.Certificate; c != nil {
		a := c.Subject.Achievement
		brief = &Brief{
			Number: c.Subject.LicenseNumber, Title: a.Name, Code: a.HumanCode,
			Issuer: c.Issuer.ID, IssuerName: c.Issuer.Name, ValidFrom: c.ValidFrom.String(),
		}
		if scheme, ok := c.Scheme(); ok {
			brief.Scheme = scheme.TargetName
		}
		if c.ValidUntil != nil {
			brief.ValidUntil = c.ValidUntil.String()
		}
	}
	report.Payload, report.Certificate = nil, nil // whose it is is not told
	return report, brief, nil
}

// numbered answers about a number: with a page of its own if it was typed into the
// form, so that it can be opened again, and with the verdict there.
func (p *pages) numbered(c *gin.Context, v templates.View, policy verifier.Policy, a asking) error {
	if c.Request.Method == http.MethodPost && policy.Holder == nil {
		q := url.Values{"q": {a.q}}
		if a.at != "" {
			q.Set("at", a.at)
		}
		if v.Chosen {
			q.Set("lang", v.Language.Tag)
		}
		return p.seeOther(c, v, p.base+"/?"+q.Encode())
	}
	ctx := c.Request.Context()
	report, own, id, err := p.ofNumber(ctx, a.q, policy)
	switch {
	case errors.Is(err, verifier.ErrNoSuch):
		return p.again(c, v, http.StatusNotFound, a, &problemUnknownNumber)
	case err != nil:
		return err
	}
	tally(c, report)
	about := subject{aboutReport: aboutReport{report: report}, issuer: own, number: strings.TrimSpace(a.q)}
	about.standing = p.standing(ctx, &certificate{issuer: own, id: id}, report)
	v.Query = "q=" + url.QueryEscape(about.number)
	if report.At != nil {
		v.Query += "&at=" + url.QueryEscape(inAddress(*report.At))
	}
	content := p.content(v, about)
	if report.At != nil {
		policy.At = time.Time{}
		now, _, _, err := p.ofNumber(ctx, a.q, policy)
		if err != nil {
			return err
		}
		content.Today = p.today(v, aboutReport{report: now, standing: p.standing(ctx, &certificate{issuer: own, id: id}, now)})
	}
	body, err := p.Pages.PageIn(v, "verdict", content)
	if err != nil {
		return err
	}
	sendPage(c, v.Language, statusOf(report), body)
	return nil
}
