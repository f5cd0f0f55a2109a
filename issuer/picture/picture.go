// Package picture draws certificates as pictures: as a PNG for pages and posts,
// and as an SVG that stays sharp at any size. Both are badges in the sense of Open
// Badges 3.0: the signed credential is baked into the file, so that whoever has
// the picture can have it checked.
//
// They show what the PDF shows, from the same page ([certificate.Page]). The PNG is
// drawn by coverage, without a PDF in between; what is the same on every
// certificate of a design is drawn once and kept. The SVG has its letters as
// outlines, so that it looks alike where the typefaces are missing; the words
// stand beside them for readers that speak. Neither has scripts or refers to
// anything outside itself. The same certificate gives the same bytes.
package picture

import (
	"context"
	"errors"
	"fmt"
	"image"
	"runtime"
	"strings"
	"sync"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/templates/certificate"
)

// Resolutions, in pixels to the inch.
const (
	Coarsest = 50
	Usual    = 150
	Finest   = 300
)

// Modules are those of a QR code, true for dark, row by row from the top, quiet
// zone included.
type Modules = [][]bool

// A Setter puts papers on pages. The press is one.
type Setter interface {
	// Lay returns the page that a paper is printed as and the modules of the QR
	// codes on it; offline is nil where it has no second one.
	Lay(q issuer.Paper) (page *certificate.Page, code, offline [][]bool, err error)
}

// A Painter draws papers as pictures. It is safe for concurrent use. Obtain one
// from [New].
type Painter struct {
	setter  Setter
	brushes sync.Pool
	places  chan struct{} // as many as may draw at once

	mu      sync.Mutex
	grounds []ground // the most recently used last
}

// New returns a painter of what the setter sets. Half of the processors draw at
// once at most, and one at least: a PNG takes as long as some twenty PDFs, and
// whoever asks for many must not keep everybody else waiting.
func New(s Setter) *Painter {
	return &Painter{
		setter:  s,
		brushes: sync.Pool{New: func() any { return new(brush) }},
		places:  make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
	}
}

// A ground is what many certificates have beneath what is their own.
type ground struct {
	of  groundKey
	img *image.RGBA // not to be painted on
}

type groundKey struct {
	fixed *certificate.Fixed
	mark  *certificate.Mark
	dpi   int
}

// kept bounds the grounds that are kept, in bytes: seven of A4 at 150 pixels to
// the inch.
const kept = 64 << 20

// PNG draws the paper with dpi pixels to the inch and bakes its credential into
// the picture. The error is an [*issuer.TextError] where a text of the paper cannot
// be drawn. It stops early when ctx is done.
func (p *Painter) PNG(ctx context.Context, q issuer.Paper, dpi int) (data []byte, err error) {
	defer recovered(&err)
	if dpi < Coarsest || dpi > Finest {
		return nil, fmt.Errorf("drawing certificate %q: %d pixels to the inch; give %d to %d", q.Number, dpi, Coarsest, Finest)
	}
	page, code, offline, err := p.set(ctx, q)
	if err != nil {
		return nil, err
	}
	select {
	case p.places <- struct{}{}:
		defer func() { <-p.places }()
	case <-ctx.Done():
		return nil, fmt.Errorf("drawing certificate %q: %w", q.Number, ctx.Err())
	}
	img, err := p.paint(page, code, offline, dpi)
	if err != nil {
		return nil, fmt.Errorf("drawing certificate %q: %w", q.Number, err)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("drawing certificate %q: %w", q.Number, err)
	}
	language := ""
	if len(page.Languages) > 0 {
		language = page.Languages[0]
	}
	return writePNG(img, dpi,
		baked(q.Token),
		international("Title", language, title(q)),
		international("Description", language, description(page)))
}

// SVG draws the paper as a scalable picture and bakes its credential into it. The
// error is as of PNG.
func (p *Painter) SVG(ctx context.Context, q issuer.Paper) (data []byte, err error) {
	defer recovered(&err)
	page, code, offline, err := p.set(ctx, q)
	if err != nil {
		return nil, err
	}
	return writeSVG(q, page, code, offline), nil
}

func (p *Painter) set(ctx context.Context, q issuer.Paper) (page *certificate.Page, code, offline Modules, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, nil, fmt.Errorf("drawing certificate %q: %w", q.Number, err)
	}
	if err := bakeable(q.Token); err != nil {
		return nil, nil, nil, fmt.Errorf("drawing certificate %q: %w", q.Number, err)
	}
	if page, code, offline, err = p.setter.Lay(q); err != nil {
		return nil, nil, nil, err
	}
	if len(code) == 0 || (page.Offline != nil) != (len(offline) > 0) {
		return nil, nil, nil, fmt.Errorf("drawing certificate %q: its QR codes and their places do not go together", q.Number)
	}
	return page, code, offline, nil
}

// bakeable: a picture without its credential must not leave the house, nor one
// whose credential a reader could take for something else.
func bakeable(token string) error {
	if token == "" {
		return errors.New("there is no credential to bake into it; sign it before drawing it")
	}
	for _, r := range token {
		// RFC 7515 7.1: three base64url parts with dots between.
		if !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.", r) {
			return fmt.Errorf("its credential holds %q (U+%04X), which no compact JWS does; bake the token as it was signed", r, r)
		}
	}
	return nil
}

// paint draws the page.
func (p *Painter) paint(page *certificate.Page, code, offline Modules, dpi int) (*image.RGBA, error) {
	b := p.brushes.Get().(*brush)
	defer p.brushes.Put(b)
	img, err := p.ground(page, dpi, b)
	if err != nil {
		return nil, err
	}
	c := canvas{img: &image.RGBA{Pix: append([]uint8(nil), img.Pix...), Stride: img.Stride, Rect: img.Rect}, scale: float64(dpi) / 25.4, brush: b}
	c.over(page, code, offline)
	return c.img, nil
}

// ground returns what lies beneath the page, kept or drawn now. Two that ask for
// one at the same time may both draw it.
func (p *Painter) ground(page *certificate.Page, dpi int, b *brush) (*image.RGBA, error) {
	key := groundKey{page.Fixed, page.Mark, dpi}
	if img := p.find(key); img != nil {
		return img, nil
	}
	c := canvas{img: white(pixels(page.Wide, dpi), pixels(page.High, dpi)), scale: float64(dpi) / 25.4, brush: b}
	if err := c.ground(page); err != nil {
		return nil, err
	}
	if page.Fixed != nil {
		p.keep(ground{key, c.img})
	}
	return c.img, nil
}

func (p *Painter) find(key groundKey) *image.RGBA {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, g := range p.grounds {
		if g.of == key {
			p.grounds = append(append(p.grounds[:i:i], p.grounds[i+1:]...), g)
			return g.img
		}
	}
	return nil
}

func (p *Painter) keep(g ground) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.grounds = append(p.grounds, g)
	size := 0
	for i := len(p.grounds) - 1; i >= 0; i-- {
		if size += len(p.grounds[i].img.Pix); size > kept && i < len(p.grounds)-1 {
			p.grounds = append([]ground(nil), p.grounds[i+1:]...)
			return
		}
	}
}

// recovered turns a panic of a library into an error: no text may end the
// process (threat model T38).
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("drawing the certificate: panic: %v", r)
	}
}
