package render

import (
	"context"
	"fmt"
	"time"
)

// A Sealer signs documents as the body (PAdES). It is safe for concurrent use.
type Sealer interface {
	// Room is the most bytes that a seal takes, at most 64 KiB.
	Room() int
	// Seal returns a CMS SignedData (DER) over the SHA-256 of the document
	// without the place of the seal.
	Seal(ctx context.Context, digest [32]byte) ([]byte, error)
}

// mostSeal is the most room for a seal: a chain of certificates and a time-stamp
// with its own take some kilobytes.
const mostSeal = 64 << 10

// seam is the place of the seal, counted from the end of the prepared part.
type seam struct {
	ranges   int // of the ByteRange, after its first number
	from, to int // of the seal with its angle brackets
}

// rangeRoom is the length of the three numbers of a ByteRange that are known
// last.
const rangeRoom = 3 * 11

// sealedAt is the date that a seal gives for itself: the one of the paper, so that
// it depends on that alone, but none before the sealer's certificate began, which
// readers would call invalid. A sealer may say when that was.
func sealedAt(created time.Time, sealer Sealer) time.Time {
	if s, ok := sealer.(interface{ Since() time.Time }); ok && created.Before(s.Since()) {
		return s.Since()
	}
	return created
}

// unsealed writes the signature field and the signature without its value (ISO
// 32000-1 §12.8.1, ETSI EN 319 142-1). It certifies the document: nothing may be
// changed in it (DocMDP, P 1). The field is not seen on the page.
func (d *document) unsealed(j *job, made time.Time, field, page, room int) seam {
	d.begin()
	d.str("<</Type /Annot /Subtype /Widget /FT /Sig /T (Seal) /V ")
	d.ref(field + 1)
	d.str(" /P ")
	d.ref(page)
	d.str(" /Rect [0 0 0 0] /F 132>>") // printed and locked
	d.end()

	var s seam
	d.begin()
	d.str("<</Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M ")
	d.date(made)
	d.str(" /Name ")
	d.text(j.paper.Body)
	d.str(" /Reference [<</Type /SigRef /TransformMethod /DocMDP /TransformParams <</Type /TransformParams /P 1 /V /1.2>>>>] /ByteRange [0 ")
	s.ranges = len(d.stream)
	for range rangeRoom {
		d.str(" ")
	}
	d.str("] /Contents ")
	s.from = len(d.stream)
	d.str("<")
	for range 2 * room {
		d.stream = append(d.stream, '0')
	}
	d.str(">")
	s.to = len(d.stream)
	d.str(">>")
	d.end()
	return s
}

// sealed has the document signed and puts the seal in its place. All else stays
// as it is, so that the same certificate is the same document up to its seal.
func (d *document) sealed(ctx context.Context, p *prepared, place seam, sealer Sealer) error {
	ranges := fmt.Sprintf("%d %d %d", d.base+place.from, d.base+place.to, len(d.stream)-place.to)
	if len(ranges) > rangeRoom {
		return fmt.Errorf("a document of %d bytes is too long to be sealed", d.base+len(d.stream))
	}
	copy(d.stream[place.ranges:], ranges)
	digest, err := p.sum(d.stream[:place.from], d.stream[place.to:])
	if err != nil {
		return err
	}
	seal, err := sealer.Seal(ctx, digest)
	if err != nil {
		return fmt.Errorf("sealing the document: %w", err)
	}
	if len(seal) == 0 || 2*len(seal) > place.to-place.from-2 {
		return fmt.Errorf("the seal has %d bytes, and there is room for 1 to %d", len(seal), (place.to-place.from-2)/2)
	}
	for i, b := range seal {
		d.stream[place.from+1+2*i], d.stream[place.from+2+2*i] = hexDigits[b>>4], hexDigits[b&15]
	}
	return nil
}
