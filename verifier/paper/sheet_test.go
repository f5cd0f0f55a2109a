package paper_test

import (
	"bytes"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jung-kurt/gofpdf"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/render"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/paper"
)

// printed publishes a whole certificate at its own address and prints it.
func (p *publisher) printed(t *testing.T, id, holder string) (pdf []byte) {
	t.Helper()
	now := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	c := &credential.Credential{
		Context: []string{credential.ContextVC, credential.ContextOB}, ID: p.URL + "/certificates/" + id,
		Type: credential.Strings{credential.TypeVC, credential.TypeBadge}, Description: "Planning and running of services.",
		Issuer:    credential.Profile{ID: p.URL, Type: credential.Strings{"Profile"}, Name: "Institute for Services"},
		ValidFrom: credential.Time{Time: now}, AwardedDate: &credential.Time{Time: now},
		Subject: credential.Subject{
			ID: "urn:uuid:6d6b0c5e-6f7c-4a3e-9a51-2f0b8d1f7c11", Type: credential.Strings{"AchievementSubject"}, LicenseNumber: "IFS-00001-" + id,
			Identifier: []credential.IdentityObject{{Type: "IdentityObject", IdentityType: "name", IdentityHash: holder}},
			Achievement: credential.Achievement{
				ID: p.URL + "/a", Type: credential.Strings{"Achievement"}, Name: "Professional Certificate", Description: "D", Criteria: credential.Criteria{Narrative: "N"},
				Alignment: []credential.Alignment{{Type: credential.Strings{"Alignment"}, TargetName: "Scheme of Services", TargetURL: p.URL + "/s", TargetType: credential.AlignmentScheme}},
			},
		},
		Evidence: []credential.Evidence{{Type: credential.Strings{"Evidence"}, Genre: credential.GenreDecision, Description: "Dr. Theodora Decker"}},
		Status:   &credential.Status{Type: credential.StatusEntry, Purpose: credential.PurposeRevocation, Index: "7", List: p.URL + "/status/1"},
	}
	payload, err := c.Encode()
	token := p.publish(t, "/certificates/"+id+".jws", keys.ForCredential, payload, err)
	press, err := render.New(render.House{})
	if err != nil {
		t.Fatal(err)
	}
	if pdf, err = press.Render(t.Context(), issuer.PaperOf(c, token)); err != nil {
		t.Fatal(err)
	}
	return pdf
}

// stripped is a document as a mail gateway leaves it: without what was attached.
func stripped(t *testing.T, pdf []byte) []byte {
	t.Helper()
	return qpdf(t, pdf, "--empty", "--pages", "IN", "1", "--", "OUT")
}

var nameShown = regexp.MustCompile(`(?i)<0045((?:>\s*-?[0-9]+\s*<)?)006D`) // of Emil

// misnamed exchanges the first two letters of the name on the page.
func misnamed(t *testing.T, pdf []byte) []byte {
	t.Helper()
	plain := qpdf(t, pdf, "--qdf", "--object-streams=disable", "IN", "OUT")
	if !nameShown.Match(plain) {
		t.Fatal("the name was not found")
	}
	return nameShown.ReplaceAll(plain, []byte("<006D${1}0045"))
}

// drawnBy gives what a tool of poppler makes of a document.
func drawnBy(t *testing.T, pdf []byte, tool string, args ...string) []byte {
	t.Helper()
	needPdftoppm(t)
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out")
	if err := os.WriteFile(in, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command(tool, append(args, in, out)...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", tool, err, text)
	}
	files, _ := filepath.Glob(out + "*")
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// scan is a PDF whose page is a picture of the page.
func scan(t *testing.T, pdf []byte) []byte {
	t.Helper()
	picture := drawnBy(t, pdf, "pdftoppm", "-r", "120", "-gray", "-png", "-singlefile")
	if _, err := png.DecodeConfig(bytes.NewReader(picture)); err != nil {
		t.Fatal(err)
	}
	out := gofpdf.New("L", "mm", "A4", "")
	out.AddPage()
	out.RegisterImageOptionsReader("page", gofpdf.ImageOptions{ImageType: "PNG"}, bytes.NewReader(picture))
	out.ImageOptions("page", 0, 0, 297, 210, false, gofpdf.ImageOptions{}, 0, "")
	var b bytes.Buffer
	if err := out.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPaperIsHeldAgainstTheCredentialItsCodeLeadsTo(t *testing.T) {
	p := newPublisher(t)
	pdf := p.printed(t, "0A1B2C", "Emil Noble")
	other := p.printed(t, "0D3E4F", "Rosa Stone")
	for name, row := range map[string]struct {
		document []byte
		verdict  verifier.Verdict
		reason   verifier.Reason
		paper    verifier.Outcome // "": no check of the paper
		says     string
	}{
		"as printed":                 {pdf, verifier.Valid, verifier.None, verifier.Passed, ""},
		"stripped":                   {stripped(t, pdf), verifier.Valid, verifier.None, verifier.Passed, ""},
		"misnamed":                   {misnamed(t, pdf), verifier.Invalid, verifier.Altered, verifier.Failed, "The paper shows the name “mEil Noble”; the certificate is for “Emil Noble”."},
		"stripped and misnamed":      {stripped(t, misnamed(t, pdf)), verifier.Invalid, verifier.Altered, verifier.Failed, "The paper shows the name “mEil Noble”; the certificate is for “Emil Noble”."},
		"scanned":                    {scan(t, pdf), verifier.Valid, verifier.None, verifier.OutcomeSkipped, "was not compared with what was signed"},
		"photographed":               {drawnBy(t, pdf, "pdftoppm", "-r", "120", "-png", "-singlefile"), verifier.Valid, verifier.None, verifier.OutcomeSkipped, "was not compared with what was signed"},
		"drawn by other software":    {drawnBy(t, pdf, "pdftocairo", "-pdf"), verifier.Indeterminate, verifier.NoCredential, verifier.OutcomeUnknown, "its letters come from another program"},
		"two in one document":        {qpdf(t, pdf, "--empty", "--pages", "IN", "1", "IN", "1", "--", "OUT"), verifier.Indeterminate, verifier.NoCredential, verifier.OutcomeUnknown, "a certificate has one"},
		"of another press":           {pdfOf(t, certificate{attached: []gofpdf.Attachment{attachment("a.jws", p.paths["/certificates/0A1B2C.jws"])}, holder: "Emil Noble"}), verifier.Indeterminate, verifier.NoCredential, verifier.OutcomeUnknown, "not set as the certificates known here are"},
		"of another person":          {pdfOf(t, certificate{attached: []gofpdf.Attachment{attachment("a.jws", p.paths["/certificates/0A1B2C.jws"])}, holder: "Rosa Stone"}), verifier.Invalid, verifier.Altered, verifier.Failed, "The paper does not show the name of the holder, “Emil Noble”."},
		"damaged":                    {append([]byte("\n\n"), stripped(t, pdf)...), verifier.Indeterminate, verifier.NoCredential, verifier.OutcomeUnknown, "the file is damaged"},
		"two certificates, one page": {twice(t, pdf, other), verifier.Invalid, verifier.Altered, verifier.Failed, "2 different credentials are attached to this one page"},
	} {
		t.Run(name, func(t *testing.T) {
			r := p.examiner(t).Examine(t.Context(), row.document)
			if r.Verdict != row.verdict || r.Reason != row.reason || !strings.Contains(r.Summary(), row.says) {
				t.Errorf("%s %q (%s), want %s %q (%s)", r.Verdict, r.Reason, r.Summary(), row.verdict, row.reason, row.says)
			}
			at := slices.IndexFunc(r.Checks, func(c verifier.Check) bool { return c.Name == verifier.PaperCheck })
			if (at < 0) != (row.paper == "") || at >= 0 && r.Checks[at].Outcome != row.paper {
				t.Errorf("checks %+v", r.Checks)
			}
		})
	}
}

// twice attaches the credential of other to pdf as well.
func twice(t *testing.T, pdf, other []byte) []byte {
	t.Helper()
	found, err := paper.Read(t.Context(), other)
	if err != nil || len(found.Tokens) != 1 {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "b.jws")
	if err := os.WriteFile(file, []byte(found.Tokens[0]), 0o600); err != nil {
		t.Fatal(err)
	}
	return qpdf(t, pdf, "--add-attachment", file, "--", "IN", "OUT")
}
