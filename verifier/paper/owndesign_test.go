package paper

import (
	"bytes"
	"os/exec"
	"regexp"
	"testing"

	"github.com/testamur/testamur/issuer/render"
	"github.com/testamur/testamur/templates/certificate"
)

// A picture of a body's own design is passed where the file shows exactly that
// picture, and nothing in its dictionary makes something else of it.
func TestPicturesOfOwnDesignsAreComparedExactly(t *testing.T) {
	e := *sealExaminer(t)
	e.Designs = ownDesigns(t, logo(t, 0))
	press, err := render.New(render.House{Designs: e.Designs})
	if err != nil {
		t.Fatal(err)
	}
	const name, n = "Emil Noble", 2
	genuine := printedAs(t, press, issued(name, n), certificate.Style{Design: "ours", Size: certificate.A4, Languages: []string{"de"}})
	open := resaved(t, genuine, "--qdf", "--object-streams=disable")
	dict := regexp.MustCompile(`<<\n  /BitsPerComponent 8\n  /ColorSpace /DeviceRGB\n  /Height 40\n  /Subtype /Image\n  /Type /XObject\n  /Width 500\n  /Length (\d+) 0 R\n>>\nstream\n`)
	at := dict.FindIndex(open)
	if at == nil {
		t.Fatal("the logo was not found")
	}
	with := func(entry string) []byte { // one more entry in the dictionary
		return fixed(t, bytes.Join([][]byte{open[:at[0]+3], open[at[0]+3:]}, []byte(entry+"\n")))
	}
	without := func(old, entry string) []byte {
		return fixed(t, append(append(bytes.Clone(open[:at[0]]), bytes.Replace(open[at[0]:at[1]], []byte(old), []byte(entry), 1)...), open[at[1]:]...))
	}
	pixels := func(change func(pix []byte)) []byte {
		changed := bytes.Clone(open)
		change(changed[at[1] : at[1]+3*500*40])
		return changed
	}
	for what, row := range map[string]struct {
		pdf  []byte
		kind findingKind
		says string
	}{
		"as printed":                        {genuine, agrees, ""},
		"saved again":                       {resaved(t, genuine), agrees, ""},
		"saved again, packed anew":          {resaved(t, genuine, "--recompress-flate", "--object-streams=generate"), agrees, ""},
		"saved again, linearized":           {resaved(t, genuine, "--linearize"), agrees, ""},
		"not packed":                        {open, agrees, ""},
		"through the same tools, no change": {fixed(t, open), agrees, ""},

		"all samples black":        {with("  /Decode [0 0 0 0 0 0]"), undecided, doubtPictures},
		"red alone":                {with("  /Decode [0 1 0 0 0 0]"), undecided, doubtPictures},
		"nearly black in red":      {with("  /Decode [0 0.001 0 1 0 1]"), undecided, doubtPictures},
		"turned round":             {with("  /Decode [1 0 1 0 1 0]"), undecided, doubtPictures},
		"every colour left out":    {with("  /Mask [0 255 0 255 0 255]"), undecided, doubtPictures},
		"some colours left out":    {with("  /Mask [0 9 0 255 0 255]"), undecided, doubtPictures},
		"masked by itself":         {with("  /SMask 1 0 R"), undecided, doubtPictures},
		"another one for printers": {with("  /Alternates [<</Image 1 0 R /DefaultForPrinting true>>]"), undecided, doubtPictures},
		"a stencil":                {with("  /ImageMask true"), undecided, doubtPictures},
		"smoothed":                 {with("  /Interpolate true"), undecided, doubtPictures},
		"rendered otherwise":       {with("  /Intent /Saturation"), undecided, doubtPictures},
		"in a file of its own":     {with("  /F (evil.raw)"), undecided, doubtFile},
		"of another gamma":         {without("/ColorSpace /DeviceRGB", "/ColorSpace [/CalRGB <</WhitePoint [1 1 1] /Gamma [9 9 9]>>]"), undecided, doubtPictures},
		"with a profile":           {without("/ColorSpace /DeviceRGB", "/ColorSpace [/ICCBased 1 0 R]"), undecided, doubtPictures},
		"of printing colours":      {without("/ColorSpace /DeviceRGB", "/ColorSpace /DeviceCMYK"), undecided, doubtPictures},
		"of a table":               {without("/ColorSpace /DeviceRGB", "/ColorSpace [/Indexed /DeviceRGB 1 <000000FFFFFF>]"), undecided, doubtPictures},
		"of other bits":            {without("/BitsPerComponent 8", "/BitsPerComponent 4"), undecided, doubtPictures},
		"wider, and less high":     {without("/Width 500", "/Width 400"), undecided, doubtPictures},

		"one sample, by one": {pixels(func(pix []byte) { pix[3*(500*20+250)] ^= 1 }), undecided, doubtPictures},
		// What is grey to a reader of shades is red, or green, to everybody else.
		"other colours of the same shade": {pixels(func(pix []byte) {
			for i := 0; i < len(pix); i += 3 {
				was := luma(pix[i], pix[i+1], pix[i+2])
				for g := 255; g >= 0; g-- {
					if r := (int(was)*1000 - 587*g) / 299; r >= 0 && r <= 255 && luma(uint8(r), uint8(g), 0) == was {
						pix[i], pix[i+1], pix[i+2] = uint8(r), uint8(g), 0
						break
					}
				}
			}
		}), undecided, doubtPictures},
	} {
		found, err := Read(t.Context(), row.pdf)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		f := e.hold(t.Context(), issued(name, n), found)
		if f.kind != row.kind || row.says != "" && (len(f.args) == 0 || f.args[0] != row.says) {
			t.Errorf("%s: %d %s %v", what, f.kind, f.format, f.args)
		}
	}
}

// fixed puts the places of the objects right in a document that qpdf wrote and
// somebody has edited.
func fixed(t testing.TB, qdf []byte) []byte {
	t.Helper()
	c := exec.Command("fix-qdf")
	c.Stdin = bytes.NewReader(qdf)
	out, err := c.Output()
	if err != nil {
		t.Fatalf("fix-qdf (Debian package qpdf): %v", err)
	}
	return out
}
