package main

import (
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/skip2/go-qrcode"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/paper"
	"github.com/testamur/testamur/verifier/receipt"
)

var formats = []string{"text", "json", "ndjson", "csv"}

func TestEveryFormatSaysTheSame(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	trust := o.trust(t, o.lists(t, o.now.Add(-3*time.Hour), 2))
	o.file(t, "in/1.jws", o.certificate(t, 1))
	o.file(t, "in/2.jws", o.certificate(t, 2))
	o.file(t, "in/3.jws", "no certificate")
	foreign := newOffice(t, "https://foreign.example.org")
	o.file(t, "in/4.jws", foreign.certificate(t, 4))
	check := append([]string{"check", "--offline", "--trust", trust}, o.dir+"/in")

	code, out, errs := execute(t, "", check...)
	for _, want := range []string{
		"VALID             SB-00000-00001    " + holderName, "NOT VALID         SB-00000-00002", "    The issuer has withdrawn it, for good.",
		"4 checked: 1 valid, 3 not valid (1 not a certificate, 1 not from a trusted issuer, 1 withdrawn)", "3 h old, good until",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the text lacks %q:\n%s", want, out)
		}
	}
	if code != term.No || errs != "" || strings.Contains(out, "\x1b") {
		t.Errorf("exit %d, %s", code, errs)
	}

	_, out, _ = execute(t, "", append(check, "-o", "json")...)
	var reports []struct{ Target, Verdict, Reason string }
	if err := json.Unmarshal([]byte(out), &reports); err != nil || len(reports) != 4 || reports[1].Reason != "revoked" || reports[0].Verdict != "valid" {
		t.Errorf("%v: %s", err, out)
	}
	_, out, _ = execute(t, "", append(check, "-o", "ndjson")...)
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) != 4 || !json.Valid([]byte(lines[3])) || !strings.Contains(lines[3], `"reason":"untrusted_issuer"`) {
		t.Errorf("%q", lines)
	}
	_, out, _ = execute(t, "", append(check, "-o", "csv")...)
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 5 || !slices.Equal(rows[0], columns) {
		t.Fatalf("%v: %s", err, out)
	}
	for i, want := range []string{"valid,,true," + holderName, "invalid,revoked,false," + holderName, "invalid,malformed,false,", "invalid,untrusted_issuer,false,"} {
		if got := strings.Join(rows[i+1][1:5], ","); got != want {
			t.Errorf("row %d: %s, want %s", i+1, got, want)
		}
	}
	if rows[1][6] != "SB-00000-00001" || rows[1][8] != o.now.AddDate(3, 0, 0).Format(time.DateOnly) || rows[1][9] != o.url || rows[1][10] == "" {
		t.Errorf("%q", rows[1])
	}

	code, out, _ = execute(t, "", append(check, "--failed")...)
	if code != term.No || strings.Contains(out, "00001") || !strings.Contains(out, "4 checked: 1 valid") {
		t.Errorf("exit %d:\n%s", code, out)
	}
	if _, out, _ = execute(t, "", append(check, "--verbose")...); strings.Count(out, "Checks:") != 4 {
		t.Errorf("not verbose:\n%s", out)
	}
	if _, out, _ = execute(t, "", append(check, "--color", "always")...); !strings.Contains(out, "\x1b[1;32mVALID\x1b[0m    ") || !strings.Contains(out, "\x1b[1;31mNOT VALID\x1b[0m") {
		t.Errorf("not coloured:\n%s", out)
	}
	if _, out, _ = execute(t, "", append(check, "--failed", "-o", "json", "https://evil.example/c/A")...); strings.Count(out, `"target"`) != 4 || !json.Valid([]byte(out)) {
		t.Error(out)
	}
	for _, empty := range []string{"json", "csv", "ndjson", "text"} {
		code, out, _ := execute(t, "", "check", "--offline", "--trust", trust, "-q", "--failed", "-o", empty, o.dir+"/in/1.jws", o.dir+"/in/1.jws")
		if code != term.OK || strings.Contains(out, holderName) || empty == "json" && out != "[]\n" {
			t.Errorf("%s: exit %d: %s", empty, code, out)
		}
	}
}

func TestOneTargetIsToldInFull(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	trust := o.trust(t, o.lists(t, o.now.Add(-3*time.Hour)))
	token := o.certificate(t, 1)
	for _, args := range [][]string{{"-"}, {token}, {o.file(t, "c.jws", token)}} {
		code, out, errs := execute(t, token, append([]string{"check", "--offline", "--trust", trust}, args...)...)
		if code != term.OK || !strings.HasPrefix(out, "VALID  (") || !strings.Contains(out, "must say exactly this") || !strings.Contains(out, "  Offline: status lists of ") {
			t.Errorf("exit %d, %s\n%s", code, errs, out)
		}
		_, out, _ = execute(t, token, append([]string{"check", "--offline", "--trust", trust, "-o", "json"}, args...)...)
		if !strings.HasPrefix(out, "{\n  \"target\"") {
			t.Error(out)
		}
	}
	o.file(t, "one/c.jws", token)
	if _, out, _ := execute(t, "", "check", "--offline", "--trust", trust, "-o", "json", o.dir+"/one"); !strings.HasPrefix(out, "[\n  {\n    \"target\"") || !json.Valid([]byte(out)) {
		t.Errorf("a folder of one is no array: %s", out)
	}
	if _, out, _ := execute(t, "", "check", "--offline", "--trust", trust, o.dir+"/one"); !strings.Contains(out, "Checks:") {
		t.Errorf("a folder of one is not told in full: %s", out)
	}
}

func TestTheNameIsAYesOrANo(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	trust := o.trust(t, o.lists(t, o.now))
	c := o.file(t, "c.jws", o.certificate(t, 1))
	for _, format := range formats {
		code, out, _ := execute(t, "", "check", "--offline", "--trust", trust, "-o", format, "--name", " ada  ŁUKASIEWICZ", c)
		if code != term.OK || !strings.Contains(out, "match") {
			t.Errorf("%s: exit %d: %s", format, code, out)
		}
		code, out, _ = execute(t, "", "check", "--offline", "--trust", trust, "-o", format, "--name", "Grace Hopper", c, c)
		if code != term.No || strings.Contains(out, "Łukasiewicz") || strings.Contains(out, "Ada") {
			t.Errorf("%s: exit %d: %s", format, code, out)
		}
		if format != "text" && !strings.Contains(out, "name_mismatch") {
			t.Errorf("%s: %s", format, out)
		}
	}
	code, out, _ := execute(t, "", "check", "--offline", "--trust", trust, "--name", "Grace Hopper", c)
	if code != term.No || !strings.HasPrefix(out, "NAME DOES NOT MATCH") || strings.Contains(out, "Łukasiewicz") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, _, errs := execute(t, "", "check", "--offline", "--trust", trust, "--name", "", c); code != term.Usage || !strings.Contains(errs, "--name") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// What is said of the paper may quote the name.
func TestTheNameOnThePaperIsNotTold(t *testing.T) {
	r := verifier.NewReport(time.Now(), verifier.Invalid, verifier.NameMismatch, "It is not.")
	r.Add(verifier.PaperCheck, verifier.Failed, verifier.Altered, "It shows %q, and %q was signed.", "Grace", holderName)
	withhold(r)
	if text, _ := json.Marshal(r); strings.Contains(string(text), "Ada") || !strings.Contains(string(text), "What the paper shows") {
		t.Errorf("%s", text)
	}
}

// What a bundle tells that is out of date: withdrawals still, and nothing good.
func TestAgeOfTheBundle(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	good, bad := o.file(t, "1.jws", o.certificate(t, 1)), o.file(t, "2.jws", o.certificate(t, 2))
	for name, c := range map[string]struct {
		made time.Duration
		code int
		want string
	}{
		"new":    {-3 * time.Hour, term.OK, "3 h old, good until"},
		"old":    {-50 * time.Hour, term.Undecided, "2 days old. OUT OF DATE since"},
		"future": {time.Hour, term.Undecided, "is the clock right?"},
	} {
		trust := o.trust(t, o.lists(t, o.now.Add(c.made), 2))
		for _, targets := range [][]string{{good}, {good, good}} {
			code, out, _ := execute(t, "", append([]string{"check", "--offline", "--trust", trust}, targets...)...)
			if code != c.code || !strings.Contains(out, c.want) {
				t.Errorf("%s: exit %d: %s", name, code, out)
			}
		}
		if code, out, _ := execute(t, "", "check", "--offline", "--trust", trust, bad, bad); name != "future" && code != term.No {
			t.Errorf("%s: what was withdrawn: exit %d: %s", name, code, out)
		}
	}
	trust := o.trust(t, o.lists(t, o.now.Add(-50*time.Hour)))
	if _, _, errs := execute(t, "", "check", "--offline", "--trust", trust, "-o", "csv", good); !strings.Contains(errs, "get a new bundle") {
		t.Errorf("nothing is said about the bundle: %q", errs)
	}
	if _, _, errs := execute(t, "", "check", "--offline", "--trust", trust, "-q", "-o", "csv", good); errs != "" {
		t.Errorf("not quiet: %q", errs)
	}
	// Of the time when they were in force, lists tell for ever.
	at := o.now.Add(-40 * time.Hour).Format(time.RFC3339)
	code, out, _ := execute(t, "", "check", "--offline", "--trust", trust, "--at", at, good, good, "--verbose")
	if code != term.OK || !strings.Contains(out, "rests on the list in force then") || strings.Contains(out, "OUT OF DATE") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, out, _ := execute(t, "", "check", "--offline", "--trust", o.trust(t, nil), good); code != term.Undecided || !strings.Contains(out, "holds no status lists") {
		t.Errorf("exit %d: %s", code, out)
	}
}

// The issuer is not asked for a list again for each certificate in it; nor for a
// list of the past.
func TestListsAreFetchedFew(t *testing.T) {
	w := &site{}
	server := httptest.NewServer(w)
	defer server.Close()
	o := newOffice(t, server.URL)
	w.publish(o.lists(t, o.now.Add(-3*time.Hour), 2))
	for i := range 60 {
		o.file(t, fmt.Sprintf("in/%02d.jws", i), o.certificate(t, i))
	}
	trust := o.trust(t, nil)
	for args, fetches := range map[string]int64{"": 2, "--at " + o.now.Add(-2*time.Hour).Format(time.RFC3339): 4} {
		w.asked.Store(0)
		code, out, errs := execute(t, "", append([]string{"check", "--trust", trust, o.dir + "/in"}, strings.Fields(args)...)...)
		if code != term.No || !strings.Contains(out, "60 checked: 59 valid, 1 not valid (1 withdrawn)") || errs != "" {
			t.Errorf("%s: exit %d, %s: %s", args, code, errs, out)
		}
		// Those that begin at once may each ask for a list.
		if n := w.asked.Load(); n < fetches || n > fetches+2*int64(workers()) {
			t.Errorf("%s: %d fetches, want %d", args, n, fetches)
		}
	}
	server.Close()
	if code, out, _ := execute(t, "", "check", "--trust", trust, o.dir+"/in"); code != term.Undecided || !strings.Contains(out, "60 checked: 0 valid, 60 could not be decided") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestRestsOn(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	c := o.file(t, "c.jws", o.certificate(t, 1))
	trust := o.trust(t, o.lists(t, o.now.Add(-time.Hour)))
	code, out, _ := execute(t, "", "check", "--offline", "--trust", trust, "--at", o.now.AddDate(0, -1, 0).Format(time.DateOnly), c)
	// Suspension of the past cannot be told by a later list; withdrawal can.
	if code != term.Undecided || !strings.Contains(out, "For revocation the answer rests on a later list") {
		t.Errorf("exit %d: %s", code, out)
	}
}

// Nothing that could be taken for a standing certificate is said of a receipt.
func TestReceipts(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	trust := o.trust(t, o.lists(t, o.now, 2))
	token := o.certificate(t, 1)
	c := o.file(t, "c.jws", token)
	genuine := o.receipt(t, trust, token)
	foreign := newOffice(t, "https://foreign.example.org")
	for name, r := range map[string]struct {
		text    string
		code    int
		verdict string
		want    string
	}{
		"genuine":   {genuine, term.Undecided, "receipt", "checked certificate SB-00000-00001: it was valid; the name asked about matched. It does not say how it stands now."},
		"withdrawn": {o.receipt(t, trust, o.certificate(t, 2)), term.Undecided, "receipt", "SB-00000-00002: it was not valid (withdrawn)"},
		"undecided": {o.receipt(t, o.trust(t, nil), token), term.Undecided, "receipt", "it could not be decided"},
		"of paper":  {o.receipt(t, trust, "nothing"), term.Undecided, "receipt", "no certificate it could vouch for: it was not valid (not a certificate)"},
		"altered":   {damaged(genuine), term.No, "invalid", "altered"},
		"foreign":   {foreign.receipt(t, foreign.trust(t, nil), token), term.No, "invalid", "not a receipt of a body trusted here"},
	} {
		trust := o.trust(t, o.lists(t, o.now, 2))
		file := o.file(t, "receipt.jws", r.text)
		for _, command := range [][]string{{"check", "--offline"}, {"receipt"}} {
			for _, format := range formats {
				if command[0] == "receipt" && format != "text" && format != "json" {
					continue
				}
				args := append(slices.Clone(command), "--trust", trust, "-o", format)
				want := r.code
				if command[0] == "receipt" && want == term.Undecided { // genuine, and that was the question
					want = term.OK
				}
				code, out, errs := execute(t, "", append(args, file)...)
				if code != want || !strings.Contains(out, r.want) || strings.Contains(out, "VALID") || strings.Contains(out, `"verdict":"valid","reason":"","receipt"`) {
					t.Errorf("%s, %s: exit %d, %s: %s", name, args, code, errs, out)
				}
				if code, out, _ := execute(t, "", append(args, file, file)...); code != want || strings.Contains(out, "VALID") {
					t.Errorf("%s twice, %s: exit %d: %s", name, args, code, out)
				}
				if format == "json" {
					var top struct{ Verdict string }
					if err := json.Unmarshal([]byte(out), &top); err != nil || top.Verdict != r.verdict {
						t.Errorf("%s: %v, %s", name, err, out)
					}
				}
			}
		}
	}
	file := o.file(t, "receipt.jws", genuine)
	trust = o.trust(t, nil)
	if code, out, _ := execute(t, "", "receipt", "--trust", trust, "--of", c, file); code != term.OK {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, out, _ := execute(t, "", "receipt", "--trust", trust, "--of", trust, file); code != term.No || !strings.HasPrefix(out, "GENUINE, BUT OF ANOTHER DOCUMENT  (") ||
		!strings.Contains(out, "about another document than trust.json. On ") || strings.Contains(out, "NOT GENUINE") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, out, _ := execute(t, "", "receipt", "--trust", trust, "--of", trust, "-o", "json", file); code != term.No || !strings.Contains(out, `"reason": "other_document"`) || strings.Contains(out, `"genuine": true`) {
		t.Errorf("exit %d: %s", code, out)
	}
	unasked := *o.opened(t, trust, genuine)
	unasked.Presented = ""
	byID := o.file(t, "by-id.jws", o.sign(t, keys.ForReceipt, receipt.Type, unasked))
	if code, out, _ := execute(t, "", "receipt", "--trust", trust, "--of", c, byID); code != term.No || !strings.HasPrefix(out, "GENUINE, BUT OF NO DOCUMENT") || !strings.Contains(out, "no document was presented then") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, out, _ := execute(t, "", "receipt", "--trust", trust, c); code != term.No || !strings.Contains(out, "testamur-verify check") {
		t.Errorf("a certificate is taken for a receipt: exit %d: %s", code, out)
	}
	if code, out, _ := execute(t, genuine, "receipt", "--trust", trust, "-"); code != term.OK || !strings.HasPrefix(out, "RECEIPT  (-)\n") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, out, _ := execute(t, "", "check", "--offline", "--trust", trust, file, file); code != term.Undecided || !strings.Contains(out, "2 checked: 0 valid, 2 receipts, which say how certificates stood once") {
		t.Errorf("exit %d: %s", code, out)
	}
	trust = o.trust(t, o.lists(t, o.now))
	if code, out, _ := execute(t, "", "check", "--offline", "--trust", trust, "--failed", "--name", holderName, c, file); code != term.Undecided || !strings.Contains(out, "RECEIPT ") ||
		!strings.Contains(out, "No certificate was checked now") || !strings.Contains(out, "2 checked: 1 valid, 1 receipt, which says how a certificate stood once") {
		t.Errorf("exit %d: %s", code, out)
	}
}

// opened returns what a receipt records.
func (o *office) opened(t testing.TB, trust, token string) *receipt.Receipt {
	t.Helper()
	file, err := readTrust(trust)
	if err != nil {
		t.Fatal(err)
	}
	r, err := receipt.Open(file.Trust, token)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Of a receipt whose header was changed it is said that it was changed, and not
// what the header has become.
func TestTamperedReceipts(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	trust := o.trust(t, nil)
	genuine := o.receipt(t, trust, o.certificate(t, 1))
	head, rest, _ := strings.Cut(genuine, ".")
	text, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		t.Fatal(err)
	}
	var header map[string]string
	if err := json.Unmarshal(text, &header); err != nil {
		t.Fatal(err)
	}
	header["kid"] = "httpz\x01://evil.example/keys/1"
	if text, err = json.Marshal(header); err != nil {
		t.Fatal(err)
	}
	file := o.file(t, "r.jws", base64.RawURLEncoding.EncodeToString(text)+"."+rest)
	for _, command := range []string{"receipt", "check"} {
		code, out, _ := execute(t, "", command, "--trust", trust, file)
		if code != term.No || !strings.Contains(out, "It was altered, or not signed by the body that it names") || strings.Contains(out, "httpz") {
			t.Errorf("%s: exit %d: %s", command, code, out)
		}
	}
}

// photograph publishes what a QR code leads to, and takes a picture of the code.
func (o *office) photograph(t *testing.T, w *site, place int) string {
	t.Helper()
	w.lists[fmt.Sprintf("/certificates/7Q2F9KXM31PD%04d.jws", place)] = o.certificate(t, place)
	picture, err := qrcode.Encode(fmt.Sprintf("%s/c/7Q2F9KXM31PD%04d", o.url, place), qrcode.Medium, 400)
	if err != nil {
		t.Fatal(err)
	}
	return o.file(t, fmt.Sprintf("in/photo%d.png", place), string(picture))
}

// A certificate that stands does not make a photograph of a paper true.
func TestWhatAPictureShowsIsNotCompared(t *testing.T) {
	w := &site{}
	server := httptest.NewServer(w)
	defer server.Close()
	o := newOffice(t, server.URL)
	trust := o.trust(t, o.lists(t, o.now.Add(-40*time.Hour)))
	w.publish(o.lists(t, o.now.Add(-time.Hour), 2))
	one, two := o.photograph(t, w, 1), o.photograph(t, w, 2)
	file := o.file(t, "in/plain.jws", o.certificate(t, 3))

	code, out, _ := execute(t, "", "check", "--trust", trust, one)
	if code != term.OK || !strings.HasPrefix(out, "VALID, paper not compared  (") || !strings.Contains(out, "Compare it yourself") {
		t.Errorf("exit %d: %s", code, out)
	}
	code, out, _ = execute(t, "", "check", "--trust", trust, one, two, file)
	if code != term.No || !strings.Contains(out, "VALID, paper not compared  SB-00000-00001") || !strings.Contains(out, "\n    What the picture shows was not compared") ||
		!strings.Contains(out, "\nVALID             SB-00000-00003") || !strings.Contains(out, "3 checked: 2 valid (1 paper not compared), 1 not valid (1 withdrawn)") {
		t.Errorf("exit %d: %s", code, out)
	}
	if _, out, _ = execute(t, "", "check", "--trust", trust, one, one); !strings.Contains(out, "2 checked: 2 valid (2 papers not compared)\n") {
		t.Error(out)
	}
	if got := column(t, "paper", "check", "--trust", trust, one, two, file); !slices.Equal(got, []string{"not compared", "not compared", ""}) {
		t.Errorf("%q", got)
	}

	// How it stood once, and that it does so no longer.
	at := o.now.Add(-30 * time.Hour)
	_, out, _ = execute(t, "", "check", "--trust", trust, "--at", at.Format(time.RFC3339), two)
	if !strings.HasPrefix(out, "VALID on "+verifier.Minute(at).String()+", paper not compared, withdrawn since  (") || !strings.Contains(out, "It has been withdrawn since.") {
		t.Error(out)
	}
	code, out, _ = execute(t, "", "check", "--trust", trust, "--at", at.Format(time.RFC3339), one, two, file)
	if code != term.OK || !strings.Contains(out, "VALID on "+verifier.Minute(at).String()+", paper not compared, withdrawn since  SB-00000-00002") ||
		!strings.Contains(out, "3 checked: 3 valid (2 papers not compared, 1 withdrawn since)") {
		t.Errorf("exit %d: %s", code, out)
	}
	summaries := column(t, "summary", "check", "--trust", trust, "--at", at.Format(time.RFC3339), one, two, file)
	for i, want := range []string{"Compare it yourself", "withdrawn since", "neither withdrawn nor suspended"} {
		if !strings.Contains(summaries[i], want) {
			t.Errorf("%q, want %q", summaries[i], want)
		}
	}

	// The same of a receipt of it.
	r := *o.opened(t, trust, o.receipt(t, trust, o.certificate(t, 1)))
	r.Checks = append(r.Checks, verifier.Check{Name: verifier.PaperCheck, Outcome: verifier.OutcomeSkipped, Detail: "It was not."})
	token := o.file(t, "r.jws", o.sign(t, keys.ForReceipt, receipt.Type, r))
	if code, out, _ := execute(t, "", "receipt", "--trust", trust, token); code != term.OK || !strings.HasPrefix(out, "RECEIPT, paper not compared  (") || !strings.Contains(out, "what the document shows was not compared") {
		t.Errorf("exit %d: %s", code, out)
	}
	if got := column(t, "paper", "check", "--trust", trust, token); got[0] != "not compared" {
		t.Errorf("%q", got)
	}
}

// column returns what a table has in a column.
func column(t *testing.T, name string, args ...string) (cells []string) {
	t.Helper()
	_, out, _ := execute(t, "", append(args, "-o", "csv")...)
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || !slices.Contains(rows[0], name) {
		t.Fatalf("no column %s: %v: %s", name, err, out)
	}
	for _, row := range rows[1:] {
		cells = append(cells, row[slices.Index(rows[0], name)])
	}
	return cells
}

// Whatever came of it, the moment asked about stands beside the answer.
func TestTheMomentAskedAboutIsTold(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	trust := o.trust(t, o.lists(t, o.now))
	good, bad := o.file(t, "c.jws", o.certificate(t, 1)), o.file(t, "bad.jws", "nothing")
	day := o.now.AddDate(-2, 0, 0)
	args := []string{"check", "--offline", "--trust", trust, "--at", day.Format(time.DateOnly), good, bad, o.dir}
	if got, want := column(t, "at", args[:8]...), day.Format(time.DateOnly)+"T12:00:00Z"; !slices.Equal(got, []string{want, want}) {
		t.Errorf("%q, want %s", got, want)
	}
	if got := column(t, "at", "check", "--offline", "--trust", trust, good); got[0] != "" {
		t.Errorf("%q", got)
	}
	_, out, _ := execute(t, "", args[:8]...)
	if on := "NOT VALID on " + verifier.Day(day).String() + "         "; strings.Count(out, on) != 2 {
		t.Errorf("%q is not there twice: %s", on, out)
	}
	if _, out, _ = execute(t, "", append(args[:8], "-o", "ndjson")...); strings.Count(out, `"at":"`) != 2 {
		t.Error(out)
	}
	if _, out, _ = execute(t, "", args[:7]...); !strings.HasPrefix(out, "NOT VALID on "+verifier.Day(day).String()+": not yet in effect  (") {
		t.Error(out)
	}
}

func TestSpecimensAreMarked(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	trust := o.trust(t, o.lists(t, o.now))
	plain := o.certificate(t, 1)
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(plain, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var c credential.Credential
	if err := json.Unmarshal(payload, &c); err != nil {
		t.Fatal(err)
	}
	c.Subject.Achievement.Tag = []string{credential.TagSpecimen}
	one, two := o.file(t, "1.jws", plain), o.file(t, "2.jws", o.sign(t, keys.ForCredential, keys.TypeVC, &c))
	code, out, _ := execute(t, "", "check", "--offline", "--trust", trust, one, two)
	if code != term.OK || strings.Count(out, "SPECIMEN") != 1 || !strings.Contains(out, "  SPECIMEN  "+two+"\n") {
		t.Errorf("exit %d: %s", code, out)
	}
	if got := column(t, "specimen", "check", "--offline", "--trust", trust, one, two); !slices.Equal(got, []string{"", "true"}) {
		t.Errorf("%q", got)
	}
}

// A number, an address as it is typed, a text that was broken, nothing at all.
func TestWhatPeopleGive(t *testing.T) {
	w := &site{}
	server := httptest.NewServer(w)
	defer server.Close()
	o := newOffice(t, server.URL)
	lists := o.lists(t, o.now)
	w.publish(lists)
	token := o.certificate(t, 1)
	w.lists["/certificates/7Q2F9KXM31PD0001.jws"] = token
	trust := o.trust(t, lists)
	host := strings.TrimPrefix(o.url, "http://")
	empty, blank := o.file(t, "empty.pdf", ""), o.file(t, "blank.jws", " \r\n\n")
	lines := token[:100] + "\r\n" + token[100:200] + "\r\n" + token[200:]
	last := token[:len(token)-22] + "\n" + token[len(token)-22:] // what is before it still has the form of a signature
	for name, c := range map[string]struct {
		target, in string
		code       int
		want       string
	}{
		"number":            {"SB-00000-00001", "", term.Undecided, "There is no file of this name. It looks like a certificate number. A number is looked up on the pages of the body that issued it: " + o.url + "."},
		"number, blanks":    {"SB 00000 00001", "", term.Undecided, o.url},
		"number, dashes":    {"sb–00000‐00001", "", term.Undecided, o.url},
		"number, piped":     {"-", "SB0000000001\n", term.Undecided, "  This looks like a certificate number. A number is looked up on the pages of the body that issued it: " + o.url},
		"without a scheme":  {host + "/c/7Q2F9KXM31PD0001", "", term.OK, "VALID  ("},
		"other scheme":      {"HTTPS://" + host + "/C/7q2f9kxm31pd0001", "", term.OK, "VALID  ("},
		"piped":             {"-", host + "/c/7Q2F9KXM31PD0001\n", term.OK, "VALID  ("},
		"of nothing":        {host + "/c/7Q2F9KXM31PD0009", "", term.No, "has issued no certificate with this address"},
		"not a certificate": {host + "/c/a_b", "", term.No, "is not a verification address of Specimen Body"},
		"of another":        {"https://evil.example/c/7Q2F9KXM31PD0001", "", term.No, "not an address of an issuer trusted here"},
		"of another, bare":  {"evil.example/c/7Q2F9KXM31PD0001", "", term.Usage, ""},
		"beside the issuer": {host + "0/c/7Q2F9KXM31PD0001", "", term.Usage, ""},
		"a word":            {"certificates", "", term.Usage, ""},
		"empty":             {empty, "", term.No, "NOT VALID: empty  (" + empty + ")\n  The file is empty.\n"},
		"blank":             {blank, "", term.No, "The file is empty."},
		"no input":          {"-", "", term.No, "Standard input is empty."},
		"broken":            {lines, "", term.No, "Line breaks inside it are not accepted: give the signed file as it was issued, or the text in one line."},
		"broken, piped":     {"-", lines, term.No, "Line breaks inside it are not accepted"},
		"broken at the end": {"-", last, term.No, "NOT VALID: altered"},
		"broken, explained": {"-", last, term.No, "Line breaks inside it are not accepted"},
		"with a greeting":   {"-", token + "\n\nBest", term.OK, "VALID  ("},
	} {
		if code, out, errs := execute(t, c.in, "check", "--trust", trust, c.target); code != c.code || !strings.Contains(out, c.want) {
			t.Errorf("%s: exit %d, want %d with %q: %s%s", name, code, c.code, c.want, out, errs)
		}
	}
	if _, out, _ := execute(t, "", "check", "--trust", trust, empty, blank); !strings.Contains(out, "2 checked: 0 valid, 2 not valid (2 empty)") {
		t.Error(out)
	}
	if code, _, _ := execute(t, "", "receipt", "--trust", trust, "SB-00000-00001"); code != term.Usage {
		t.Errorf("a number is taken for a receipt: exit %d", code)
	}
	o.file(t, "SB-00000-00002", token)
	t.Chdir(o.dir)
	if code, out, _ := execute(t, "", "check", "--trust", trust, "SB-00000-00002"); code != term.OK {
		t.Errorf("a file that is called like a number: exit %d: %s", code, out)
	}
}

func TestUnreadableTargetsAreUndecided(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	trust := o.trust(t, o.lists(t, o.now))
	c := o.file(t, "c.jws", o.certificate(t, 1))
	large := o.file(t, "large.pdf", strings.Repeat("x", paper.MaxInput+1))
	o.file(t, "in/large17.pdf", strings.Repeat("x", paper.MaxInput+1))
	for _, target := range []string{large, o.dir + "/in"} {
		_, out, _ := execute(t, "", "check", "--offline", "--trust", trust, "-o", "json", target)
		if want := fmt.Sprintf(`"It could not be read: large%s.pdf is larger than 16 MB."`, map[bool]string{false: "17"}[target == large]); strings.Count(out, want) != 1 {
			t.Errorf("%s: %s", want, out)
		}
	}
	list := o.file(t, "list.txt", c+"\n"+o.dir+"/missing.pdf\n"+large+"\n")
	code, out, _ := execute(t, "", "check", "--offline", "--trust", trust, "--from-list", list)
	if code != term.Undecided || strings.Count(out, "COULD NOT DECIDE") != 2 || strings.Count(out, "could not be read") != 2 || !strings.Contains(out, "3 checked: 1 valid, 2 could not be decided") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestNoFormulas(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-": "'-", "@SUM": "'@SUM", "\tx": "'\tx", "\rx": "'\rx", "＝1": "'＝1", "Ada": "Ada", "": "", "a=1": "a=1", "\xff": "\ufffd",
	} {
		if got := harmless(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	o := newOffice(t, "https://certs.example.org")
	t.Chdir(o.dir)
	trust := o.trust(t, o.lists(t, o.now))
	o.file(t, "=HYPERLINK(A1).jws", o.certificate(t, 1))
	_, out, _ := execute(t, "", "check", "--offline", "--trust", trust, "-o", "csv", "=HYPERLINK(A1).jws")
	if !strings.Contains(out, "\n'=HYPERLINK(A1).jws,valid") {
		t.Error(out)
	}
}

// Names of files are other people's texts.
func TestTextIsSafeForATerminal(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	trust := o.trust(t, o.lists(t, o.now))
	const name = "x\x1b[2J\u202e\n.jws"
	file := o.file(t, "in/"+name, "no certificate")
	for _, args := range [][]string{{file}, {file, file}, {"--verbose", o.dir + "/in", file}, {"-o", "json", file}, {"-o", "ndjson", file}} {
		_, out, _ := execute(t, "", append([]string{"check", "--offline", "--color", "never", "--trust", trust}, args...)...)
		if term.Plain(out) != out || strings.Contains(out, "2J\u202e") {
			t.Errorf("%v: %q", args, out)
		}
	}
}

func TestUsageSaysWhatToTry(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	trust := o.trust(t, o.lists(t, o.now))
	t.Setenv("TESTAMUR_TRUST", "")
	t.Setenv("XDG_CONFIG_HOME", o.dir)
	t.Chdir(o.dir)
	for args, want := range map[string]string{
		"check --trust " + trust:                           "a target is a file",
		"check --trust " + trust + " missing.pdf":          "a target is a file",
		"check --trust " + trust + " in/*.pdf":             "a target is a file",
		"check missing.pdf":                                "testamur trust > trust.json",
		"check --trust missing.json trust.json":            "testamur trust > trust.json",
		"check --color sometimes --trust " + trust + " -":  "auto, always, never",
		"check -o xml --trust " + trust + " -":             "text, json, ndjson, csv",
		"check --at yesterday --trust " + trust + " -":     "2026-06-30",
		"check --from-list missing --trust " + trust:       "one target on each line",
		"check --from-list - --trust " + trust + " -":      "read once only",
		"receipt --trust " + trust + " missing.jws":        "a target is a file",
		"receipt --trust " + trust + " -o csv -":           "text, json",
		"receipt --of missing.pdf --trust " + trust + " -": "--of names the file",
		"doctor -o csv": "text, json",
	} {
		if code, _, errs := execute(t, "", strings.Fields(args)...); code != term.Usage || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d: %s", args, code, errs)
		}
	}
	for _, c := range newCommand().Commands() {
		if c.Example == "" || c.Long == "" {
			t.Errorf("%s has no example, or no words", c.Name())
		}
	}
}

// The days of a certificate are those of its body, as its paper shows them, in every
// form of the answer; not the days of UTC at that moment.
func TestDaysAreThoseOfTheBody(t *testing.T) {
	for _, zone := range []*time.Location{time.FixedZone("", 9*3600), time.FixedZone("", -5*3600), time.UTC} {
		o := newOffice(t, "https://certs.example.org")
		trust := o.trust(t, o.lists(t, o.now))
		year := o.now.Year()
		from := time.Date(year-1, time.January, 20, 0, 0, 0, 0, zone)
		until := credential.Time{Time: from.AddDate(3, 0, 0).Add(-time.Second)}
		var c credential.Credential
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(o.certificate(t, 1), ".")[1])
		if err == nil {
			err = json.Unmarshal(payload, &c)
		}
		if err != nil {
			t.Fatal(err)
		}
		c.ValidFrom, c.ValidUntil = credential.Time{Time: from}, &until
		file := o.file(t, "c.jws", o.sign(t, keys.ForCredential, keys.TypeVC, &c))
		base := []string{"check", "--offline", "--trust", trust, file}

		first, last := from.Format(time.DateOnly), until.Format(time.DateOnly)
		if got := column(t, "valid_from", base...); got[0] != first {
			t.Errorf("%s: valid_from %s, want %s", zone, got[0], first)
		}
		if got := column(t, "valid_until", base...); got[0] != last {
			t.Errorf("%s: valid_until %s, want %s", zone, got[0], last)
		}
		day, end := from.Format("2 January 2006"), until.Format("2 January 2006")
		sentence := "It is valid from " + day + " through " + end + "."
		_, out, _ := execute(t, "", base...)
		for _, want := range []string{"valid from   " + day + "\n", "through      " + end + "\n", sentence} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: %q is not there:\n%s", zone, want, out)
			}
		}
		for _, format := range []string{"json", "ndjson"} {
			_, out, _ := execute(t, "", append(base, "-o", format)...)
			for _, want := range []string{sentence, `"` + from.Format(time.RFC3339) + `"`, `"` + until.Format(time.RFC3339) + `"`} {
				if !strings.Contains(out, want) {
					t.Errorf("%s: %q is not in the %s: %s", zone, want, format, out)
				}
			}
		}
		before := from.AddDate(0, 0, -1)
		_, out, _ = execute(t, "", append(base, "--at", before.Format(time.DateOnly))...)
		if want := "NOT VALID on " + before.Format("2 January 2006") + ": not yet in effect"; !strings.HasPrefix(out, want) || !strings.Contains(out, "It takes effect on "+day+".") {
			t.Errorf("%s: want %q: %s", zone, want, out)
		}
		_, out, _ = execute(t, "", append(base, "--at", until.AddDate(0, 0, 1).Format(time.DateOnly))...)
		if !strings.HasPrefix(out, "NOT VALID on "+until.AddDate(0, 0, 1).Format("2 January 2006")+": expired") || !strings.Contains(out, "its last day was "+end+".") {
			t.Errorf("%s: %s", zone, out)
		}
	}
}
