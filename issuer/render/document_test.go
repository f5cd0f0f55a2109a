package render

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/validate"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/templates/certificate"
)

// TestProgramsTakeEveryDocument: readers that know nothing of this package find
// every document well made, with its attachment and its metadata.
func TestProgramsTakeEveryDocument(t *testing.T) {
	p := press(t)
	model.ConfigPath = "disable" // pdfcpu is to write nothing in the home folder
	for name, q := range someKinds(t) {
		t.Run(name, func(t *testing.T) {
			pdf := render(t, p, q)
			if len(pdf) > 300<<10 {
				t.Errorf("%d bytes", len(pdf))
			}
			file, dir := save(t, pdf), t.TempDir()
			if out := read(t, "qpdf", "--check", file); !bytes.Contains(out, []byte("No syntax or stream encoding errors")) {
				t.Errorf("qpdf --check: %s", out)
			}
			clean := filepath.Join(dir, "clean.pdf")
			read(t, "mutool", "clean", "-s", file, clean)
			if out := read(t, "mutool", "info", file); !bytes.Contains(out, []byte("PDF-1.7")) || !bytes.Contains(out, []byte("Pages: 1")) {
				t.Errorf("mutool info: %s", out)
			}
			conf := model.NewDefaultConfiguration()
			conf.Offline = true
			conf.ValidationMode = model.ValidationRelaxed // strictly, AFRelationship is of PDF 2.0 alone; ISO 19005-3 has it in 1.7
			if opened, err := pdfcpu.Read(bytes.NewReader(pdf), conf); err != nil {
				t.Errorf("pdfcpu: %v", err)
			} else if err := validate.XRefTable(opened); err != nil {
				t.Errorf("pdfcpu: %v", err)
			}
			token := filepath.Join(dir, "token")
			if out := read(t, "pdfdetach", "-list", file); !bytes.Contains(out, []byte("1 embedded files")) || !bytes.Contains(out, []byte(tokenFile)) {
				t.Errorf("pdfdetach -list: %s", out)
			}
			read(t, "pdfdetach", "-save", "1", "-o", token, file)
			if got, err := os.ReadFile(token); err != nil || string(got) != q.Token {
				t.Errorf("the attachment is not the token: %v", err)
			}
			info := string(read(t, "pdfinfo", file))
			for _, want := range []string{q.Title + " · " + q.Holder, "Author:          " + q.Body, q.Number + " · " + q.Link,
				"Metadata Stream: yes", "Pages:           1\n", "PDF version:     1.7", "Encrypted:       no", "JavaScript:      no"} {
				if !strings.Contains(info, want) {
					t.Errorf("pdfinfo does not say %q:\n%s", want, info)
				}
			}
			for _, line := range strings.Split(strings.TrimSpace(string(read(t, "pdffonts", file))), "\n")[2:] {
				if !strings.Contains(line, "Identity-H       yes yes yes") {
					t.Errorf("a font that is not embedded, not cut, or without its characters: %s", line)
				}
			}
			image := filepath.Join(dir, "page")
			read(t, "pdftoppm", "-r", "200", "-gray", "-png", "-singlefile", file, image)
			codes := strings.Split(strings.TrimSpace(string(read(t, "zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", image+".png"))), "\n")
			want := 1
			if j, err := p.compose(q); err == nil && j.summary != nil {
				want = 2
				if codes[0] != q.Summary && codes[len(codes)-1] != q.Summary {
					t.Errorf("zbarimg does not read the second code: %.80q", codes)
				}
			}
			if len(codes) != want || codes[0] != q.QR && codes[len(codes)-1] != q.QR {
				t.Errorf("zbarimg reads %d codes, want %d: %.80q", len(codes), want, codes)
			}
		})
	}
}

// TestTheHolderIsFoundOnEveryDesign reads the name, the number and the scope from
// the page.
func TestTheHolderIsFoundOnEveryDesign(t *testing.T) {
	p := press(t)
	for name, q := range everyKind(t) {
		all := unmarked(string(read(t, "pdftotext", save(t, render(t, p, q)), "-")))
		joined := strings.Join(strings.Fields(all), "")
		for _, want := range []string{q.Holder, q.Number, q.Scope, q.Title} {
			if strings.Contains(joined, strings.Join(strings.Fields(want), "")) {
				continue
			}
			if q.Style.Languages[0] == "ar" && want != q.Holder {
				continue // the page is read from right to left, and so are its columns
			}
			t.Errorf("%s: pdftotext does not find %q in\n%s", name, want, all)
		}
	}
}

var (
	xmpStream = regexp.MustCompile(`(?s)/Type /Metadata /Subtype /XML /Length \d+>>\nstream\n(.*?)\nendstream`)
	identity  = regexp.MustCompile(`/ID \[<([0-9A-F]{32})> <([0-9A-F]{32})>\]`)
)

func TestMetadataSayWhatTheDocumentSays(t *testing.T) {
	q := paper()
	q.Body, q.Title = "Müller & Söhne <Prüfstelle>", `Title "A" & B`
	pdf := render(t, press(t), q)
	m := xmpStream.FindSubmatch(pdf)
	if m == nil {
		t.Fatal("no metadata")
	}
	text := map[string]string{}
	var open []string
	d := xml.NewDecoder(bytes.NewReader(m[1]))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			open = append(open, e.Name.Local)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if s := strings.TrimSpace(string(e)); s != "" {
				text[strings.Join(open[3:], "/")] += s
			}
		}
	}
	for key, want := range map[string]string{
		"format": "application/pdf", "title/Alt/li": q.Title + " · " + q.Holder, "creator/Seq/li": q.Body,
		"description/Alt/li": q.Number + " · " + q.Link, "identifier": q.Link, "language/Bag/li": "en", "Producer": "Testamur",
		"CreateDate": "2026-11-13T08:30:00Z", "ModifyDate": "2026-11-13T08:30:00Z", "MetadataDate": "2026-11-13T08:30:00Z",
	} {
		if text[key] != want {
			t.Errorf("%s: %q, want %q", key, text[key], want)
		}
		delete(text, key)
	}
	if len(text) > 0 {
		t.Errorf("more than is known: %q", text)
	}
	for _, want := range []string{"%PDF-1.7\n", "/Lang (en)", "/ViewerPreferences <</DisplayDocTitle true>>", "/AFRelationship /Source",
		"/AF [", "/Subtype /application#2Fvc+jwt", "/CreationDate (D:20261113083000+00'00')", "/ModDate (D:20261113083000+00'00')"} {
		if !bytes.Contains(pdf, []byte(want)) {
			t.Errorf("the document lacks %s", want)
		}
	}
}

func TestIdentifierIsThatOfTheContent(t *testing.T) {
	p := press(t)
	id := func(q issuer.Paper) string {
		m := identity.FindSubmatch(render(t, p, q))
		if m == nil || !bytes.Equal(m[1], m[2]) {
			t.Fatal("no identifier")
		}
		return string(m[1])
	}
	q := paper()
	first := id(q)
	if id(q) != first {
		t.Error("the same certificate has two")
	}
	q.Token = q.Token[:len(q.Token)-1] + "A"
	if q.Token == paper().Token {
		q.Token = q.Token[:len(q.Token)-1] + "B"
	}
	if id(q) == first {
		t.Error("another attachment has the same")
	}
	q = paper()
	q.Style.Languages = []string{"de"}
	if id(q) == first {
		t.Error("another page has the same")
	}
}

// A stamp is a sealer that seals nothing: it says what it was given.
type stamp struct {
	room   int
	seal   []byte
	err    error
	digest [32]byte
}

func (s *stamp) Room() int { return s.room }

func (s *stamp) Seal(_ context.Context, digest [32]byte) ([]byte, error) {
	s.digest = digest
	return s.seal, s.err
}

var byteRange = regexp.MustCompile(`/ByteRange \[0 (\d+) (\d+) (\d+) *\] /Contents <([0-9A-F]+)>`)

func TestSealCoversTheWholeDocument(t *testing.T) {
	s := &stamp{room: 5000, seal: []byte{0x30, 0x03, 0x02, 0x01, 0x07}}
	p, err := New(House{Sealer: s})
	if err != nil {
		t.Fatal(err)
	}
	for name, q := range papers() {
		q.Style.Design = certificate.Builtin().All()[0].Name
		pdf, err := p.Render(context.Background(), q)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		m := byteRange.FindSubmatchIndex(pdf)
		if m == nil {
			t.Fatalf("%s: no signature", name)
		}
		number := func(i int) int {
			n, err := strconv.Atoi(string(pdf[m[2*i]:m[2*i+1]]))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		before, after, rest := number(1), number(2), number(3)
		if after+rest != len(pdf) || pdf[before] != '<' || pdf[after-1] != '>' || before+1 != m[8] || after-1 != m[9] || m[9]-m[8] != 2*s.room {
			t.Errorf("%s: the signed range [0 %d %d %d] of %d bytes leaves out more than the seal", name, before, after, rest, len(pdf))
		}
		if want := sha256.Sum256(append(bytes.Clone(pdf[:before]), pdf[after:]...)); want != s.digest {
			t.Errorf("%s: the digest is not that of the signed range", name)
		}
		if got := string(pdf[m[8]:m[9]]); !strings.HasPrefix(got, strings.ToUpper(hex.EncodeToString(s.seal))+"0000") {
			t.Errorf("%s: the seal is not in its place: %.40s", name, got)
		}
		if !bytes.HasSuffix(pdf, []byte("\n%%EOF\n")) || bytes.Count(pdf, []byte("startxref")) != 1 {
			t.Errorf("%s: more than one revision", name)
		}
		for _, want := range []string{"/SubFilter /ETSI.CAdES.detached", "/Filter /Adobe.PPKLite", "/SigFlags 3", "/Perms <</DocMDP ", "/P 1 /V /1.2", "/M (D:20261113083000+00'00')"} {
			if !bytes.Contains(pdf, []byte(want)) {
				t.Errorf("%s: the document lacks %s", name, want)
			}
		}
		if out := read(t, "qpdf", "--check", save(t, pdf)); !bytes.Contains(out, []byte("No syntax or stream encoding errors")) {
			t.Errorf("%s: qpdf --check: %s", name, out)
		}
		if out := read(t, "mutool", "info", save(t, pdf)); !bytes.Contains(out, []byte("Pages: 1")) {
			t.Errorf("%s: mutool info: %s", name, out)
		}
	}
}

func TestSealIsAllThatDiffers(t *testing.T) {
	with := func(seal byte) []byte {
		p, err := New(House{Sealer: &stamp{room: 300, seal: bytes.Repeat([]byte{seal}, 300)}})
		if err != nil {
			t.Fatal(err)
		}
		return render(t, p, paper())
	}
	a, b := with(0x11), with(0x22)
	at := bytes.Index(a, []byte("/Contents <"+strings.Repeat("11", 300)+">"))
	if at < 0 || len(a) != len(b) {
		t.Fatal("the seal is not as it was given")
	}
	at += len("/Contents <")
	if !bytes.Equal(a[:at], b[:at]) || !bytes.Equal(a[at+600:], b[at+600:]) {
		t.Error("two seals make more than the seal differ")
	}
}

func TestSealThatFailsMakesNoDocument(t *testing.T) {
	broken := errors.New("the key is locked away")
	for _, s := range []*stamp{
		{room: 100, err: broken}, {room: 100}, {room: 100, seal: make([]byte, 101)},
		{room: 0, seal: []byte{1}}, {room: -1, seal: []byte{1}}, {room: mostSeal + 1, seal: []byte{1}},
	} {
		p, err := New(House{Sealer: s})
		if err != nil {
			t.Fatal(err)
		}
		pdf, err := p.Render(context.Background(), paper())
		if err == nil || pdf != nil {
			t.Errorf("room %d, %d bytes: %d bytes and %v", s.room, len(s.seal), len(pdf), err)
		}
		if s.err != nil && !errors.Is(err, broken) {
			t.Errorf("the reason is lost: %v", err)
		}
	}
}

// TestOnlyWhatIsKnownIsTakenFromGofpdf: a document of another build than expected
// is refused when it is prepared, not printed.
func TestOnlyWhatIsKnownIsTakenFromGofpdf(t *testing.T) {
	pdf := newPDF(100, 100)
	pdf.AddPage()
	pdf.RawWriteStr("0 0 m 10 10 l S")
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		t.Fatal(err)
	}
	good := out.Bytes()
	if _, err := readParts(good); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{"%PDF-1.3\n", "%PDF-1.3\n%more\n"}, {"%%EOF", "%%EOF\nmore"}, {"\nendobj\n", "\nendobj \n"}, {"/Length ", "/Length 1"},
		{"0000000000 65535 f ", "0000000000 65535 n "}, {"xref\n0 ", "xref\n1 "}, {"startxref\n", "startxref\n9"}, {"3 0 obj", "9 0 obj"},
		{"stream\n", "stream\r\n"}, {" 00000 n ", " 00001 n "},
	} {
		bad := bytes.Replace(good, []byte(change[0]), []byte(change[1]), 1)
		if bytes.Equal(bad, good) {
			t.Errorf("%q is not in the document", change[0])
		}
		if _, err := readParts(bad); err == nil {
			t.Errorf("%q in place of %q is taken", change[1], change[0])
		}
	}
	for n := range len(good) {
		if _, err := readParts(good[:n]); err == nil {
			t.Errorf("%d bytes of %d are taken", n, len(good))
		}
	}
}

func TestPreparedPartsAreBounded(t *testing.T) {
	p := press(t)
	q := paper()
	for i := range 4 {
		q.Holder = []string{"Ann", "Ærø", "Łódź", "Žemaitė"}[i]
		render(t, p, q)
	}
	if n := p.kinds.Len(); n < 3 || n > 4 {
		t.Errorf("%d prepared parts for four alphabets", n)
	}
	if mostKinds > 256 {
		t.Errorf("%d prepared parts of some 100 KB each are kept", mostKinds)
	}
}
