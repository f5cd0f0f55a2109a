package certificate

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// House is how a body wants its certificates printed. The zero value leaves it
// to the designs: for each scheme the one made for it, on A4, in English.
type House struct {
	Default Style            // of schemes that Schemes does not name; empty members are left to the designs
	Schemes map[string]Style // by the id of a scheme; empty members are those of Default
}

// HouseFile is the name of the file that says how a body wants its certificates
// printed.
const HouseFile = "house.json"

// houseSource is what the file holds.
type houseSource struct {
	Default choiceSource            `json:"default,omitempty"`
	Schemes map[string]choiceSource `json:"schemes,omitempty"`
}

type choiceSource struct {
	Design    string   `json:"design,omitempty"`
	Page      Size     `json:"page,omitempty"`
	Languages []string `json:"languages,omitempty"`
}

// ReadHouse reads the file house.json of a folder, strictly, against the designs
// at hand. Where there is none, the zero value is returned. The error is [Faults].
func ReadHouse(folder fs.FS, designs *Designs) (*House, error) {
	r := &reader{file: HouseFile}
	data, err := readFile(folder, HouseFile, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return new(House), nil
	}
	if err != nil {
		r.fault("", "%s", cause(err))
		return nil, r.faults
	}
	var src houseSource
	if !r.read(data, &src) || len(r.faults) > 0 {
		return nil, r.faults
	}
	h := &House{Default: src.Default.style(), Schemes: map[string]Style{}}
	h.checkDefault(r, src.Default, designs)
	for _, id := range sortedKeys(src.Schemes) {
		if !namePattern.MatchString(id) {
			r.fault("schemes", "%q is not the id of a scheme", id)
			continue
		}
		h.Schemes[id] = src.Schemes[id].style()
		if r.clean("default") && !r.at("default") { // else what is wrong there would be said again
			h.check(r, "schemes."+id, id, designs)
		}
	}
	if len(r.faults) > 0 {
		return nil, r.faults
	}
	return h, nil
}

func (c choiceSource) style() Style {
	s := Style{Design: c.Design, Size: ParseSize(string(c.Page))}
	for _, tag := range c.Languages {
		s.Languages = append(s.Languages, strings.ToLower(tag))
	}
	return s
}

// checkDefault holds the choice for all schemes against the designs. Where it
// names no design, any may come, and its page and languages are told from those
// that there are.
func (h *House) checkDefault(r *reader, src choiceSource, designs *Designs) {
	s := h.Default
	if src.Design != "" {
		h.check(r, "default", "", designs)
		return
	}
	if _, _, ok := sheetSize(s.Size, false); s.Size != "" && !ok {
		r.fault("default.page", "there is no size %q; there are: A4, Letter", s.Size)
	}
	for i, tag := range s.Languages {
		if !slices.Contains(tags, tag) {
			r.fault(fmt.Sprintf("default.languages[%d]", i), "there is no wording in %q; there is in: %s", tag, joined(tags))
		}
	}
	if !r.at("default") {
		h.check(r, "default", "", designs)
	}
}

// check holds what is wanted for one scheme against the designs.
func (h *House) check(r *reader, place, scheme string, designs *Designs) {
	s := h.Style(scheme, designs)
	if err := designs.Holds(s); err != nil {
		from := ""
		if h.Schemes[scheme].Design == "" && h.Default.Design == "" {
			from = fmt.Sprintf(" (%s is taken where none is named)", s.Design)
		}
		r.fault(place, "%v%s", err, from)
	}
}

// Unknown names the schemes that a house or its own designs choose for and that
// are not among those there are: such a choice would never be used.
func (l *Designs) Unknown(h *House, schemes []string) Faults {
	r := &reader{file: HouseFile}
	one := func(place, id string) {
		if !slices.Contains(schemes, id) {
			r.fault(place, "there is no scheme %q%s; there are: %s", id, meant(id, schemes), strings.Join(schemes, ", "))
		}
	}
	for _, id := range sortedKeys(h.Schemes) {
		one("schemes."+id, id)
	}
	for _, d := range l.list {
		if d.Builtin {
			continue
		}
		r.file = d.Name + "/" + designFile
		for i, id := range d.Schemes {
			one(fmt.Sprintf("schemes[%d]", i), id)
		}
	}
	return r.faults
}

// Style returns how a certificate of the scheme is to be printed, with nothing
// left open.
func (h *House) Style(scheme string, designs *Designs) Style {
	return h.Schemes[scheme].Or(h.Default).Or(Style{Design: designs.For(scheme).Name, Size: A4, Languages: tags[:1]})
}

// Or returns s with what it leaves open taken from other.
func (s Style) Or(other Style) Style {
	if s.Design == "" {
		s.Design = other.Design
	}
	if s.Size == "" {
		s.Size = other.Size
	}
	if len(s.Languages) == 0 {
		s.Languages = other.Languages
	}
	return s
}

// Holds reports why nothing can be printed in a style, nil when it can.
func (l *Designs) Holds(s Style) error {
	d, err := l.Design(s.Design)
	if err != nil {
		return err
	}
	if !slices.Contains(d.Sizes, s.Size) {
		return fmt.Errorf("design %s is not made for paper of the size %q; it is made for: %s", d.Name, s.Size, joined(d.Sizes))
	}
	if _, err := d.wordings(s.Languages); err != nil {
		return err
	}
	_, err = d.form(s)
	return err
}

// ParseSize reads a size of paper as people write it, in letters of either kind.
// What is none is returned as it is, for the error.
func ParseSize(text string) Size {
	for _, size := range []Size{A4, Letter} {
		if strings.EqualFold(text, string(size)) {
			return size
		}
	}
	return Size(text)
}

// ParseLanguages reads the languages of a certificate as people write them: "de",
// or "de,en" or "de+en" for a bilingual one.
func ParseLanguages(text string) []string {
	if text == "" {
		return nil
	}
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r == ',' || r == '+' || r == ' ' })
}
