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
// and nothing else. Only the place of an invisible signature, without any extent
// or look, shows nothing.
func (d *document) over(p page, s *sheet) {
	annots := d.array(p.dict["Annots"])
	if len(annots) > maxNodes || annots == nil && p.dict["Annots"] != nil {
		s.doubt(doubtDamaged)
		return
	}
	for _, o := range annots {
		a := d.dict(o)
		if a == nil {
			s.doubt(doubtFile)
			continue
		}
		place, ok := d.rectangle(a["Rect"])
		if !ok || a["AA"] != nil || a["PA"] != nil {
			s.doubt(doubtProgram)
		}
		action := d.dict(a["A"])
		switch kind := d.name(a["Subtype"]); {
		case kind == "Widget" && d.name(a["FT"]) == "Sig" && ok && place.area() == 0 && a["AP"] == nil && a["MK"] == nil:
			if a["Parent"] != nil || a["Kids"] != nil {
				s.doubt(doubtProgram)
			}
		case d.integer(a["F"])&flagHidden != 0:
			s.doubt(doubtProgram) // it can be shown again
		case kind != "Link" || a["AP"] != nil || d.framed(a) || d.name(action["S"]) != "URI":
			s.fault(faultOfForm, "Something was put over the page, such as a note, a stamp or a form field; a certificate has nothing of that kind.")
		default:
			link := strings.TrimSpace(d.text(action["URI"]))
			s.links = appendOnce(s.links, []string{link})
			for key := range a {
				if !ofLink[key] {
					s.doubt(doubtProgram)
				}
			}
			if action["Next"] != nil || action["IsMap"] != nil {
				s.doubt(doubtProgram)
			}
			if a["Contents"] != nil && d.text(a["Contents"]) != link { // shown beside the mouse, and read aloud
				s.doubt(doubtSpoken)
			}
		}
	}
}

// ofLink are the entries that a link may have: they lead nowhere else, and say nothing
// else, than its address.
var ofLink = map[string]bool{
	"Type": true, "Subtype": true, "Rect": true, "Border": true, "BS": true, "C": true, "F": true, "H": true, "A": true, "P": true, "M": true, "NM": true,
	"Contents": true, "AP": true, "StructParent": true,
}

// framed reports whether a frame is drawn round an annotation (§12.5.4). There is
// one unless it is said that there is none.
func (d *document) framed(a types.Dict) bool {
	none := false
	if o := a["BS"]; o != nil {
		w, ok := d.numeric(d.dict(o)["W"])
		if !ok || w != 0 {
			return true
		}
		none = true
	}
	if o := a["Border"]; o != nil {
		b := d.array(o)
		if len(b) < 3 {
			return true
		}
		if w, ok := d.numeric(b[2]); !ok || w != 0 {
			return true
		}
		none = true
	}
	return !none || a["BE"] != nil
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
	if d.catalog["Outlines"] != nil || d.catalog["StructTreeRoot"] != nil {
		s.doubt(doubtSpoken)
	}
	if shown := d.dict(d.catalog["ViewerPreferences"]); d.otherBox(shown) {
		s.doubt(doubtProgram)
	}
	for _, p := range d.pages {
		// Another size, another picture of the page, or a page that goes by itself.
		if unit, ok := d.numeric(p.dict["UserUnit"]); p.dict["UserUnit"] != nil && (!ok || unit != 1) {
			s.doubt(doubtProgram)
		}
		for _, key := range []string{"Thumb", "PresSteps", "Trans", "Dur", "VP", "DPart", "SeparationInfo", "TemplateInstantiated"} {
			if p.dict[key] != nil {
				s.doubt(doubtProgram)
			}
		}
	}
	if d.oddPages || !startsWell(data) || !d.soundly(data) {
		s.doubt(doubtFile)
	}
}

// otherBox reports whether viewers are asked to show or to print another part of the
// page than what is looked at here (§12.2).
func (d *document) otherBox(preferences types.Dict) bool {
	for _, key := range []string{"ViewArea", "ViewClip", "PrintArea", "PrintClip"} {
		if o := preferences[key]; o != nil && d.name(o) != "CropBox" && d.name(o) != "MediaBox" {
			return true
		}
	}
	return false
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
