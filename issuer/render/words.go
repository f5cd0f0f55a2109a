package render

import (
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/templates"
)

// phrase is the line between the name and the title.
func phrase(expires *scheme.Date) string { return templates.PaperPhrase(expires != nil) }

// expiry is the expiry as printed, e.g. "valid through 19 November 2029".
func expiry(expires *scheme.Date) string {
	if expires == nil {
		return templates.PaperForever
	}
	return templates.PaperThrough + day(*expires)
}

// day is a date as printed, e.g. "20 November 2026".
func day(d scheme.Date) string { return templates.PaperDay(d.Year, d.Month, d.Day) }
