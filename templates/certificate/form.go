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
