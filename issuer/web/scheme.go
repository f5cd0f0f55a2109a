package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
)

// scheme answers with what an edition of a scheme asks for, in words (ISO/IEC
// 17024 7.2). Certificates name this address, so every edition that was ever
// issued under stays. With a code it shows that certificate only.
func (p *Publication) scheme(c *gin.Context) error {
	s, err := p.Issuer.Schemes.Scheme(c.Param("scheme"), c.Param("edition"))
	if err != nil {
		return fmt.Errorf("scheme: %w", issuer.ErrNotFound)
	}
	shown := s.Certificates
	if code := c.Param("code"); code != "" {
		one, ok := s.Certificate(code)
		if !ok {
			return fmt.Errorf("certificate of a scheme: %w", issuer.ErrNotFound)
		}
		shown = []*scheme.Certificate{one}
	}
	content := schemeContent{Scheme: s, Body: p.Issuer.Body.Name, Dated: dayOf(s.Dated)}
	for _, certificate := range shown {
		content.Certificates = append(content.Certificates, requirements(s, certificate))
	}
	body, err := p.Pages.Page("scheme", content)
	if err != nil {
		return err
	}
	h := c.Writer.Header()
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", keepLists)
	return send(c, http.StatusOK, html, body)
}

// schemeContent is the content of templates/web/scheme.html.
type schemeContent struct {
	Scheme       *scheme.Scheme
	Body         string
	Dated        *moment
	Certificates []certificateContent
}

// moment is a day, for people and for programs.
type moment struct{ Words, ISO string }

// dayOf writes a day so that nobody can take the month for the day.
func dayOf(d scheme.Date) *moment {
	if d.IsZero() {
		return nil
	}
	return &moment{d.Start(time.UTC).Format("2 January 2006"), d.String()}
}

type certificateContent struct {
	*scheme.Certificate
	Address  string // path of its own page, below the site's
	Standing string // how long it stands
	Sittings []string
	Asked    []asked
}

// asked is one rule in words.
type asked struct{ Words, Clause string }

func requirements(s *scheme.Scheme, c *scheme.Certificate) certificateContent {
	r := certificateContent{Certificate: c, Address: fmt.Sprintf("/schemes/%s/%s/%s", s.ID, s.Edition, c.Code), Standing: "does not expire"}
	if c.Validity.Expires() {
		r.Standing = fmt.Sprintf("stands for %d years, then to be renewed", c.Validity.Years)
	}
	for _, e := range c.Exams {
		words := e.Name + ": " + e.Format
		if e.PassMark > 0 {
			words += fmt.Sprintf("; pass mark %g %%", e.PassMark)
		}
		if e.Minutes > 0 {
			words += fmt.Sprintf("; %d minutes", e.Minutes)
		}
		r.Sittings = append(r.Sittings, words)
	}
	for _, rule := range c.Rules {
		words := rule.String()
		r.Asked = append(r.Asked, asked{strings.ToUpper(words[:1]) + words[1:], rule.Clause})
	}
	return r
}
