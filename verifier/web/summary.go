package web

import (
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/templates"
)

// summaryContent is the content of templates/web/summary.html.
type summaryContent struct {
	Prefix string
	Host   string
	// For the script: the keys that may have signed, and how the language writes days.
	Issuers, Months, Day, First string
}

// summaryIssuer is a trusted issuer as the script knows it.
type summaryIssuer struct {
	ID   string      `json:"id"`
	Name string      `json:"name"`
	Keys []*keys.Key `json:"keys"`
}

// summary answers with the page that the second QR code of a paper opens (package
// verifier/summary). What the code holds is behind the # of the address, which never
// comes here: the script beside the page checks it, with the keys in the page.
func (p *pages) summary(c *gin.Context, v templates.View) error {
	key := sight{language: v.Language.Tag, chosen: v.Chosen}
	body, ok := p.summaries.Load(key)
	if !ok {
		content, err := p.summaryContent(v.Language)
		if err != nil {
			return err
		}
		made, err := p.Pages.PageIn(v, "summary", content)
		if err != nil {
			return err
		}
		body = made
		p.summaries.Store(key, body)
	}
	h := c.Writer.Header()
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex, nofollow, noarchive")
	h.Set("Cache-Control", keepBriefly)
	Scripted(h)
	send(c, v.Language, http.StatusOK, body.([]byte))
	return nil
}

func (p *pages) summaryContent(l *templates.Language) (*summaryContent, error) {
	issuers := []summaryIssuer{}
	for _, i := range p.Trust.Issuers() {
		known := summaryIssuer{ID: i.ID, Name: i.Name, Keys: []*keys.Key{}}
		for _, k := range i.Keys.Keys() {
			if k.May(keys.ForCredential) {
				known.Keys = append(known.Keys, k)
			}
		}
		issuers = append(issuers, known)
	}
	list, err := json.Marshal(issuers)
	if err != nil {
		return nil, err
	}
	months, err := json.Marshal(l.Months)
	if err != nil {
		return nil, err
	}
	return &summaryContent{
		Prefix: p.root + "/", Host: hostOf(p.root), Issuers: string(list), Months: string(months),
		Day: l.Day, First: l.First,
	}, nil
}
