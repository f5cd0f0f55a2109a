package render

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/templates/typeface"
)

// A listed name is one of those of package typeface.
type listedName struct{ script, language, name string }

// shownNames are the names that certificates can show, in all scripts.
func shownNames(t testing.TB) []listedName {
	t.Helper()
	data, err := os.ReadFile("../../templates/typeface/testdata/names.txt")
	if err != nil {
		t.Fatal(err)
	}
	var list []listedName
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) == 4 && f[2] == "shown" {
			if name, err := strconv.Unquote(f[3]); err == nil {
				f[3] = name
			}
			list = append(list, listedName{f[0], f[1], f[3]})
		}
	}
	if len(list) < 5000 {
		t.Fatalf("only %d names", len(list))
	}
	return list
}

// sheet prints names on one page, each under a line of Latin letters, which a
// certificate has as well, and by which readers know how the page is read.
func sheet(t testing.TB, names []listedName) []byte {
	t.Helper()
	p, q := press(t), paper()
	j, err := p.compose(q)
	if err != nil {
		t.Fatal(err)
	}
	page := *j.page
	page.Texts, page.Mark, page.Rules = nil, nil, nil
	write := func(text string, o typeface.Options, size, x, y float64) {
		line, err := typeface.Serif().Set(text, o)
		if err != nil {
			t.Fatal(err)
		}
		page.Texts = append(page.Texts, certificate.Text{Line: line, Size: size, X: x, Y: y, Fact: certificate.FactHolder})
	}
	for i, n := range names {
		y := 12 + 13*float64(i)
		write("this is to certify that the person whose name stands beneath this line", typeface.Options{}, 8, 20, y)
		rtl := strings.ContainsFunc(n.name, isRTL)
		write(n.name, typeface.Options{Language: n.language, RTL: rtl}, 16, 20, y+6)
	}
	part, err := p.prepared(&page)
	if err != nil {
		t.Fatal(err)
	}
	j.page = &page
	pdf, err := whole(part, j)
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

// unmarked leaves out the marks of direction with which a reader brackets what
// it prints, and what it puts between pages.
func unmarked(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) || r == '\f' || r == '\r' {
			return -1
		}
		return r
	}, s)
}

func isRTL(r rune) bool { return unicode.In(r, unicode.Arabic, unicode.Hebrew) }

// asPopplerSays is what pdftotext makes of a name. It takes a hyphen among letters
// that are read from right to left for a number, and turns round what stands
// beside it; single characters with spaces between it takes for one spaced word.
// Chromium's viewer and pdf.js read both as they are.
func asPopplerSays(name string) string {
	if parts := strings.Split(name, "-"); len(parts) > 1 && strings.ContainsFunc(name, isRTL) {
		slices.Reverse(parts)
		return strings.Join(parts, "-")
	}
	for _, word := range strings.Fields(name) {
		if len([]rune(word)) > 1 {
			return name
		}
	}
	return strings.ReplaceAll(name, " ", "")
}

// bothWays reports whether a name is read in both directions, or ends in a mark
// that stands at its left. A page has no place for its order, which every reader
// guesses: such a name is held against what is found letter by letter.
func bothWays(name string) bool {
	return strings.ContainsFunc(name, isRTL) && (strings.ContainsFunc(name, func(r rune) bool {
		return !isRTL(r) && !unicode.IsMark(r) && !unicode.IsSpace(r) && !unicode.IsPunct(r) || unicode.IsDigit(r)
	}) || unicode.IsMark([]rune(name)[len([]rune(name))-1]))
}

// lettersOf gives the characters of a text in the order of their code points.
func lettersOf(text string) string {
	r := []rune(strings.Join(strings.Fields(text), ""))
	slices.Sort(r)
	return string(r)
}

// TestEveryNameIsFoundOnPaper prints every name and has it read by a program that
// knows the document alone: the name is there, whole and in its own order.
func TestEveryNameIsFoundOnPaper(t *testing.T) {
	scripts := map[string][]listedName{}
	ways := 0
	for _, n := range shownNames(t) {
		if bothWays(n.name) {
			ways++
		}
		scripts[n.script] = append(scripts[n.script], n)
	}
	if ways > 30 {
		t.Errorf("%d names are not held against the whole of what is found", ways)
	}
	for script, names := range scripts {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			const batch = 14
			for i := 0; i < len(names); i += batch {
				part := names[i:min(i+batch, len(names))]
				file := save(t, sheet(t, part))
				found := map[string]bool{}
				for line := range strings.Lines(unmarked(string(read(t, "pdftotext", file, "-")))) {
					found[strings.TrimSpace(line)] = true
					found["letters "+lettersOf(line)] = true
				}
				for _, n := range part {
					if bothWays(n.name) && found["letters "+lettersOf(n.name)] {
						continue
					}
					if !found[asPopplerSays(n.name)] {
						t.Errorf("pdftotext does not find %q (%s)", n.name, fmt.Sprintf("%+q", n.name))
					}
				}
			}
		})
	}
}

// whole returns the document of a job, unsealed.
func whole(p *prepared, j *job) (pdf []byte, err error) {
	err = p.write(context.Background(), j, nil, func(prefix, rest []byte) error {
		pdf = slices.Concat(prefix, rest)
		return nil
	})
	return pdf, err
}
