package paper

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
)

// What programs list, search, copy and read aloud is not what the page shows. On a
// certificate it says the same.

// spoken finds out whether the document says something else than its page: in the text
// beneath its outlines, or in the title by which programs list it.
func (c *comparison) spoken() {
	if !c.layered() || !c.titled() {
		c.doubts = appendOnce(c.doubts, []string{doubtSpoken})
	}
}

// layered reports whether what is shown in no ink stands beneath outlines of the same
// text, and nowhere else.
func (c *comparison) layered() bool {
	drawn := slices.DeleteFunc(slices.Concat(c.all, c.covered), func(g glyph) bool { return g.setting == nil })
	type heard struct {
		text string
		x    float64
	}
	beneath := make([][]heard, len(drawn))
	for i := range c.whispers {
		w := &c.whispers[i]
		text := strings.Join(strings.Fields(w.text), "")
		if text == "" {
			continue
		}
		on, least := -1, 0.1 // ems
		var x float64
		for k := range drawn {
			back, ok := drawn[k].m.inverse()
			if !ok {
				continue
			}
			a, b := back.apply(w.at.x, w.at.y), back.apply(w.end.x, w.end.y)
			q := point{(a.x + b.x) / 2, (a.y + b.y) / 2}
			if far := max(q.y, -q.y, -q.x, q.x-drawn[k].setting.width); far < least {
				on, least, x = k, max(far, 0), q.x
			}
		}
		if on < 0 {
			return false
		}
		beneath[on] = append(beneath[on], heard{text, x})
	}
	for k, list := range beneath {
		if len(list) == 0 {
			continue
		}
		slices.SortStableFunc(list, func(a, b heard) int { return compareFloats(a.x, b.x) })
		var text strings.Builder
		for _, h := range list {
			text.WriteString(h.text)
		}
		if !drawn[k].setting.heardAs(text.String()) {
			return false
		}
	}
	return true
}

// heardAs reports whether a text, given from left to right, is that of a setting.
func (s *setting) heardAs(text string) bool {
	got, want := []rune(text), []rune(strings.Join(strings.Fields(s.text), ""))
	if slices.Equal(got, want) {
		return true
	}
	if !s.rtl {
		return false
	}
	slices.Reverse(got)
	if slices.Equal(got, want) {
		return true
	}
	// Numbers and Latin words within it stand from left to right.
	slices.Sort(got)
	slices.Sort(want)
	return slices.Equal(got, want)
}

// titled reports whether the document goes by the title that the press gives it, in
// each of the two places for titles. It may have none.
func (c *comparison) titled() bool {
	if c.doc == nil {
		return true
	}
	doc := *c.doc // reading it is over, and its time with it
	doc.ctx = context.Background()
	want := c.credential.Subject.Achievement.Name + " · " + c.credential.Holder()
	fine := true
	err := unpanicked(func() error {
		if doc.xref != nil && doc.xref.Info != nil {
			if o := doc.dict(*doc.xref.Info)["Title"]; o != nil {
				if title := doc.text(o); title != "" && !sameTitle(title, want) {
					fine = false
				}
			}
		}
		if s := doc.stream(doc.catalog["Metadata"]); s != nil {
			data, err := decoded(s, maxToUnicode)
			if err != nil {
				return err
			}
			titles, err := titlesIn(data)
			if err != nil {
				return err
			}
			for _, title := range titles {
				fine = fine && sameTitle(title, want)
			}
		}
		return nil
	})
	return fine && err == nil
}

func sameTitle(a, b string) bool {
	return strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
}

// dublinCore is the name space in which metadata has a title (ISO 16684-1 §8.4).
const dublinCore = "http://purl.org/dc/elements/1.1/"

// titlesIn gives the titles in metadata, in every language.
func titlesIn(data []byte) (titles []string, err error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	inside, depth := 0, 0
	var text strings.Builder
	end := func() {
		if t := strings.TrimSpace(text.String()); t != "" {
			titles = append(titles, t)
		}
		text.Reset()
	}
	for range maxOperators {
		token, err := d.Token()
		if token == nil {
			if depth == 0 && errors.Is(err, io.EOF) {
				return titles, nil
			}
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			for _, a := range token.Attr {
				if isTitle(a.Name) {
					titles = append(titles, a.Value)
				}
			}
			if isTitle(token.Name) && inside == 0 {
				inside = depth
			} else if inside > 0 {
				end()
			}
		case xml.EndElement:
			if inside > 0 {
				end()
			}
			if depth == inside {
				inside = 0
			}
			depth--
		case xml.CharData:
			if inside > 0 {
				text.Write(token)
			}
		}
	}
	return nil, errSyntax
}

func isTitle(n xml.Name) bool { return n.Space == dublinCore && strings.EqualFold(n.Local, "title") }
