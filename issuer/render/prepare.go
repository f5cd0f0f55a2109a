package render

import (
	"bytes"
	"crypto/sha256"
	"encoding"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jung-kurt/gofpdf"

	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/templates/typeface"
)

// prepared is the part of a document that is the same for all certificates of
// one design, size and language: its ornament, pictures and fonts, drawn once by
// gofpdf. It is read, never written to.
type prepared struct {
	prefix  []byte // the header of the document, and its first objects
	offsets []int  // where each lies, from object 1 on
	xref    []byte // their entries in the cross-reference

	content  int                      // number of the content stream of the ornament and the pictures
	pictures []byte                   // the entries of the pictures and the wording among the resources
	wording  map[*typeface.Run]string // what of the fixed wording is drawn by its outlines, by the name of its drawing
	fonts    map[*typeface.Face]*font
	list     []*font // in the order of their names

	hashed []byte // the state of SHA-256 after the prefix
}

// A font is a face with those of its characters that were prepared.
type font struct {
	name   string // among the resources
	number int
	low    [0x250]int16 // widths in thousandths of an em, as the document has them; -1: not prepared
	others map[rune]int16
}

// width is how far a character moves what follows it, and whether it was
// prepared.
func (f *font) width(r rune) (int, bool) {
	if r >= 0 && int(r) < len(f.low) {
		return int(f.low[r]), f.low[r] >= 0
	}
	w, ok := f.others[r]
	return int(w), ok
}

// wideFacts are the facts that may hold any letter; the others are codes and
// addresses, in ASCII.
var wideFacts = []string{certificate.FactHolder, certificate.FactTitle, certificate.FactScope, certificate.FactScheme,
	certificate.FactEdition, certificate.FactBody, certificate.FactDecider}

// characters chooses what to prepare for pages of one kind: for each face in
// which facts are set the letters of the alphabets given, for the others those
// of the fixed wording. A character that is missed is drawn all the same, by its
// outlines.
//
// It also lists those runs of the fixed wording that are drawn by their outlines
// whatever is prepared.
func characters(d *certificate.Design, s certificate.Style, letters alphabets) (map[*typeface.Face]map[rune]bool, []*typeface.Run, error) {
	var drawn []*typeface.Run
	chars := map[*typeface.Face]map[rune]bool{}
	wide, ascii := map[*typeface.Face]bool{}, map[*typeface.Face]bool{}
	note := func(t certificate.Text) {
		for i := range t.Line.Runs {
			r := &t.Line.Runs[i]
			if !r.Plain {
				if t.Fact == "" && !slices.Contains(drawn, r) {
					drawn = append(drawn, r)
				}
				continue
			}
			if chars[r.Face] == nil {
				chars[r.Face] = map[rune]bool{}
			}
			for _, g := range r.Glyphs {
				chars[r.Face][g.Char] = true
			}
			switch {
			case slices.Contains(wideFacts, t.Fact):
				wide[r.Face] = true
			case t.Fact == certificate.FactCode, t.Fact == certificate.FactNumber, t.Fact == certificate.FactLink:
				ascii[r.Face] = true
			}
		}
	}
	for month := time.January; month <= time.December; month++ {
		for _, lasting := range []bool{false, true} {
			day := certificate.Day{Year: 1234 + 4444*int(month&1), Month: month, Day: 9 + int(month)}
			later := certificate.Day{Year: 7690, Month: month, Day: 9 + int(month)}
			f := certificate.Facts{Holder: "Sample", Title: "Sample", Code: "S", Number: "1", Scope: "Sample", Scheme: "Sample",
				Edition: "1", Body: "Sample", Decider: "Sample", Decided: day, Effective: day, Specimen: true,
				Link: "https://a.example/", Offline: true}
			if !lasting {
				f.Expires = &later
			}
			page, err := d.Set(f, s)
			if err != nil {
				return nil, nil, err
			}
			for _, t := range page.Texts {
				note(t)
			}
			if page.Mark != nil {
				mark := page.Mark.Text
				mark.Fact = "mark" // drawn with an edge of its own
				note(mark)
			}
		}
	}
	for face, set := range chars {
		alone := &typeface.Family{Faces: []*typeface.Face{face}}
		add := func(r rune) {
			line, err := alone.Set(string(r), typeface.Options{})
			if err == nil && len(line.Runs) == 1 && line.Runs[0].Plain && line.Runs[0].Face == face {
				set[r] = true
			}
		}
		if wide[face] || ascii[face] {
			for r := rune(' '); r < 0x7F; r++ {
				add(r)
			}
		}
		if wide[face] {
			for _, r := range commonSigns {
				add(r)
			}
			for r := range letters.all() {
				add(r)
			}
		}
	}
	return chars, drawn, nil
}

// newPDF begins a document of gofpdf's, with nothing left to chance.
func newPDF(wide, high float64) *gofpdf.Fpdf {
	pdf := gofpdf.NewCustom(&gofpdf.InitType{OrientationStr: "P", UnitStr: "mm", Size: gofpdf.SizeType{Wd: wide, Ht: high}})
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(time.Unix(0, 0).UTC())
	pdf.SetModificationDate(time.Unix(0, 0).UTC())
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetMargins(0, 0, 0)
	return pdf
}

// fix draws what is the same on every page.
func fix(pdf *gofpdf.Fpdf, drawings []certificate.Drawing, images []certificate.Image, high float64) {
	var s stream
	s.drawings(drawings, high)
	if len(s) > 0 {
		pdf.RawWriteStr(string(bytes.TrimSuffix(s, []byte("\n"))))
	}
	for i, im := range images {
		name, options := fmt.Sprintf("%d %s", i, im.File), gofpdf.ImageOptions{ImageType: "PNG"}
		pdf.RegisterImageOptionsReader(name, options, bytes.NewReader(im.Picture))
		pdf.ImageOptions(name, im.X, im.Y, im.W, im.H, false, options, 0, "")
	}
}

var (
	pageContents = regexp.MustCompile(`^<</Type /Page\n[^\x00]*/Contents (\d+) 0 R>>$`)
	fontEntry    = regexp.MustCompile(`/F([0-9a-f]+) (\d+) 0 R\n`)
	pictureEntry = regexp.MustCompile(`/I([0-9a-f]+) (\d+) 0 R\n`)
	fontDict     = regexp.MustCompile(`^<</Type /Font\n/Subtype /Type0\n/BaseFont /utf8face(\d+)\n/Encoding /Identity-H\n/DescendantFonts \[(\d+) 0 R\]\n/ToUnicode (\d+) 0 R>>$`)
)

// prepare draws the fixed part of pages like the one given.
func prepare(page *certificate.Page, letters alphabets) (_ *prepared, err error) {
	defer recovered("preparing the design", &err)
	style := certificate.Style{Design: page.Design.Name, Size: page.Size, Languages: page.Languages}
	chars, drawn, err := characters(page.Design, style, letters)
	if err != nil {
		return nil, fmt.Errorf("setting a sample: %w", err)
	}
	return prepareWith(page, chars, drawn)
}

// prepareWith draws the fixed part with the given characters of each face.
func prepareWith(page *certificate.Page, chars map[*typeface.Face]map[rune]bool, drawn []*typeface.Run) (*prepared, error) {
	var faces []*typeface.Face
	for face := range chars {
		faces = append(faces, face)
	}
	slices.SortFunc(faces, func(a, b *typeface.Face) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return bytes.Compare(a.Data, b.Data)
	})

	// Page 1 is what is kept. Page 2 tells gofpdf which characters to embed.
	pdf := newPDF(page.Wide, page.High)
	pdf.AddPage()
	fix(pdf, page.Drawings, page.Images, page.High)
	pdf.AddPage()
	p := &prepared{fonts: map[*typeface.Face]*font{}}
	var sets []string
	for i, face := range faces {
		var set []rune
		for r := range chars[face] {
			set = append(set, r)
		}
		slices.Sort(set)
		if len(set) == 0 || set[len(set)-1] > 0xFFFF {
			return nil, fmt.Errorf("font %s: characters that gofpdf does not embed", face.Name)
		}
		sets = append(sets, string(set))
		family := "face" + strconv.Itoa(i)
		pdf.AddUTF8FontFromBytes(family, "", bytes.Clone(face.Data)) // it has been seen to write into the font it was given
		pdf.SetFont(family, "", 10)
		pdf.Text(10, 10, string(set))
		f := &font{name: "F" + strconv.Itoa(i+1), others: map[rune]int16{}}
		for r := range f.low {
			f.low[r] = -1
		}
		for _, r := range set {
			w := pdf.GetStringSymbolWidth(string(r))
			if w < 0 || w > 30000 {
				return nil, fmt.Errorf("font %s: %q is %d wide", face.Name, r, w)
			}
			if int(r) < len(f.low) {
				f.low[r] = int16(w)
			} else {
				f.others[r] = int16(w)
			}
		}
		p.fonts[face] = f
		p.list = append(p.list, f)
	}
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		return nil, err
	}
	if err := pdf.Error(); err != nil { // gofpdf keeps its first error to itself until asked
		return nil, err
	}
	parts, err := readParts(out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("gofpdf wrote another document than expected: %w", err)
	}
	if err := p.keep(parts, faces, sets, drawn); err != nil {
		return nil, fmt.Errorf("gofpdf wrote another document than expected: %w", err)
	}
	return p, nil
}

// keep takes over the objects that every certificate needs.
func (p *prepared) keep(parts map[int]part, faces []*typeface.Face, sets []string, drawn []*typeface.Run) error {
	number := func(b []byte) int {
		n, err := strconv.Atoi(string(b))
		if err != nil {
			return 0
		}
		return n
	}
	first := 0 // the number of page 1
	for n := range parts {
		if pageContents.Match(parts[n].dict) && (first == 0 || n < first) {
			first = n
		}
	}
	if first == 0 {
		return errors.New("no page")
	}
	content := number(pageContents.FindSubmatch(parts[first].dict)[1])
	if parts[content].stream == nil {
		return errors.New("no content of the page")
	}
	roots := []int{content}
	names := make([]string, len(faces)) // of the fonts in the document
	numbers := make([]int, len(faces))
	for _, m := range fontEntry.FindAllSubmatch(parts[2].dict, -1) {
		n := number(m[2])
		d := fontDict.FindSubmatch(parts[n].dict)
		if d == nil {
			return fmt.Errorf("object %d is no font", n)
		}
		i := number(d[1])
		if i >= len(faces) || numbers[i] != 0 {
			return fmt.Errorf("a font too many")
		}
		sum := sha256.Sum256([]byte(faces[i].Name + "\n" + sets[i]))
		numbers[i], names[i] = n, subsetName(faces[i].Name, sum)
	}
	if i := slices.Index(numbers, 0); i >= 0 {
		return fmt.Errorf("font %s is missing", faces[i].Name)
	}
	roots = append(roots, numbers...)
	pictures := pictureEntry.FindAllSubmatch(parts[2].dict, -1)
	for _, m := range pictures {
		roots = append(roots, number(m[2]))
	}

	// All that these need, in the order of first mention, under new numbers.
	renumbered, leaves := map[int]int{}, map[string]int{}
	var order []int
	for len(roots) > 0 {
		n := roots[0]
		roots = roots[1:]
		if renumbered[n] != 0 {
			continue
		}
		o, ok := parts[n]
		if !ok {
			return fmt.Errorf("object %d is missing", n)
		}
		if bytes.Contains(o.dict, []byte("/Parent")) {
			return fmt.Errorf("object %d belongs to a page", n)
		}
		var inner []int
		for _, m := range anyRef.FindAllSubmatch(o.dict, -1) {
			inner = append(inner, number(m[1]))
		}
		if len(inner) == 0 {
			like := string(o.dict) + "\n" + string(o.stream)
			if same := leaves[like]; same != 0 { // gofpdf writes some for each font
				renumbered[n] = same
				continue
			}
			leaves[like] = len(order) + 1
		}
		order = append(order, n)
		renumbered[n] = len(order)
		roots = append(inner, roots...)
	}
	p.prefix = []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	for i, n := range order {
		o, err := parts[n].trimmed()
		if err == nil {
			o, err = o.packed()
		}
		if err != nil {
			return fmt.Errorf("object %d: %w", n, err)
		}
		dict := anyRef.ReplaceAllFunc(o.dict, func(ref []byte) []byte {
			return fmt.Appendf(nil, "%d 0 R", renumbered[number(ref[:bytes.IndexByte(ref, ' ')])])
		})
		for k, name := range names {
			dict = regexp.MustCompile(fmt.Sprintf(`/utf8face%d\b`, k)).ReplaceAllLiteral(dict, []byte("/"+name))
		}
		p.offsets = append(p.offsets, len(p.prefix))
		p.prefix = fmt.Appendf(p.prefix, "%d 0 obj\n%s\n", i+1, dict)
		if o.stream != nil {
			p.prefix = append(append(append(p.prefix, "stream\n"...), o.stream...), "\nendstream\n"...)
		}
		p.prefix = append(p.prefix, "endobj\n"...)
	}
	p.content = renumbered[content]
	for i, f := range p.list {
		f.number = renumbered[numbers[i]]
	}
	for _, m := range pictures {
		p.pictures = fmt.Appendf(p.pictures, "/I%s %d 0 R ", m[1], renumbered[number(m[2])])
	}
	p.wording = map[*typeface.Run]string{}
	for _, r := range drawn {
		var s stream
		s.glyphs(r, 0, false)
		if len(s) == 0 {
			continue
		}
		name, n := fmt.Sprintf("W%d", len(p.wording)+1), len(p.offsets)+1
		p.wording[r] = name
		p.pictures = fmt.Appendf(p.pictures, "/%s %d 0 R ", name, n)
		p.offsets = append(p.offsets, len(p.prefix))
		box := boxOf(r)
		p.prefix = fmt.Appendf(p.prefix, "%d 0 obj\n<</Type /XObject /Subtype /Form /BBox [%d %d %d %d] /Resources <<>> /Filter /FlateDecode /Length ", n, box[0], box[1], box[2], box[3])
		packed := deflated(s)
		p.prefix = fmt.Appendf(p.prefix, "%d>>\nstream\n%s\nendstream\nendobj\n", len(packed), packed)
	}
	for _, at := range p.offsets {
		p.xref = fmt.Appendf(p.xref, "%010d 00000 n \n", at)
	}
	h := sha256.New()
	h.Write(p.prefix)
	state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	p.hashed = state
	return err
}

// boxOf is a box round the outlines of a run, in thousandths of an em.
func boxOf(r *typeface.Run) [4]int {
	box := [4]float64{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, g := range r.Glyphs {
		for _, s := range r.Face.Outline(g.ID) {
			points := s.P[:1]
			if s.Op == typeface.CubeTo {
				points = s.P[:]
			}
			for _, p := range points {
				x, y := p.X+float64(g.X), p.Y+float64(g.Y)
				box = [4]float64{min(box[0], x), min(box[1], y), max(box[2], x), max(box[3], y)}
			}
		}
	}
	return [4]int{int(box[0]) - 2, int(box[1]) - 2, int(box[2]) + 2, int(box[3]) + 2}
}

// subsetName is the name of a font of which a document has a part (ISO 32000-1
// §9.6.4): six letters that tell it from other parts, and that of the font.
func subsetName(file string, sum [32]byte) string {
	var b strings.Builder
	for _, c := range sum[:6] {
		b.WriteByte('A' + c%26)
	}
	b.WriteByte('+')
	name, _, _ := strings.Cut(file, ".ttf")
	for _, r := range name {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '-' {
			b.WriteRune(r)
		}
	}
	return b.String()
}
