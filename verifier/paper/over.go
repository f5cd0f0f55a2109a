package paper

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// Bits of the flags of an annotation (ISO 32000-1 §12.5.3).
const flagHidden = 1 << 1

// over looks at what lies over a page: its annotations. A certificate has links
// and nothing else. A hidden annotation, and one without any extent such as an
// invisible signature, shows nothing.
func (d *document) over(p page, s *sheet) {
	annots := d.array(p.dict["Annots"])
	if len(annots) > maxNodes {
		s.doubt(doubtDamaged)
		return
	}
	for _, o := range annots {
		a := d.dict(o)
		if a == nil {
			continue
		}
		var v []float64
		for _, n := range d.array(a["Rect"]) {
			v = append(v, d.number(n))
		}
		place, ok := boxOf(v)
		switch {
		case d.integer(a["F"])&flagHidden != 0, ok && place.area() == 0:
		case d.name(a["Subtype"]) != "Link" || a["AP"] != nil || d.border(a) > 1:
			s.fault(faultOfForm, "Something was put over the page, such as a note, a stamp or a form field; a certificate has nothing of that kind.")
		default:
			if action := d.dict(a["A"]); d.name(action["S"]) == "URI" {
				s.links = appendOnce(s.links, []string{strings.TrimSpace(d.text(action["URI"]))})
			}
		}
	}
}

// border is how wide the frame of an annotation is drawn (§12.5.4).
func (d *document) border(a types.Dict) float64 {
	if style := d.dict(a["BS"]); style != nil {
		if w, ok := style["W"]; ok {
			return d.number(w)
		}
		return 1
	}
	if b := d.array(a["Border"]); len(b) >= 3 {
		return d.number(b[2])
	}
	return 1
}

// suspect looks at what can make viewers show something else than the page.
func (d *document) suspect(data []byte, s *sheet) {
	form := d.dict(d.catalog["AcroForm"])
	names := d.dict(d.catalog["Names"])
	action := d.dict(d.catalog["OpenAction"]) // an array is a place to begin at
	switch {
	case form["XFA"] != nil, names["JavaScript"] != nil, names["Templates"] != nil, d.catalog["Collection"] != nil, d.catalog["AA"] != nil,
		action != nil && d.name(action["S"]) != "GoTo":
		s.doubt(doubtProgram)
	}
	if d.oddPages || !startsWell(data) {
		s.doubt(doubtFile)
	}
}

var lastXref = regexp.MustCompile(`startxref[\s\x00]+(\d{1,10})[\s\x00]+%%EOF`)

// startsWell reports whether the file begins and ends as it must, so that every
// program takes the same revision of it for the last one (§7.5.5). A file that
// has to be repaired is repaired differently by each.
func startsWell(data []byte) bool {
	tail := data[max(0, len(data)-2048):]
	all := lastXref.FindAllSubmatch(tail, -1)
	if !bytes.HasPrefix(data, []byte("%PDF-")) || len(all) == 0 || bytes.Count(tail, []byte("startxref")) != len(all) {
		return false
	}
	at, err := strconv.Atoi(string(all[len(all)-1][1]))
	if err != nil || at <= 0 || at >= len(data) {
		return false
	}
	return xrefStart.Match(data[at:min(len(data), at+40)])
}

var xrefStart = regexp.MustCompile(`^(xref\s|\d+ \d+ obj\b)`)
