package paper

import (
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/render"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/summary"
)

// The second code of a paper opens the page that was signed. With any other it is not
// that of the paper, though its digits are copied from there.
func TestSecondCodeThatOpensAnotherSite(t *testing.T) {
	const body, service = "https://certs.example.org", "https://verify.example.org"
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	key, err := keys.Generate(body, keys.ForCredential, keys.ES256, now)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keys.NewRing(key)
	if err != nil {
		t.Fatal(err)
	}
	trust, err := verifier.NewTrust([]*verifier.Issuer{{ID: body, Keys: ring.Set(), StatusLists: []string{body + "/status/"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	e := &Examiner{Verifier: verifier.Verifier{Issuers: trust, Now: func() time.Time { return now }}, Publication: verifier.NewPublication(trust), Offline: true}
	press, err := render.New(render.House{})
	if err != nil {
		t.Fatal(err)
	}

	c := issued("Emil Noble", 2)
	c.Status = &credential.Status{
		ID: body + "/status/1#2", Type: credential.StatusEntry, Purpose: credential.PurposeRevocation,
		Index: "2", List: body + "/status/1", Suspension: body + "/status/1-suspension",
	}
	s, err := summary.Of(c, service)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := s.Payload()
	if err != nil {
		t.Fatal(err)
	}
	token, err := ring.Sign(t.Context(), keys.ForCredential, keys.TypeSummary, payload)
	if err != nil {
		t.Fatal(err)
	}
	text, err := summary.Write(token)
	if err != nil {
		t.Fatal(err)
	}
	_, digits := summary.Split(text)
	for opened, kind := range map[string]findingKind{
		service + "/v":                                agrees,
		"https://verify.example-org.evil/v":           disagrees,
		"https://verify.example.org.evil.example/v":   disagrees,
		"https://verify.example.org@evil.example/v":   disagrees,
		"https://certs.example.org/v":                 disagrees, // of the body, and not what it signed
		"http://verify.example.org/v":                 disagrees,
		"https://verify.example.org/v?next=//evil.eu": disagrees,
	} {
		for _, language := range []string{"en", "ar"} {
			p := issuer.PaperOf(c, "eyJ.e30.AA")
			p.Style = certificate.Style{Design: "portrait", Size: certificate.A4, Languages: []string{language}}
			p.Summary = opened + "#" + digits
			pdf, err := press.Render(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			found, err := Read(t.Context(), pdf)
			if err != nil {
				t.Fatal(err)
			}
			f := e.hold(t.Context(), c, found)
			if f.kind != kind || kind == disagrees && (f.format != saysElsewhere || f.args[0] != opened) {
				t.Errorf("%s, %s: %d %s %v", opened, language, f.kind, f.format, f.args)
			}
			// Without the credential in the file its two codes are what is judged.
			r := e.summarised(t.Context(), &Found{Kind: KindPNG, Links: []string{address(c)}, Summaries: []string{p.Summary}})
			if altered := r.Reason == verifier.Altered && r.Certificate == nil && strings.Contains(r.Summary(), "opens "+opened+", which is not"); altered != (kind == disagrees) {
				t.Errorf("%s, codes alone: %s %s", opened, r.Verdict, r.Summary())
			}
		}
	}
}
