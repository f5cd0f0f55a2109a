package certificate

import (
	"fmt"
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
