package paper_test

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/verifier/paper"
)

// drawing is an SVG with that in it.
func drawing(within string) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0" viewBox="0 0 9 9">
` + within + `
<path d="M0 0L9 9"/></svg>
`)
}

func credentialTag(tok string) string {
	return `<openbadges:credential verify="` + tok + `"></openbadges:credential>`
}

func TestCredentialBakedIntoADrawingIsFound(t *testing.T) {
	tok := token(1200)
	for name, data := range map[string][]byte{
		"as the specification has it": drawing(credentialTag(tok)),
		"with a byte order mark":      append([]byte("\ufeff"), drawing(credentialTag(tok))...),
		"empty tag":                   drawing(`<openbadges:credential verify="` + tok + `"/>`),
		"single quotes and blanks":    drawing(`<openbadges:credential verify=' ` + tok + "\n'/>"),
		"another prefix":              drawing(`<b:credential xmlns:b="https://purl.imsglobal.org/ob/v3p0" verify="` + tok + `"/>`),
		"no prefix":                   drawing(`<credential xmlns="https://purl.imsglobal.org/ob/v3p0" verify="` + tok + `"/>`),
		"behind the drawing":          drawing(`<g><path d="M1 1"/></g>` + credentialTag(tok)),
		"the dots written as numbers": drawing(credentialTag(strings.ReplaceAll(tok, ".", "&#46;"))),
		"prefixed root":               []byte(`<s:svg xmlns:s="http://www.w3.org/2000/svg" xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0">` + credentialTag(tok) + `</s:svg>`),
		"long before the root":        []byte(`<!--` + strings.Repeat(" ", 3000) + `-->` + string(drawing(credentialTag(tok))[39:])),
		"a tag longer than the head":  []byte(`<svg desc="` + strings.Repeat("a", 9000) + `"` + string(drawing(credentialTag(tok))[43:])),
		"with a picture and a script": drawing(credentialTag(tok) + `<script>alert(1)</script><image href="http://example.org/x.png"/>`),
	} {
		t.Run(name, func(t *testing.T) {
			want(t, read(t, data), paper.KindSVG, []string{tok}, nil)
		})
	}
}

func TestDrawingsWithTwoCredentialsAreRefused(t *testing.T) {
	one, two := credentialTag(token(10)), credentialTag(token(20))
	for name, within := range map[string]string{
		"two":                  one + two,
		"one twice":            one + one,
		"one in a comment":     `<!-- ` + two + ` -->` + one,
		"one in a text":        one + `<text><![CDATA[` + two + `]]></text>`,
		"one deeper":           one + `<g>` + two + `</g>`,
		"another namespace":    one + `<o:credential xmlns:o="http://openbadges.org" verify="` + token(20) + `"/>`,
		"prefix bound anew":    one + `<g xmlns:openbadges="http://example.org">` + two + `</g>`,
		"two in one attribute": credentialTag(token(10) + " " + token(20)),
		"attribute and body":   `<openbadges:credential verify="` + token(10) + `">` + token(20) + `</openbadges:credential>`,
	} {
		t.Run(name, func(t *testing.T) { refused(t, drawing(within), paper.ErrAmbiguous) })
	}
}

func TestHostileDrawingsAreRefused(t *testing.T) {
	one := credentialTag(token(10))
	bomb := `<!DOCTYPE svg [<!ENTITY a "` + token(10) + `"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>` +
		`<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0"><openbadges:credential verify="&b;"/></svg>`
	tests := []struct {
		name string
		data []byte
		want error
	}{
		{"entities", []byte(bomb), paper.ErrUnreadable},
		{"document type", []byte(`<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">` + string(drawing(one)[39:])), paper.ErrUnreadable},
		{"unknown entity", drawing(credentialTag("&token;")), paper.ErrUnreadable},
		{"outside the root", append(drawing(""), one...), paper.ErrUnreadable},
		{"second root", append(drawing(one), drawing(one)[39:]...), paper.ErrUnreadable},
		{"text behind the root", append(drawing(one), "more"...), paper.ErrUnreadable},
		{"not closed", bytes.TrimSuffix(bytes.TrimSpace(drawing(one)), []byte("</svg>")), paper.ErrUnreadable},
		{"nested in itself", drawing(`<openbadges:credential verify="` + token(10) + `">` + one + `</openbadges:credential>`), paper.ErrUnreadable},
		{"an element within", drawing(`<openbadges:credential verify="` + token(10) + `"><g/></openbadges:credential>`), paper.ErrUnreadable},
		{"deeper alone", drawing(`<g>` + one + `</g>`), paper.ErrUnreadable},
		{"prefix that is not bound", []byte(`<svg xmlns="http://www.w3.org/2000/svg">` + one + `</svg>`), paper.ErrUnreadable},
		{"namespace of version 1", drawing(`<o:credential xmlns:o="http://openbadges.org" verify="` + token(10) + `"/>`), paper.ErrUnreadable},
		{"attribute twice", drawing(`<openbadges:credential verify="` + token(10) + `" verify="` + token(20) + `"/>`), paper.ErrUnreadable},
		{"attribute of a namespace", drawing(`<openbadges:credential openbadges:verify="` + token(10) + `"/>`), paper.ErrUnreadable},
		{"root of no namespace", []byte(`<svg xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0">` + one + `</svg>`), paper.ErrUnreadable},
		{"another encoding", []byte(`<?xml version="1.0" encoding="UTF-7"?>` + string(drawing(one)[39:])), paper.ErrUnreadable},
		{"too deep", drawing(one + strings.Repeat("<g>", 200) + strings.Repeat("</g>", 200)), paper.ErrUnreadable},
		{"too many elements", drawing(one + strings.Repeat("<g/>", 300_000)), paper.ErrTooLarge},
		{"too many attributes", drawing(`<g` + strings.Repeat(` a=""`, 300_000) + `/>`), paper.ErrTooLarge},
		{"too long a token", drawing(credentialTag(token(20 << 10))), paper.ErrTooLarge},
		{"no credential", drawing(""), paper.ErrNothingFound},
		{"JSON in the element", drawing(`<openbadges:credential><![CDATA[{"proof":{}}]]></openbadges:credential>`), paper.ErrNothingFound},
		{"a text in the attribute", drawing(credentialTag("see " + token(10))), paper.ErrNothingFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			refused(t, tt.data, tt.want)
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
	// A reader that stops at the first tag, as the specification allows, is fooled
	// by what is refused above: the tests would see it.
	first := func(data []byte) string {
		d := xml.NewDecoder(bytes.NewReader(data))
		for {
			t, err := d.Token()
			if err != nil {
				return ""
			}
			if s, ok := t.(xml.StartElement); ok && s.Name.Local == "credential" {
				return s.Attr[0].Value
			}
		}
	}
	if first(drawing(one+credentialTag(token(20)))) != token(10) {
		t.Error("the twin reads nothing")
	}
}

func TestTextsThatBeginWithABracketAreNoDrawings(t *testing.T) {
	for _, text := range []string{
		"<" + link + ">",
		"<p>" + token(30) + "</p>",
		`<?xml version="1.0"?><html><body>` + token(30) + `</body></html>`,
	} {
		found := read(t, []byte(text))
		if found.Kind == paper.KindSVG || len(found.Tokens)+len(found.Links) != 1 {
			t.Errorf("%.30q is %q with %d tokens and %d links", text, found.Kind, len(found.Tokens), len(found.Links))
		}
	}
}

func FuzzSVG(f *testing.F) {
	f.Add(drawing(credentialTag(token(10))))
	f.Add(drawing(credentialTag(token(10)) + `<g><!-- --><![CDATA[x]]></g>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if !paper.IsSVG(data) {
			return
		}
		found, err := paper.Read(t.Context(), data)
		if err == nil && found.Kind == paper.KindSVG {
			if len(found.Tokens) != 1 || len(found.Links) != 0 {
				t.Errorf("found %+v", found)
			}
			// Whoever reads the file as XML finds the same token in the one place.
			if !bytes.Contains(data, []byte("credential")) {
				t.Errorf("no credential in %q", data)
			}
		}
	})
}
