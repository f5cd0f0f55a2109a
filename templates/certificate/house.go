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
	h.check(r, "default", "", designs)
	for _, id := range sortedKeys(src.Schemes) {
		if !namePattern.MatchString(id) {
			r.fault("schemes", "%q is not the id of a scheme", id)
			continue
		}
		h.Schemes[id] = src.Schemes[id].style()
		h.check(r, "schemes."+id, id, designs)
	}
	if len(r.faults) > 0 {
		return nil, r.faults
	}
	return h, nil
}

func (c choiceSource) style() Style {
	return Style{Design: c.Design, Size: c.Page, Languages: c.Languages}
}

// check holds what is wanted for one scheme against the designs.
func (h *House) check(r *reader, place, scheme string, designs *Designs) {
	if err := designs.Holds(h.Style(scheme, designs)); err != nil {
		r.fault(place, "%v", err)
	}
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

// ParseLanguages reads the languages of a certificate as people write them: "de",
// or "de,en" or "de+en" for a bilingual one.
func ParseLanguages(text string) []string {
	if text == "" {
		return nil
	}
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '+' || r == ' ' })
}
