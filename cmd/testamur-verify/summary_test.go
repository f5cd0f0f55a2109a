package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"rsc.io/qr/coding"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier/credential"
	summaries "github.com/testamur/testamur/verifier/summary"
)

// linkOf is the id of the certificate of a place in the lists.
func linkOf(place int) string { return fmt.Sprintf("7Q2F9KXM31PDA8ZC7Q2F9K%04d", place) }

// summarised returns the text of the second QR code of the certificate of a place, and
// the certificate.
func (o *office) summarised(t testing.TB, place int, change func(*summaries.Summary)) (text, token string) {
	t.Helper()
	until, scope := credential.Time{Time: o.now.AddDate(3, 0, 0)}, "Everything."
	s := &summaries.Summary{
		Issuer: o.url, Verifier: o.url, ID: linkOf(place), List: "1", Index: place, Competence: true, Number: fmt.Sprintf("SB-00000-%05d", place), Holder: holderName,
		Title: "Consultant/Manager", Code: "CM", Scheme: "Management", Edition: "1", Body: "Specimen Body", Decider: "D. Decider",
		Decided: credential.Time{Time: o.now.AddDate(-1, -1, 0)}, From: credential.Time{Time: o.now.AddDate(-1, 0, 0)}, Until: &until, Scope: &scope,
	}
	c := s.Credential()
	c.Context, c.Type = []string{credential.ContextVC, credential.ContextOB}, credential.Strings{credential.TypeVC, credential.TypeBadge}
	c.Issuer.Type = credential.Strings{"Profile"}
	c.Subject.ID, c.Subject.Type = "urn:uuid:6d6b0c5e-6f7c-4a3e-9a51-2f0b8d1f7c11", credential.Strings{"AchievementSubject"}
	a := &c.Subject.Achievement
	a.ID, a.Type, a.Description, a.Criteria = o.url+"/schemes/1/CM", credential.Strings{"Achievement"}, "Shows ability.", credential.Criteria{Narrative: "An exam."}
	a.Alignment[0].Type, a.Alignment[0].TargetURL = credential.Strings{"Alignment"}, o.url+"/schemes/1"
	payload, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if token, err = o.ring.Sign(t.Context(), keys.ForCredential, keys.TypeVC, payload); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(s)
	}
	if payload, err = s.Payload(); err != nil {
		t.Fatal(err)
	}
	signed, err := o.ring.Sign(t.Context(), keys.ForCredential, keys.TypeSummary, payload)
	if err != nil {
		t.Fatal(err)
	}
	if text, err = summaries.Write(signed); err != nil {
		t.Fatal(err)
	}
	return text, token
}

// photo is a photograph of the QR codes of the texts, side by side.
func photo(t testing.TB, texts ...string) string {
	t.Helper()
	const module, margin = 4, 40
	picture := image.NewGray(image.Rect(0, 0, margin+len(texts)*(640+margin), 720))
	draw.Draw(picture, picture.Rect, image.NewUniform(color.Gray{235}), image.Point{}, draw.Src)
	for i, text := range texts {
		code := drawn(t, text)
		left := margin + i*(640+margin)
		for y := range code.Size * module {
			for x := range code.Size * module {
				if code.Black(x/module, y/module) {
					picture.SetGray(left+x, margin+y, color.Gray{20})
				}
			}
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture, &jpeg.Options{Quality: 80}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func drawn(t testing.TB, text string) *coding.Code {
	t.Helper()
	parts := []coding.Encoding{coding.String(text)}
	if summaries.Is(text) {
		address, digits := summaries.Split(text)
		parts = []coding.Encoding{coding.String(address), coding.Num(digits)}
	}
	for v := coding.Version(1); v <= 40; v++ {
		bits := 0
		for _, p := range parts {
			bits += p.Bits(v)
		}
		if bits > 8*v.DataBytes(coding.M) {
			continue
		}
		plan, err := coding.NewPlan(v, coding.M, 3)
		if err != nil {
			t.Fatal(err)
		}
		code, err := plan.Encode(parts...)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	t.Fatal("it fits no code")
	return nil
}

// A photograph of the second code is checked without a network, whatever is at hand.
func TestSummaryIsCheckedOffline(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	text, _ := o.summarised(t, 1, nil)
	withdrawn, _ := o.summarised(t, 2, nil)
	past := credential.Time{Time: o.now.AddDate(0, 0, -1)}
	expired, _ := o.summarised(t, 3, func(s *summaries.Summary) { s.Until = &past })
	foreign, _ := newOffice(t, "https://foreign.example.org").summarised(t, 4, nil)
	forged, _ := newOffice(t, "https://certs.example.org").summarised(t, 5, nil)
	address, digits := summaries.Split(text)
	changed := address + digits[:200] + string('0'+(digits[200]-'0'+1)%10) + digits[201:]
	elsewhere := "https://certs.example-org.evil/v#" + digits
	keysAlone := o.trust(t, nil)
	bundle := newOfficeFile(t, o, "bundle.json", o.lists(t, o.now.Add(-3*time.Hour), 2))
	link := o.url + "/c/" + linkOf(1)
	otherLink := o.url + "/c/" + linkOf(7)

	for _, c := range []struct {
		name, target, trust string
		code                int
		reason              string
		says                []string
	}{
		{"photo, with lists", photo(t, text), bundle, term.OK, "", []string{holderName, "SB-00000-00001", "VALID"}},
		{"photo, keys alone", photo(t, text), keysAlone, term.Undecided, "status_unavailable", []string{holderName, "SB-00000-00001", "The signature fits", "It is valid from"}},
		{"text, with lists", text, bundle, term.OK, "", []string{holderName, "second QR code"}},
		{"text, keys alone", text, keysAlone, term.Undecided, "status_unavailable", []string{holderName}},
		{"message around it", "See " + text + ".\nRegards", bundle, term.OK, "", []string{holderName}},
		{"withdrawn", photo(t, withdrawn), bundle, term.No, "revoked", []string{holderName}},
		{"expired, keys alone", expired, keysAlone, term.No, "expired", []string{holderName}},
		{"changed", changed, bundle, term.No, "", []string{"NOT"}},
		{"another body", foreign, bundle, term.No, "untrusted_issuer", []string{"not among the issuers trusted here"}},
		{"another body's key", forged, bundle, term.No, "untrusted_issuer", []string{"signed with a key that is not among"}},
		{"both codes", photo(t, link, text), bundle, term.OK, "", []string{holderName}},
		{"codes of two papers", photo(t, otherLink, text), bundle, term.No, "altered", []string{"two different certificates"}},
		{"opens another site", photo(t, elsewhere), bundle, term.No, "altered", []string{"NOT", "opens https://certs.example-org.evil/v, which is not the address that was signed"}},
		{"the same as text", elsewhere, bundle, term.No, "altered", []string{"NOT", "opens https://certs.example-org.evil/v, which is not the address that was signed"}},
		{"the same, both codes", photo(t, link, elsewhere), bundle, term.No, "altered", []string{"opens https://certs.example-org.evil/v"}},
		{"two summaries", photo(t, withdrawn, text), bundle, term.Undecided, "no_credential", []string{"2 different"}},
		{"a link to somebody else", photo(t, "https://evil.example/c/"+linkOf(1), text), bundle, term.Undecided, "no_credential", []string{"Do not follow it"}},
	} {
		target := c.target
		if !strings.HasPrefix(target, "http") {
			target = o.file(t, "in/"+strings.ReplaceAll(c.name, " ", "-"), target)
		}
		code, out, errs := execute(t, "", "check", "--offline", "--trust", c.trust, target)
		if code != c.code {
			t.Errorf("%s: exit %d, want %d\n%s%s", c.name, code, c.code, out, errs)
		}
		for _, want := range c.says {
			if !strings.Contains(out, want) {
				t.Errorf("%s: lacks %q:\n%s", c.name, want, out)
			}
		}
		_, out, _ = execute(t, "", "check", "--offline", "--trust", c.trust, "-o", "json", target)
		var r struct {
			Verdict, Reason string
			Summary         *summaries.Summary
			Credential      json.RawMessage
		}
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatalf("%s: %v\n%s", c.name, err, out)
		}
		if c.name != "changed" && r.Reason != c.reason || r.Credential != nil {
			t.Errorf("%s: %q, want %q", c.name, r.Reason, c.reason)
		}
		if proven := slices.Contains([]string{"", "status_unavailable", "revoked", "expired"}, r.Reason) && c.name != "changed"; proven && (r.Summary == nil || r.Summary.Holder != holderName) {
			t.Errorf("%s: the report has the summary %+v", c.name, r.Summary)
		}
	}
	// Whose it is instead is not told to whoever asks for a name.
	for _, format := range formats {
		code, out, _ := execute(t, "", "check", "--offline", "--trust", bundle, "-o", format, "--name", "Grace Hopper", text)
		if code != term.No || strings.Contains(out, "Łukasiewicz") {
			t.Errorf("%s: exit %d: %s", format, code, out)
		}
	}
	if code, out, _ := execute(t, "", "check", "--offline", "--trust", bundle, "--name", holderName, text); code != term.OK {
		t.Errorf("exit %d: %s", code, out)
	}
}

// newOfficeFile writes another trust file of the office.
func newOfficeFile(t testing.TB, o *office, name string, lists map[string]string) string {
	t.Helper()
	was := o.dir
	o.dir = t.TempDir()
	defer func() { o.dir = was }()
	_ = name
	return o.trust(t, lists)
}

// With a network the certificate itself is judged, and the summary beside it must agree.
func TestLiveCheckWinsOverTheSummary(t *testing.T) {
	w := &site{}
	server := httptest.NewServer(w)
	defer server.Close()
	o := newOffice(t, server.URL)
	trust := o.trust(t, nil)
	w.publish(o.lists(t, o.now.Add(-time.Hour), 2))
	both := func(place int, change func(*summaries.Summary)) string {
		text, token := o.summarised(t, place, change)
		w.lists["/certificates/"+linkOf(place)+".jws"] = token
		return o.file(t, fmt.Sprintf("in/%d.jpg", place), photo(t, o.url+"/c/"+linkOf(place), text))
	}
	for _, c := range []struct {
		name   string
		target string
		code   int
		says   string
	}{
		{"stands", both(1, nil), term.OK, "VALID, paper not compared"},
		{"withdrawn", both(2, nil), term.No, "withdrawn"},
		{"another name", both(3, func(s *summaries.Summary) { s.Holder = "Grace Hopper" }), term.No, "The second QR code does not say what the certificate says"},
		{"without scope", both(4, func(s *summaries.Summary) { s.Scope = nil }), term.OK, "VALID, paper not compared"},
		{"opens another site", func() string {
			text, token := o.summarised(t, 7, nil)
			_, digits := summaries.Split(text)
			w.lists["/certificates/"+linkOf(7)+".jws"] = token
			return o.file(t, "in/7.jpg", photo(t, o.url+"/c/"+linkOf(7), "https://certs.example-org.evil/v#"+digits))
		}(), term.No, "The second QR code opens https://certs.example-org.evil/v, which is not the address that was signed"},
		{"of another certificate", both(5, func(s *summaries.Summary) { s.ID = linkOf(6) }), term.No, "The second QR code does not say what the certificate says"},
	} {
		if code, out, errs := execute(t, "", "check", "--trust", trust, c.target); code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("%s: exit %d, want %d and %q:\n%s%s", c.name, code, c.code, c.says, out, errs)
		}
	}
	// The issuer is silent: what is signed in the picture still tells, with the lists
	// that are at hand.
	one := both(1, nil)
	bundle := newOfficeFile(t, o, "bundle.json", o.lists(t, o.now.Add(-time.Hour), 2))
	server.Close()
	if code, out, errs := execute(t, "", "check", "--trust", bundle, one); code != term.OK || !strings.Contains(out, holderName) {
		t.Errorf("exit %d:\n%s%s", code, out, errs)
	}
	if code, out, _ := execute(t, "", "check", "--trust", trust, one); code != term.Undecided || !strings.Contains(out, holderName) {
		t.Errorf("exit %d:\n%s", code, out)
	}
}
