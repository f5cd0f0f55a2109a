package paper

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/testamur/testamur/issuer/render"
	sealer "github.com/testamur/testamur/issuer/seal"
	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/verifier"
)

// sealExaminer trusts the house that seals here.
func sealExaminer(t testing.TB) *Examiner {
	t.Helper()
	trust, err := verifier.NewTrust([]*verifier.Issuer{{ID: "https://certs.example.org", Keys: theSealHouse().set}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Examiner{Verifier: verifier.Verifier{Issuers: trust}, Publication: verifier.NewPublication(trust), Offline: true}
}

// answer is what is said of the paper of issued(holder, n).
func answer(t testing.TB, e *Examiner, pdf []byte, holder string, n int) (findingKind, string) {
	t.Helper()
	found, err := Read(t.Context(), pdf)
	if err != nil {
		t.Fatal(err)
	}
	f := e.hold(t.Context(), issued(holder, n), found)
	return f.kind, fmt.Sprintf(f.format, f.args...)
}

// resaved is a document as qpdf saves it again.
func resaved(t testing.TB, pdf []byte, args ...string) []byte {
	t.Helper()
	in, out := filepath.Join(t.TempDir(), "in.pdf"), filepath.Join(t.TempDir(), "out.pdf")
	if err := os.WriteFile(in, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command("qpdf", append(args, in, out)...).CombinedOutput(); err != nil {
		t.Fatalf("qpdf (Debian package qpdf): %v\n%s", err, text)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var shownName = regexp.MustCompile(`<0045((?:>-?[0-9.]+<)?)006D`) // of Emil

// renamed exchanges two letters of the name, and changes nothing else: not even how
// long the file is, where its content is not packed.
func renamed(t testing.TB, pdf []byte) []byte {
	t.Helper()
	if !shownName.Match(pdf) { // its content is packed
		pdf = resaved(t, pdf, "--stream-data=uncompress")
	}
	if !shownName.Match(pdf) {
		t.Fatal("the name was not found")
	}
	return shownName.ReplaceAll(pdf, []byte("<006D${1}0045"))
}

// ownDesigns is a design of a body's own, with a logo.
func ownDesigns(t testing.TB, logo []byte) *certificate.Designs {
	t.Helper()
	source, err := os.ReadFile("../../templates/certificate/plain/design.json")
	if err != nil {
		t.Fatal(err)
	}
	const code = "\n \"code\": {\"width\""
	text := strings.Replace(string(source), code, "\n \"images\": [{\"role\": \"logo\", \"file\": \"logo.png\", \"box\": {\"left\": 26, \"width\": 20, \"top\": 21, \"height\": 1.6}}],"+code, 1)
	designs, err := certificate.Open(fstest.MapFS{"ours/design.json": {Data: []byte(text)}, "ours/logo.png": {Data: logo}})
	if err != nil {
		t.Fatal(err)
	}
	return designs
}

func logo(t testing.TB, shift int) []byte {
	t.Helper()
	im := image.NewRGBA(image.Rect(0, 0, 500, 40))
	for y := range 40 {
		for x := range 500 {
			im.Set(x, y, color.RGBA{uint8(x / 2), uint8(6 * y), uint8(40 * ((x + shift) / 50 % 2)), 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, im); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What is said of a sealed paper, and of what has been done to it.
func TestSealDecidesWhereTheFileIsWhole(t *testing.T) {
	e := sealExaminer(t)
	own := ownDesigns(t, logo(t, 0))
	press := sealedPress(t)
	seal, err := sealer.New(theSealHouse().key, []*x509.Certificate{theSealHouse().cert}, nil)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := render.New(render.House{Designs: own})
	if err != nil {
		t.Fatal(err)
	}
	ours, err := render.New(render.House{Designs: own, Sealer: seal})
	if err != nil {
		t.Fatal(err)
	}
	house := *e
	house.Designs = own
	stranger := *e
	stranger.Verifier.Issuers = nil

	const name, n = "Emil Noble", 2
	c := issued(name, n)
	classic := certificate.Style{Design: "classic", Size: certificate.A4, Languages: []string{"en"}}
	look := certificate.Style{Design: "ours", Size: certificate.A4, Languages: []string{"de"}}
	sealed, open := printedAs(t, press, c, classic), printedAs(t, plain, c, classic)
	sealedOwn, openOwn := printedAs(t, ours, c, look), printedAs(t, plain, c, look)

	for what, row := range map[string]struct {
		e    *Examiner
		pdf  []byte
		kind findingKind
		says string
	}{
		"sealed":                              {e, sealed, agrees, saysSealed},
		"not sealed":                          {e, open, agrees, saysAgrees},
		"sealed, by whom is not known":        {&stranger, sealed, agrees, saysAgrees + " " + saysSealOther},
		"sealed, saved again":                 {e, resaved(t, sealed), agrees, saysSealLost + " " + saysAgrees},
		"sealed, saved again, linearized":     {e, resaved(t, sealed, "--linearize"), agrees, saysSealLost + " " + saysAgrees},
		"sealed, then edited":                 {e, renamed(t, sealed), disagrees, "The paper shows the name “mEil Noble”"},
		"sealed, then edited and saved again": {e, resaved(t, renamed(t, sealed)), disagrees, "The paper shows the name “mEil Noble”"},
		"not sealed, edited":                  {e, renamed(t, open), disagrees, "The paper shows the name “mEil Noble”"},
		"sealed, something added":             {e, append(bytes.Clone(sealed), "\n% more\n"...), disagrees, saysSealAdded},

		"own design, sealed":                           {e, sealedOwn, agrees, saysSealed},
		"own design, sealed, saved again":              {e, resaved(t, sealedOwn), undecided, doubtSetting},
		"own design, sealed, something added":          {e, append(bytes.Clone(sealedOwn), "\n% more\n"...), disagrees, ""},
		"own design, sealed, then edited":              {e, renamed(t, sealedOwn), disagrees, ""},
		"own design, made from one that is known":      {e, openOwn, disagrees, saysPicture},
		"own design, by the body itself":               {&house, openOwn, agrees, saysAgrees},
		"own design, saved again, by the body itself":  {&house, resaved(t, sealedOwn), agrees, saysSealLost + " " + saysAgrees},
		"own design, edited, by the body itself":       {&house, renamed(t, openOwn), disagrees, "The paper shows the name “mEil Noble”"},
		"own design, sealed, edited, by the body":      {&house, renamed(t, sealedOwn), disagrees, "The paper shows the name “mEil Noble”"},
		"own design of that name, with other pictures": {&Examiner{Verifier: e.Verifier, Publication: e.Publication, Designs: ownDesigns(t, logo(t, 25))}, openOwn, undecided, doubtPictures},
	} {
		kind, says := answer(t, row.e, row.pdf, name, n)
		if kind != row.kind || !strings.Contains(says, row.says) {
			t.Errorf("%s: %d %s\nwant %d %s", what, kind, says, row.kind, row.says)
		}
	}
}

// Papers of every design that were edited after they were sealed are found, and what
// was edited is named.
func TestSealedPapersThatWereEditedAreFound(t *testing.T) {
	press, e := sealedPress(t), sealExaminer(t)
	for _, d := range certificate.Builtin().All() {
		for n, languages := range [][]string{{"en"}, {"ar"}, {"de", "fr"}} {
			style := certificate.Style{Design: d.Name, Size: d.Sizes[n%len(d.Sizes)], Languages: languages}
			pdf := printedAs(t, press, issued("Emil Noble", n), style)
			for what, edited := range map[string][]byte{"": renamed(t, pdf), ", saved again": resaved(t, renamed(t, pdf))} {
				kind, says := answer(t, e, edited, "Emil Noble", n)
				if kind != disagrees || !strings.Contains(says, "The paper shows the name “mEil Noble”; the certificate is for “Emil Noble”.") {
					t.Errorf("%+v%s: %d %s", style, what, kind, says)
				}
			}
			if kind, says := answer(t, e, pdf, "Emil Noble", n); kind != agrees || says != saysSealed {
				t.Errorf("%+v, as it was sealed: %d %s", style, kind, says)
			}
		}
	}
}
