package main

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/picture"
	"github.com/testamur/testamur/issuer/render"
	"github.com/testamur/testamur/templates/certificate"
)

// printer is the press of a body. It is made ready when it is first asked for
// something: reading designs takes time where they have large pictures and fonts,
// and a slip in one must not keep the body from withdrawing a certificate or from
// publishing what it has to.
type printer struct{ ready func() (*render.Press, error) }

var (
	_ issuer.Press   = printer{}
	_ picture.Setter = printer{}
)

// newPrinter returns the press for the looks; seals may be nil.
func newPrinter(looks func() (*looks, error), seals *seals) printer {
	return printer{sync.OnceValues(func() (*render.Press, error) {
		l, err := looks()
		if err != nil {
			return nil, err
		}
		house := render.House{Designs: l.designs, Choice: l.choice}
		if seals != nil {
			house.Sealer = seals
		}
		return render.New(house)
	})}
}

// Check implements [issuer.Press].
func (p printer) Check(q issuer.Paper) error {
	press, err := p.ready()
	if err != nil {
		return err
	}
	return press.Check(q)
}

// Render implements [issuer.Press].
func (p printer) Render(ctx context.Context, q issuer.Paper) ([]byte, error) {
	press, err := p.ready()
	if err != nil {
		return nil, err
	}
	return press.Render(ctx, q)
}

// Print writes the paper to w.
func (p printer) Print(ctx context.Context, w io.Writer, q issuer.Paper) error {
	press, err := p.ready()
	if err != nil {
		return err
	}
	return press.Print(ctx, w, q)
}

// Lay implements [picture.Setter].
func (p printer) Lay(q issuer.Paper) (page *certificate.Page, code, offline [][]bool, err error) {
	press, err := p.ready()
	if err != nil {
		return nil, nil, nil, err
	}
	return press.Lay(q)
}

// ask takes what is asked for by flags, of a command that prints or tries whether a
// certificate can be printed.
func (b *body) ask(f styleFlags) error {
	l, err := b.looks()
	if err != nil {
		return term.Fail(term.No, err, "testamur template check names every fault of every design")
	}
	return l.ask(f)
}

// noteUnknown says which schemes the house's choice or a design of the body's own
// names and the body does not have: what is chosen for them is never used.
func (b *body) noteUnknown(words io.Writer) {
	l, err := b.looks()
	if err != nil {
		return
	}
	var ids []string
	for _, s := range b.Schemes.Schemes() {
		ids = append(ids, s.ID)
	}
	for _, fault := range l.designs.Unknown(l.house, ids) {
		fmt.Fprintln(words, "testamur: note:", term.Plain(fault.Error()))
	}
}
