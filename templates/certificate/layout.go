package certificate

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/testamur/testamur/templates/typeface"
)

// form is a design in one size and in the languages of its wording: everything
// that can be known before the facts are.
type form struct {
	design     *Design
	size       Size
	tags       []string
	languages  []*wording
	mirrored   bool
	wide, high float64
	fixed      *Fixed
	blocks     []block
	rules      []Rule
	mark       *Mark
	code       Square
	offline    *Square
	taken      []named // where no text may reach: codes, pictures, rules
	kept       kept
}

// named is a place, and what to call it.
type named struct {
	name string
	Rect
}

// block is a place with texts below one another.
type block struct {
	name    string
	place   Rect
	align   alignment
	stretch [2]float64
	items   []*item
	spring  float64 // beneath the last item
}

type alignment int8

const (
	left alignment = iota
	middle
	right
)

// item is one text of a block, of one line or several.
type item struct {
	slot
	kind                 itemKind
	when                 string
	gap, stretch, spring float64
	part                 part
	label                bool     // of a fact
	language             *wording // of a day
	fixed                *fitted  // of wording
	otherwise            *fitted  // of a certificate that expires, where that matters
	highest              float64  // of a day: as high as any day makes it
}

// part says which one of which block an item is of, counted as in the file.
type part struct{ block, part int }

func (p part) String() string { return fmt.Sprintf("blocks[%d].parts[%d]", p.block, p.part) }

type itemKind int8

const (
	itemWords  itemKind = iota
	itemPhrase          // wording that depends on whether the certificate expires
	itemText            // a fact as it was signed
	itemDay             // a fact that is a day
)

// What a part may depend on.
const (
	whenSpecimen = "specimen"
	whenExpires  = "expires"
	whenLasts    = "lasts" // does not expire
	whenOffline  = "offline"
)

// maxTexts is more than the texts of any page of ours; one with more only costs
// an allocation.
const maxTexts = 48

// second is how much smaller the second language of a bilingual certificate is
// set, and secondGap what is between the two, of its size; so much more as
// secondStretch where gaps stretch.
const (
	second        = 0.72
	secondGap     = 0.42
	secondStretch = 0.22
)

// text returns a fact as it was signed, and whether there is one by that name.
func (f *Facts) text(fact string) string {
	switch fact {
	case FactHolder:
		return f.Holder
	case FactTitle:
		return f.Title
	case FactCode:
		return f.Code
	case FactNumber:
		return f.Number
	case FactScope:
		return f.Scope
	case FactScheme:
		return f.Scheme
	case FactEdition:
		return f.Edition
	case FactBody:
		return f.Body
	case FactDecider:
		return f.Decider
	case FactLink:
		return f.Link
	}
	return ""
}

// has reports whether there is something to print under the name of a fact.
func (f *Facts) has(fact string) bool {
	switch fact {
	case FactDecided, FactEffective, FactExpiry:
		return true
	}
	return f.text(fact) != ""
}

// shown reports whether an item stands on the page.
func (i *item) shown(f *Facts) bool {
	switch i.when {
	case "":
		return i.kind != itemText || f.text(i.fact) != ""
	case whenSpecimen:
		return f.Specimen
	case whenExpires:
		return f.Expires != nil
	case whenLasts:
		return f.Expires == nil
	case whenOffline:
		return f.Offline
	}
	return f.has(i.when)
}

// want is the text of an item.
func (i *item) want(f *Facts) string {
	switch i.kind {
	case itemText:
		return f.text(i.fact)
	case itemDay:
		switch i.fact {
		case FactDecided:
			return i.language.day(f.Decided)
		case FactEffective:
			return i.language.day(f.Effective)
		}
		return i.language.expiry(f.Expires)
	case itemPhrase:
		if f.Expires != nil {
			return i.otherwise.text
		}
	}
	return i.fixed.text
}

// set sets an item.
func (w *form) set(i *item, f *Facts) (*fitted, error) {
	switch {
	case i.kind == itemPhrase && f.Expires != nil:
		return i.otherwise, nil
	case i.kind == itemPhrase || i.kind == itemWords:
		return i.fixed, nil
	}
	text := i.want(f)
	if found := w.kept.get(i, text); found != nil {
		return found, nil
	}
	rtl := false
	if i.kind == itemDay {
		rtl = i.language.rtl()
	} else {
		rtl = rtlText(text)
	}
	set, err := i.fit(text, rtl)
	if err != nil {
		return nil, err
	}
	w.kept.put(i, text, set)
	return set, nil
}

// page puts the facts in their places.
func (w *form) page(f *Facts) (*Page, error) {
	p := &Page{
		Design: w.design, Size: w.size, Languages: w.tags, Mirrored: w.mirrored, Wide: w.wide, High: w.high,
		Fixed: w.fixed, Drawings: w.fixed.Drawings, Images: w.fixed.Images,
		Rules: w.rules, Code: w.code, Texts: make([]Text, 0, maxTexts),
		Links: append(make([]Rect, 0, 2), Rect{w.code.X, w.code.Y, w.code.Side, w.code.Side}),
	}
	if f.Specimen {
		p.Mark = w.mark
	}
	if f.Offline {
		p.Offline = w.offline
	}
	t := scratches.Get().(*scratch)
	defer scratches.Put(t)
	defer func() { clear(t.lines) }()
	t.lines = t.lines[:0]
	for b := range w.blocks {
		if err := w.lay(p, t, &w.blocks[b], f); err != nil {
			return nil, err
		}
	}
	if err := w.collides(p, t, false); err != nil {
		return nil, err
	}
	return p, nil
}

// rows sets the texts of a block that stand on the page.
func (w *form) rows(rows []row, b *block, f *Facts) ([]row, error) {
	for _, i := range b.items {
		if !i.shown(f) {
			continue
		}
		set, err := w.set(i, f)
		if err != nil {
			return nil, err
		}
		r := row{item: i, set: set, own: i.gap + set.size*Point*capital}
		if n := len(rows); n > 0 {
			above := &rows[n-1]
			last := len(above.set.lines) - 1
			r.least = least(above.set.lines[last], set.lines[0], above.set.ink[last], set.ink[0],
				above.begins(above.set.lines[last], above.set.size), i.begins(set.lines[0], set.size), above.set.size, set.size, r.own+i.stretch*b.stretch[0])
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// spacing is by how much the gaps of a block stretch, and how much a spring gets
// of what is left then.
func (b *block) spacing(rows []row) (stretch, share float64) {
	var high, gaps float64
	springs := b.spring
	for n := range rows {
		r := &rows[n]
		high += r.high(len(r.set.lines), r.set.size) + r.set.farther()
		if r.held {
			high += r.least - r.set.size*Point*capital
			continue
		}
		high += r.gap
		gaps += r.item.stretch
		springs += r.spring
	}
	room := b.place.H - high
	stretch = 1
	if gaps > 0 {
		stretch = min(max(room/gaps, b.stretch[0]), b.stretch[1])
	}
	if springs > 0 {
		share = max(0, room-gaps*stretch) / springs
	}
	return stretch, share
}

// height is how high the texts of a block are, and whether any of them stands
// farther from the one above than the design says.
func (b *block) height(rows []row, stretch float64) (high float64, tight bool) {
	for n := range rows {
		r := &rows[n]
		more := r.set.farther()
		high += r.high(len(r.set.lines), r.set.size) + more
		if r.held {
			high += r.least - r.set.size*Point*capital
		} else {
			high += r.gap + r.item.stretch*stretch
		}
		tight = tight || r.held || more > 0
	}
	return high, tight
}

// lay sets the texts of a block below one another. What is left of its height
// goes to the gaps that stretch, and then to the springs. A text whose ink would
// reach the one above stands as much lower as it needs, where there is room.
func (w *form) lay(p *Page, t *scratch, b *block, f *Facts) error {
	var space [16]row
	rows, err := w.rows(space[:0], b, f)
	if err != nil {
		return err
	}
	stretch, share := b.spacing(rows)
	for again := true; again; {
		again = false
		for n := range rows {
			if r := &rows[n]; !r.held && r.lack(stretch, share) > 0 {
				r.held, again = true, true
			}
		}
		if again {
			stretch, share = b.spacing(rows)
		}
	}
	if high, tight := b.height(rows, stretch); tight && high > b.place.H+0.01 {
		return w.crowded(b, rows)
	}
	y := b.place.Y
	for n := range rows {
		r := &rows[n]
		i, set := r.item, r.set
		switch {
		case r.held:
			y += r.least - set.size*Point*capital
		default:
			y += i.gap + i.stretch*stretch
			y += i.spring * share
		}
		top := y
		y += set.size * Point * capital
		for k, one := range set.lines {
			if k > 0 {
				y += set.size * Point * i.leading
			}
			if set.more != nil {
				y += set.more[k]
			}
			line := Text{Line: one, Size: set.size, Ink: i.ink, X: round(b.place.X + i.begins(one, set.size)), Y: round(y)}
			if i.kind == itemText || i.kind == itemDay {
				line.Fact = i.fact
			}
			p.Texts = append(p.Texts, line)
			t.lines = append(t.lines, inked{item: i, set: set, box: set.ink[k].box(line.X, line.Y, line.Size), line: k, at: line, from: b})
		}
		if i.fact == FactLink && i.kind == itemText {
			p.Links = append(p.Links, Rect{b.place.X, top - 1, b.place.W, y - top + 2})
		}
	}
	return nil
}

// newForm resolves a design for one size and languages.
func (d *Design) newForm(size Size, tags []string) (*form, error) {
	languages, err := d.wordings(tags)
	if err != nil {
		return nil, err
	}
	mirrored := languages[0].rtl()
	fixed, err := d.Fixed(size, mirrored)
	if err != nil {
		return nil, err
	}
	w := &form{design: d, size: size, tags: tags, languages: languages, mirrored: mirrored, wide: fixed.Wide, high: fixed.High, fixed: fixed}
	square := func(b boxSource) Square {
		r := w.place(b)
		return Square{r.X, r.Y, r.W}
	}
	w.code = square(d.src.Code)
	if d.src.Offline != nil {
		s := square(*d.src.Offline)
		w.offline = &s
	}
	for _, r := range d.src.Rules {
		at := w.place(r.Box)
		w.rules = append(w.rules, Rule{at.X, at.Y, round(at.X + at.W), round(at.Y + at.H), r.Weight, d.ink(r.Ink)})
	}
	w.taken = append(w.taken, named{"the QR code", Rect{w.code.X, w.code.Y, w.code.Side, w.code.Side}})
	for _, i := range fixed.Images {
		w.taken = append(w.taken, named{"the " + i.Role, i.Rect})
	}
	for _, r := range w.rules {
		w.taken = append(w.taken, named{"a rule", r.box()})
	}
	for n, b := range d.src.Blocks {
		one, err := w.newBlock(n, b)
		if err != nil {
			return nil, err
		}
		w.blocks = append(w.blocks, one)
	}
	return w, w.newMark()
}

// box is what a rule covers.
func (r Rule) box() Rect {
	return Rect{min(r.X1, r.X2) - r.Wide/2, min(r.Y1, r.Y2) - r.Wide/2, math.Abs(r.X2-r.X1) + r.Wide, math.Abs(r.Y2-r.Y1) + r.Wide}
}

func (w *form) place(b boxSource) Rect {
	r := b.on(w.wide, w.high)
	if w.mirrored {
		r = r.mirror(w.wide)
	}
	return r
}

func (w *form) newBlock(index int, b blockSource) (block, error) {
	out := block{name: b.Name, place: w.place(b.Box), spring: b.Spring, stretch: [2]float64{1, 1}}
	if b.Stretch != nil {
		out.stretch = *b.Stretch
	}
	switch {
	case b.Align == "center":
		out.align = middle
	case (b.Align == "end") != w.mirrored:
		out.align = right
	}
	// Where the fixed wording of two languages is too much for the block, it is
	// set smaller, as far as its styles allow.
	parts := make([][]*item, len(b.Parts))
	for less := 0.0; ; less += 0.5 {
		out.items = nil
		changed := false
		for n, p := range b.Parts {
			if p.Fact == "" || less == 0 { // facts keep their size
				items, smaller, err := w.items(p, slot{width: out.place.W, align: out.align}, part{index, n}, less)
				if err != nil {
					return out, err
				}
				parts[n], changed = items, changed || smaller
			}
			out.items = append(out.items, parts[n]...)
		}
		if less > 0 && !changed || out.tallest() <= out.place.H {
			return out, nil
		}
	}
}

// less makes the sizes of a style smaller by so much, and reports whether that
// made any difference to what it was with half a point more.
func (s *style) less(by float64) (*style, bool) {
	if by == 0 {
		return s, false
	}
	t := *s
	t.tries = nil
	changed := false
	for _, y := range s.tries {
		large := max(y.small, y.large-by)
		changed = changed || y.large-by+0.5 > y.small
		t.tries = append(t.tries, try{y.lines, large, y.small})
	}
	return &t, changed
}

// items are the texts of one part: its label, itself, and itself in the second
// language.
func (w *form) items(p partSource, place slot, at part, less float64) (list []*item, smaller bool, err error) {
	d := w.design
	add := func(i *item) { list = append(list, i) }
	slotOf := func(s *style, fact, language string) slot {
		return slot{style: s, fact: fact, width: place.width, align: place.align, language: language}
	}
	when := p.When
	if when == "" && p.Fact != "" {
		when = p.Fact
	}
	var label *item
	if p.Label != "" {
		s := d.styles[p.LabelStyle]
		texts := make([]string, len(w.languages))
		for n, l := range w.languages {
			texts[n] = d.word(l, p.Label)
		}
		if len(texts) == 2 && texts[0] == texts[1] {
			texts = texts[:1]
		}
		if len(texts) == 2 {
			s = bilingualLabel(s)
		} else {
			s = s.scaled(w.languages[0].Scale)
		}
		label = &item{slot: slotOf(s, p.Label, w.tags[0]), part: at, label: true, when: when, gap: p.LabelGap}
		set, err := label.fit(strings.Join(texts, " / "), w.mirrored)
		if err != nil {
			return nil, false, w.wrong(at.String()+".label", p.Label, w.languages, err)
		}
		label.fixed = set
	}
	for n, l := range w.languages {
		i := &item{slot: slotOf(d.styles[p.Style], "", l.Language), part: at, when: when, language: l}
		if n > 0 {
			if p.Second != "" {
				i.style = d.styles[p.Second]
			} else {
				i.style = minor(i.style)
			}
			i.gap = i.tries[0].large*Point*(secondGap+l.Deep) + d.styles[p.Style].tries[0].large*Point*w.languages[0].Deep
			i.stretch = i.tries[0].large * Point * secondStretch
		}
		switch {
		case p.Fact == FactDecided || p.Fact == FactEffective || p.Fact == FactExpiry:
			i.kind, i.fact = itemDay, p.Fact
			if err := i.tryDays(); err != nil {
				return nil, false, w.wrong(at.String(), "", nil, err)
			}
		case p.Fact != "":
			if n > 0 {
				continue // facts are printed once, as they were signed
			}
			i.kind, i.fact, i.address = itemText, p.Fact, p.Fact == FactLink
		default:
			i.style = i.style.scaled(l.Scale)
			texts := []string{p.Text[l.Language]}
			i.fact = p.Words
			switch {
			case p.Words == wordPhrase:
				i.kind = itemPhrase
				texts = []string{d.word(l, wordQualified), d.word(l, wordCertified)}
			case p.Words != "":
				texts = []string{d.word(l, p.Words)}
			}
			s, changed := i.style.less(less)
			i.style, smaller = s, smaller || changed
			for k, text := range texts {
				set, err := i.fit(text, l.rtl())
				if err != nil {
					place, key := at.String(), p.Words
					switch {
					case p.Words == wordPhrase:
						key = []string{wordQualified, wordCertified}[k]
					case p.Words == "":
						place += ".text." + l.Language
					}
					return nil, false, w.wrong(place, key, []*wording{l}, err)
				}
				if k == 0 {
					i.fixed = set
				} else {
					i.otherwise = set
				}
			}
		}
		add(i)
	}
	first := list[0]
	switch {
	case label == nil:
	case p.LabelUnder:
		list = append(list, label)
	default:
		first.gap = label.gap
		label.gap = 0
		list = slices.Insert(list, 0, label)
	}
	list[0].gap, list[0].stretch, list[0].spring = p.Gap, p.Grow, p.Spring
	return list, smaller, nil
}

// wrong says where the wording stands that cannot be set: with the words of the
// design's own, where they are by that key.
func (w *form) wrong(place, key string, languages []*wording, err error) error {
	var text *TextError
	if !errors.As(err, &text) {
		return err
	}
	for _, l := range languages {
		if own := w.design.src.Words[l.Language][key]; own != "" && strings.Contains(text.Text, own) {
			place = "words." + l.Language + "." + key
		}
	}
	return &wordingError{place: place, form: w, of: text}
}

// A wordingError says that fixed wording cannot be set in a design.
type wordingError struct {
	place string
	form  *form
	of    *TextError
}

func (e *wordingError) Error() string {
	return fmt.Sprintf("design %s: %s: %s", e.form.design.Name, e.place, e.text())
}

// text is the error without its place. What no face draws is so on every page;
// what does not fit is so on one.
func (e *wordingError) text() string {
	if e.of.Char != 0 {
		reason, _, _ := strings.Cut(e.of.Reason, "; ") // what is to be done about a name
		return fmt.Sprintf("%q cannot be printed: character %q (U+%04X) %s; write the text without it", e.of.Text, e.of.Char, e.of.Char, reason)
	}
	return fmt.Sprintf("on %s, in %s, %q cannot be printed: %s", e.form.size, strings.Join(e.form.tags, " and "), e.of.Text, e.of.Reason)
}

// tryDays sets the longest day of each month, and keeps how high that gets.
func (i *item) tryDays() error {
	if i.fact == FactExpiry {
		i.before, i.behind, _ = strings.Cut(i.language.Through, "{day}")
	}
	texts := []string{}
	i.dated = true
	for month := time.January; month <= time.December; month++ {
		day := Day{2028, month, 28}
		if i.fact == FactExpiry {
			texts = append(texts, i.language.expiry(&day))
		} else {
			texts = append(texts, i.language.day(day))
		}
	}
	if i.fact == FactExpiry {
		texts = append(texts, i.language.expiry(nil))
	}
	for _, text := range texts {
		set, err := i.fit(text, i.language.rtl())
		if err != nil {
			return err
		}
		i.highest = max(i.highest, i.high(len(set.lines), set.size))
	}
	return nil
}

// scaled is a style for a script that looks smaller or larger than Latin.
func (s *style) scaled(by float64) *style {
	if by == 1 {
		return s
	}
	t := *s
	t.tries = nil
	for _, y := range s.tries {
		t.tries = append(t.tries, try{y.lines, half(y.large * by), half(y.small * by)})
	}
	return &t
}

// minor is a style for the second language.
func minor(s *style) *style {
	t := *s
	t.tries = nil
	for _, y := range s.tries {
		large := half(max(y.large*second, leastSize))
		t.tries = append(t.tries, try{y.lines, large, min(large, half(max(y.small*second, leastSize)))})
	}
	if last := t.tries[len(t.tries)-1]; last.small > leastSize+0.5 { // the languages are not equally long
		t.tries = append(t.tries, try{last.lines + 1, last.small, max(leastSize, last.small-1)})
	}
	return &t
}

// bilingualLabel is a style for a label in two languages side by side.
func bilingualLabel(s *style) *style {
	t := *s
	size := s.tries[0].large
	t.tries = []try{{1, size, max(leastSize, size-1)}, {2, max(leastSize, size-0.5), leastSize}}
	return &t
}

func half(v float64) float64 { return float64(int(v*2+0.5)) / 2 }

// newMark sets the mark of a specimen round the middle of the page, as large as
// it may be.
func (w *form) newMark() error {
	m := w.design.src.Mark
	s := slot{style: &style{family: w.design.families[m.Family], track: m.Track}, fact: wordSpecimen, language: w.tags[0]}
	line, err := s.set(w.design.word(w.languages[0], wordSpecimen), w.mirrored)
	if err != nil {
		return err
	}
	size := min(m.Size, half(m.Room/(float64(line.Width)/1000*Point)-0.5))
	t := Text{Line: line, Size: size, Ink: w.design.ink(m.Ink)}
	long := float64(line.Width) / 1000 * size * Point
	t.X, t.Y = round((w.wide-long)/2), round(w.high/2+size*Point*capital/2)
	w.mark = &Mark{Text: t, Angle: m.Angle, Edge: w.design.ink(m.Edge), Wide: m.Weight}
	return nil
}

// wordings returns the catalogues of the languages asked for.
func (d *Design) wordings(tags []string) ([]*wording, error) {
	all, err := wordings()
	if err != nil {
		return nil, err
	}
	if len(tags) == 0 || len(tags) > 2 {
		return nil, fmt.Errorf("design %s: a certificate has one language or two, not %d", d.Name, len(tags))
	}
	if len(tags) == 2 && tags[0] == tags[1] {
		return nil, fmt.Errorf("design %s: a bilingual certificate needs two different languages, not %s twice", d.Name, tags[0])
	}
	var list []*wording
	for _, tag := range tags {
		if !slices.Contains(d.Languages, tag) {
			return nil, fmt.Errorf("design %s has no wording in the language %q; it has: %s", d.Name, tag, strings.Join(d.Languages, ", "))
		}
		list = append(list, all[tag])
	}
	return list, nil
}

// word returns a fixed text, that of the design in place of the usual one.
func (d *Design) word(l *wording, key string) string {
	if own := d.src.Words[l.Language][key]; own != "" {
		return own
	}
	return l.Words[key]
}

// families lists those that texts of the design may be set in.
func (d *Design) familyList() []*typeface.Family {
	var list []*typeface.Family
	for _, name := range sortedKeys(d.families) {
		list = append(list, d.families[name])
	}
	return list
}
