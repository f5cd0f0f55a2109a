package certificate

import (
	"fmt"
	"io/fs"
	"math"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/testamur/testamur/templates/picture"
	"github.com/testamur/testamur/templates/typeface"
)

// Limits of a design. They leave room beyond what any paper needs, and bound
// the work that a file can cause.
const (
	leastSize = 6.0   // points: smaller type is not read
	mostSize  = 200.0 // points

	leastCode    = 30.0 // mm: what phones read at arm's length
	leastOffline = 40.0 // of the second code, which is finer
	mostOffline  = 44.0

	maxStyles  = 64
	maxBlocks  = 24
	maxParts   = 16 // of a block
	maxTries   = 6
	maxLines   = 8 // of one text
	maxPieces  = 64
	maxImages  = 8
	maxRules   = 32
	maxFonts   = 8
	maxStrands = 12
	maxPetals  = 240
	maxRepeats = 400 // waves along a line, lines of a field
)

// mandatory are the facts without which a page is no certificate (ISO/IEC 17024
// 9.4.8): who holds what by whose decision, under which scheme, from when to
// when, and where that is checked. Code and edition some schemes do not have.
var mandatory = []string{
	FactHolder, FactTitle, FactScope, FactNumber, FactScheme, FactBody,
	FactDecider, FactDecided, FactEffective, FactExpiry, FactLink,
}

// allFacts are those that a design may name.
var allFacts = append([]string{FactCode, FactEdition}, mandatory...)

// resolve checks what a file says, and makes it ready.
func (d *Design) resolve(r *reader, folder fs.FS) {
	s := &d.src
	if s.Format != 1 {
		r.fault("format", "it must be 1, the one format there is")
	}
	if n := utf8.RuneCountInString(s.Title); n == 0 || n > 60 {
		r.fault("title", "it must have 1 to 60 characters")
	}
	checkWords(r, "title", s.Title)
	checkWords(r, "about", s.About)
	for i, id := range s.Schemes {
		if !namePattern.MatchString(id) {
			r.fault(fmt.Sprintf("schemes[%d]", i), "%q is not the id of a scheme", id)
		} else if slices.Index(s.Schemes, id) < i {
			r.fault(fmt.Sprintf("schemes[%d]", i), "%s stands twice", id)
		}
	}
	if s.Orientation != "landscape" && s.Orientation != "portrait" {
		r.fault("orientation", "it must be landscape or portrait")
	}
	if len(s.Sizes) == 0 {
		r.fault("sizes", "it must name one at least, of: A4, Letter")
	}
	for i, size := range s.Sizes {
		size = ParseSize(string(size))
		s.Sizes[i] = size
		if _, _, ok := sheetSize(size, false); !ok {
			r.fault(fmt.Sprintf("sizes[%d]", i), "there is no size %q; there are: A4, Letter", size)
		} else if slices.Index(s.Sizes, size) < i {
			r.fault(fmt.Sprintf("sizes[%d]", i), "%s stands twice", size)
		}
	}
	for i, tag := range s.Languages {
		tag = strings.ToLower(tag)
		s.Languages[i] = tag
		if !slices.Contains(tags, tag) {
			r.fault(fmt.Sprintf("languages[%d]", i), "there is no wording in %q; there is in: %s", tag, joined(tags))
		} else if slices.Index(s.Languages, tag) < i {
			r.fault(fmt.Sprintf("languages[%d]", i), "%s stands twice", tag)
		}
	}
	for _, name := range sortedKeys(s.Inks) {
		if !namePattern.MatchString(name) {
			r.fault("inks."+name, "an ink has a name of a-z, 0-9 and -")
		}
		if !inkPattern.MatchString(s.Inks[name]) {
			r.fault("inks."+name, "it must be written as #rrggbb, as in \"#1b365d\"")
			if d.wrongInks == nil {
				d.wrongInks = map[string]bool{}
			}
			d.wrongInks[name] = true
		}
	}
	d.resolveStyles(r, folder)
	d.resolveWords(r)
	d.resolveOrnament(r)
	d.resolveImages(r, folder)
	if len(s.Rules) > maxRules {
		r.fault("rules", "there are more than %d", maxRules)
	}
	for i := range s.Rules {
		rule := &s.Rules[i]
		place := fmt.Sprintf("rules[%d]", i)
		zero := 0.0
		b := &rule.Box
		across := b.Width == nil && (b.Left == nil) != (b.Right == nil) && !b.Center
		down := b.Height == nil && (b.Top == nil) != (b.Bottom == nil) && !b.Middle
		switch {
		case across == down:
			r.fault(place+".box", "a rule either lies, and has no height, or stands, and has no width")
		case across:
			b.Width = &zero
		default:
			b.Height = &zero
		}
		d.checkBox(r, place+".box", rule.Box)
		d.checkInk(r, place+".ink", rule.Ink)
		within(r, place+".weight", rule.Weight, 0.05, 3)
	}
	d.resolveBlocks(r)
	d.checkSquare(r, "code", s.Code, leastCode, 80)
	if s.Offline != nil {
		d.checkSquare(r, "offline", *s.Offline, leastOffline, mostOffline)
	}
	m := s.Mark
	if !r.clean("mark") {
		return
	}
	d.family(r, folder, "mark.family", m.Family)
	within(r, "mark.size", m.Size, 40, mostSize)
	within(r, "mark.room", m.Room, 80, 330)
	within(r, "mark.track", float64(m.Track), -50, 300)
	within(r, "mark.angle", m.Angle, -90, 90)
	within(r, "mark.weight", m.Weight, 0.05, 2)
	d.checkInk(r, "mark.ink", m.Ink)
	d.checkInk(r, "mark.edge", m.Edge)
}

func within(r *reader, place string, v, least, most float64) bool {
	if v >= least && v <= most {
		return true
	}
	r.fault(place, "it must be from %g to %g, and is %g", least, most, v)
	return false
}

func (d *Design) checkInk(r *reader, place, name string) {
	if _, ok := d.findInk(name); !ok {
		base, _, _ := strings.Cut(name, " ")
		if d.wrongInks[base] {
			return // what is wrong is said there
		}
		if _, known := d.src.Inks[base]; known {
			r.fault(place, "%q is not an ink; its strength is written as in \"%s 40%%\"", name, base)
		} else {
			r.fault(place, "there is no ink %q%s; there are: %s", name, meant(name, sortedKeys(d.src.Inks)), joined(sortedKeys(d.src.Inks)))
		}
	}
}

// checkBox holds a box against every size of paper.
func (d *Design) checkBox(r *reader, place string, b boxSource) bool {
	for _, a := range []struct {
		names           string
		near, far, size *float64
		centred         bool
	}{{"left, right and width", b.Left, b.Right, b.Width, b.Center}, {"top, bottom and height", b.Top, b.Bottom, b.Height, b.Middle}} {
		if _, _, reason := axis(a.near, a.far, a.size, a.centred, 200); reason != "" {
			r.fault(place, "of %s: %s", a.names, reason)
			return false
		}
	}
	for _, size := range d.src.Sizes {
		wide, high, ok := sheetSize(size, d.src.Orientation == "landscape")
		if !ok {
			continue
		}
		if at := b.on(wide, high); at.W < 0 || at.H < 0 || !(Rect{0, 0, wide, high}).holds(at) {
			r.fault(place, "it does not lie on paper of the size %s", size)
			return false
		}
	}
	return true
}

func (d *Design) checkSquare(r *reader, place string, b boxSource, least, most float64) {
	if !d.checkBox(r, place, b) {
		return
	}
	for _, size := range d.src.Sizes {
		wide, high, ok := sheetSize(size, d.src.Orientation == "landscape")
		if !ok {
			continue
		}
		at := b.on(wide, high)
		if math.Abs(at.W-at.H) > 1e-6 {
			r.fault(place, "a QR code is square; on %s it would be %g by %g mm", size, at.W, at.H)
			return
		}
		if !within(r, place, at.W, least, most) {
			return
		}
	}
}

// family opens a family: one of the house, or a font of the design's own, in
// whose place the house serif stands where it lacks a character.
func (d *Design) family(r *reader, folder fs.FS, place, name string) *typeface.Family {
	if f := d.families[name]; f != nil {
		return f
	}
	if d.families == nil {
		d.families = map[string]*typeface.Family{}
	}
	switch name {
	case "serif":
		d.families[name] = typeface.Serif()
	case "italic":
		d.families[name] = typeface.Italic()
	case "sans":
		d.families[name] = typeface.Sans()
	default:
		if !filePattern.MatchString(name) || !strings.HasSuffix(name, ".ttf") {
			r.fault(place, "there is no family %q; there are: serif, italic, sans, and each font of the folder by its name, as in \"Own.ttf\"", name)
			return nil
		}
		if len(d.families) >= maxFonts {
			r.fault(place, "there are more than %d families", maxFonts)
			return nil
		}
		data, err := readFile(folder, d.Name+"/"+name, maxFont)
		if err != nil {
			r.fault(place, "the font %s: %s", name, cause(err))
			return nil
		}
		face, err := typeface.Open(name, data)
		if err != nil {
			r.fault(place, "%v", err)
			return nil
		}
		d.families[name] = typeface.NewFamily(d.Name+"/"+name, face)
	}
	return d.families[name]
}

func (d *Design) resolveStyles(r *reader, folder fs.FS) {
	if len(d.src.Styles) > maxStyles {
		r.fault("styles", "there are more than %d", maxStyles)
		return
	}
	d.styles = map[string]*style{}
	for _, name := range sortedKeys(d.src.Styles) {
		s, place := d.src.Styles[name], "styles."+name
		d.checkInk(r, place+".ink", s.Ink)
		out := &style{family: d.family(r, folder, place+".family", s.Family), ink: d.ink(s.Ink), track: s.Track, leading: s.Leading}
		if out.leading == 0 {
			out.leading = 1.2
		}
		within(r, place+".leading", out.leading, 0.9, 2.5)
		within(r, place+".track", float64(s.Track), -50, 300)
		switch {
		case (s.Size != 0) == (len(s.Tries) > 0):
			r.fault(place, "it must have either a size or tries")
			out.tries = []try{{1, 12, 12}}
		case s.Size != 0:
			within(r, place+".size", s.Size, leastSize, mostSize)
			out.tries = []try{{1, s.Size, s.Size}}
		case len(s.Tries) > maxTries:
			r.fault(place+".tries", "there are more than %d", maxTries)
		}
		for i, t := range s.Tries {
			at := fmt.Sprintf("%s.tries[%d]", place, i)
			within(r, at+".lines", float64(t.Lines), 1, maxLines)
			within(r, at+".from", t.From, leastSize, mostSize)
			within(r, at+".to", t.To, leastSize, mostSize)
			if t.From < t.To {
				r.fault(at, "it begins with the larger size and goes to the smaller one")
			}
			out.tries = append(out.tries, try{t.Lines, t.From, t.To})
		}
		d.styles[name] = out
	}
}

func (d *Design) resolveWords(r *reader) {
	for _, tag := range sortedKeys(d.src.Words) {
		if !slices.Contains(tags, tag) {
			r.fault("words."+tag, "there is no language %q; there are: %s", tag, joined(tags))
			continue
		}
		own := d.src.Words[tag]
		for _, key := range sortedKeys(own) {
			place := "words." + tag + "." + key
			if !slices.Contains(wordKeys, key) {
				r.fault(place, "there is no such text%s; there are: %s", meant(key, wordKeys), strings.Join(wordKeys, ", "))
			}
			if own[key] == "" {
				r.fault(place, "it is empty; leave it out for the usual one")
			}
			checkWords(r, place, own[key])
		}
	}
}

func (d *Design) resolveOrnament(r *reader) {
	if len(d.src.Ornament) > maxPieces {
		r.fault("ornament", "there are more than %d pieces", maxPieces)
		return
	}
	for i := range d.src.Ornament {
		o, place := &d.src.Ornament[i], fmt.Sprintf("ornament[%d]", i)
		takes, ok := kinds[o.Kind]
		if !ok {
			r.fault(place+".kind", "there is no kind %q%s; there are: %s", o.Kind, meant(o.Kind, sortedKeys(kinds)), joined(sortedKeys(kinds)))
			continue
		}
		d.checkInk(r, place+".ink", o.Ink)
		if o.Weight != 0 || !slices.Contains([]string{"frame", "circle", "panel"}, o.Kind) {
			within(r, place+".weight", o.Weight, 0.05, 3)
		}
		v := reflect.ValueOf(o).Elem()
		for k := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(k).Tag.Get("json"), ",")
			if !v.Field(k).IsZero() && !slices.Contains(takes, name) && name != "kind" && name != "ink" && name != "weight" {
				r.fault(place+"."+name, "a piece of the kind %s does not take it; it takes: %s", o.Kind, strings.Join(takes, ", "))
			}
		}
		var box Rect
		if slices.Contains(takes, "box") {
			if o.Box == nil {
				r.fault(place+".box", "it is missing")
				continue
			}
			if !d.checkBox(r, place+".box", *o.Box) {
				continue
			}
		}
		for _, size := range d.src.Sizes {
			wide, high, known := sheetSize(size, d.src.Orientation == "landscape")
			if !known {
				continue
			}
			if o.Box != nil {
				box = o.Box.on(wide, high)
			}
			if !o.check(r, place, wide, high, box) {
				break
			}
		}
	}
}

// check holds the measures of a piece against a page.
func (o *ornamentSource) check(r *reader, place string, wide, high float64, box Rect) bool {
	before := len(r.faults)
	limit := func(name string, v, least, most float64) { within(r, place+"."+name, v, least, most) }
	room := min(wide, high) / 2
	switch o.Kind {
	case "frame":
		limit("inset", o.Inset, 3, room-10)
		limit("radius", o.Radius, 0, room-o.Inset)
		limit("notch", o.Notch, 0, room-o.Inset)
	case "waves":
		limit("inset", o.Inset, 3, room-10)
		limit("radius", o.Radius, 0.5, room-o.Inset)
		limit("wave", o.Wave, (2*wide+2*high)/maxRepeats, 100)
		limit("high", o.High, 0.1, 20)
		limit("strands", float64(o.Strands), 1, maxStrands)
		limit("second", o.Second, 0, 1)
	case "ring":
		limit("petals", float64(o.Petals), 2, maxPetals)
		limit("strands", float64(o.Strands), 1, maxStrands)
		limit("from", o.From, 0, 1)
		limit("to", o.To, 0, 1)
	case "circle":
		limit("to", o.To, 0.01, 1)
	case "rays":
		limit("lines", float64(o.Lines), 1, maxRepeats)
		limit("from", o.From, 0, 1)
		limit("to", o.To, 0, 1)
	case "band":
		limit("wave", o.Wave, max(box.W, box.H)/maxRepeats, 400)
		limit("strands", float64(o.Strands), 1, maxStrands)
		limit("second", o.Second, 0, 1)
	case "field":
		limit("wave", o.Wave, box.W/100, 400)
		limit("high", o.High, 0.1, box.H/2)
		limit("lines", float64(o.Lines), 1, 200)
		limit("second", o.Second, 0, 1)
	case "corners":
		limit("inset", o.Inset, 3, room)
		limit("high", o.High, 1, room-o.Inset)
		limit("lines", float64(o.Lines), 1, 60)
		if motifs[o.Motif] == nil {
			r.fault(place+".motif", "there is no motif %q; there are: %s", o.Motif, joined(sortedKeys(motifs)))
		}
	}
	return len(r.faults) == before
}

func (d *Design) resolveImages(r *reader, folder fs.FS) {
	if len(d.src.Images) > maxImages {
		r.fault("images", "there are more than %d", maxImages)
		return
	}
	d.pictures = map[string]*picture.Picture{}
	for i, image := range d.src.Images {
		place := fmt.Sprintf("images[%d]", i)
		if !slices.Contains([]string{"logo", "seal", "signature"}, image.Role) {
			r.fault(place+".role", "it must be logo, seal or signature")
		}
		checkAlign(r, place+".align", image.Align)
		d.checkBox(r, place+".box", image.Box)
		if !filePattern.MatchString(image.File) || strings.HasSuffix(image.File, ".ttf") {
			r.fault(place+".file", "%q is not the name of a picture in the folder of the design; it has letters of a-z, digits, - and _, and ends in .png, .jpg, .jpeg, .gif or .webp, as in \"logo.png\"; rename the file", image.File)
			continue
		}
		if d.pictures[image.File] != nil {
			continue
		}
		data, err := readFile(folder, d.Name+"/"+image.File, maxPicture)
		var p *picture.Picture
		if err == nil {
			p, err = picture.Decode(data, picture.Limits{})
		}
		if err != nil {
			r.fault(place+".file", "the picture %s: %s", image.File, cause(err))
			continue
		}
		d.pictures[image.File] = p
	}
}

func checkAlign(r *reader, place, align string) {
	if !slices.Contains([]string{"", "start", "center", "end"}, align) {
		r.fault(place, "it must be start, center or end")
	}
}

func (d *Design) resolveBlocks(r *reader) {
	if len(d.src.Blocks) == 0 || len(d.src.Blocks) > maxBlocks {
		r.fault("blocks", "there must be 1 to %d", maxBlocks)
		return
	}
	seen := map[string]string{}
	names := map[string]bool{}
	for i, b := range d.src.Blocks {
		place := fmt.Sprintf("blocks[%d]", i)
		if !namePattern.MatchString(b.Name) {
			r.fault(place+".name", "it must be of a-z, 0-9 and -")
		} else if names[b.Name] {
			r.fault(place+".name", "there are two blocks %q", b.Name)
		}
		names[b.Name] = true
		d.checkBox(r, place+".box", b.Box)
		checkAlign(r, place+".align", b.Align)
		if b.Stretch != nil {
			within(r, place+".stretch[0]", b.Stretch[0], 0.3, 1)
			within(r, place+".stretch[1]", b.Stretch[1], 1, 4)
		}
		within(r, place+".spring", b.Spring, 0, 10)
		if len(b.Parts) == 0 || len(b.Parts) > maxParts {
			r.fault(place+".parts", "there must be 1 to %d", maxParts)
			continue
		}
		for k, p := range b.Parts {
			d.checkPart(r, fmt.Sprintf("%s.parts[%d]", place, k), p, seen)
		}
	}
	for _, fact := range mandatory {
		if seen[fact] == "" {
			r.fault("blocks", "no part shows the fact %q, which every certificate must show (ISO/IEC 17024 9.4.8)", fact)
		}
	}
	for _, key := range []string{wordIntro, wordPhrase, wordCheck} {
		if seen["words "+key] == "" {
			r.fault("blocks", "no part shows the words %q, which every certificate must show", key)
		}
	}
	if seen["words "+wordSpecimenNote] == "" {
		r.fault("blocks", "no part shows the words %q, by which a specimen says what it is", wordSpecimenNote)
	}
	if d.src.Offline != nil && seen["words "+wordOffline] == "" {
		r.fault("blocks", "no part shows the words %q beside the second QR code", wordOffline)
	}
}

func (d *Design) checkPart(r *reader, place string, p partSource, seen map[string]string) {
	given := 0
	for _, is := range []bool{p.Fact != "", p.Words != "", p.Text != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		r.fault(place, "it must have one of fact, words and text")
	}
	checkStyle := func(name, style string) {
		if d.styles[style] == nil {
			r.fault(place+"."+name, "there is no style %q%s; there are: %s", style, meant(style, sortedKeys(d.styles)), joined(sortedKeys(d.styles)))
		}
	}
	checkStyle("style", p.Style)
	if p.Second != "" {
		checkStyle("second", p.Second)
	}
	within(r, place+".gap", p.Gap, 0, 200)
	within(r, place+".stretch", p.Grow, 0, 100)
	within(r, place+".spring", p.Spring, 0, 10)
	within(r, place+".labelGap", p.LabelGap, 0, 20)
	once := func(what, key string) {
		if seen[key] != "" {
			r.fault(place, "%s stands at %s already", what, seen[key])
		}
		seen[key] = place
	}
	when := append([]string{whenSpecimen, whenExpires, whenLasts, whenOffline}, allFacts...)
	if p.When != "" && !slices.Contains(when, p.When) {
		r.fault(place+".when", "it must be one of: %s", strings.Join(when, ", "))
	}
	switch {
	case p.Fact != "":
		if !slices.Contains(allFacts, p.Fact) {
			r.fault(place+".fact", "there is no fact %q%s; there are: %s", p.Fact, meant(p.Fact, allFacts), strings.Join(allFacts, ", "))
			return
		}
		once("the fact "+p.Fact, p.Fact)
		if p.When != "" && p.When != p.Fact {
			r.fault(place+".when", "a fact stands on every certificate that has it")
		}
	case p.Words != "":
		if p.Words != wordPhrase && (!slices.Contains(wordKeys, p.Words) || p.Words == wordQualified || p.Words == wordCertified) {
			r.fault(place+".words", "there is no such text%s; there are: phrase, %s", meant(p.Words, wordKeys), strings.Join(wordKeys, ", "))
			return
		}
		once("the text "+p.Words, "words "+p.Words)
		// What a text depends on follows from what it says.
		for words, only := range map[string]string{wordSpecimenNote: whenSpecimen, wordOffline: whenOffline, wordIntro: "", wordPhrase: "", wordCheck: ""} {
			if p.Words == words && p.When != only {
				r.fault(place+".when", "for the words %q it must be %q", words, only)
			}
		}
	default:
		for _, tag := range sortedKeys(p.Text) {
			if !slices.Contains(tags, tag) {
				r.fault(place+".text."+tag, "there is no language %q; there are: %s", tag, joined(tags))
			}
			checkWords(r, place+".text."+tag, p.Text[tag])
		}
		languages := d.src.Languages
		if len(languages) == 0 {
			languages = tags
		}
		for _, tag := range languages {
			if p.Text[tag] == "" {
				r.fault(place+".text", "it is missing in %q", tag)
			}
		}
	}
	if p.Label != "" {
		if !slices.Contains(wordKeys, p.Label) {
			r.fault(place+".label", "there is no such text%s; there are: %s", meant(p.Label, wordKeys), strings.Join(wordKeys, ", "))
		}
		if p.Fact == "" {
			r.fault(place+".label", "a label belongs to a fact")
		} else if p.Label != p.Fact {
			r.fault(place+".label", "the label of the fact %s is %q", p.Fact, p.Fact)
		}
		checkStyle("labelStyle", p.LabelStyle)
	}
}
