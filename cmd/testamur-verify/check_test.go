package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/paper"
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
		"genuine":   {genuine, term.OK, "receipt", "checked certificate SB-00000-00001: it was valid; the name asked about matched. It does not say how it stands now."},
		"withdrawn": {o.receipt(t, trust, o.certificate(t, 2)), term.OK, "receipt", "SB-00000-00002: it was not valid (withdrawn)"},
		"undecided": {o.receipt(t, o.trust(t, nil), token), term.OK, "receipt", "it could not be decided"},
		"of paper":  {o.receipt(t, trust, "nothing"), term.OK, "receipt", "no certificate it could vouch for: it was not valid (not a certificate)"},
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
				code, out, errs := execute(t, "", append(args, file)...)
				if code != r.code || !strings.Contains(out, r.want) || strings.Contains(out, "VALID") || strings.Contains(out, `"verdict":"valid","reason":"","receipt"`) {
					t.Errorf("%s, %s: exit %d, %s: %s", name, args, code, errs, out)
				}
				if code, out, _ := execute(t, "", append(args, file, file)...); code != r.code || strings.Contains(out, "VALID") {
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
	if code, out, _ := execute(t, "", "receipt", "--trust", trust, "--of", trust, file); code != term.No || !strings.Contains(out, "another document") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, out, _ := execute(t, "", "receipt", "--trust", trust, c); code != term.No || !strings.Contains(out, "testamur-verify check") {
		t.Errorf("a certificate is taken for a receipt: exit %d: %s", code, out)
	}
	if code, out, _ := execute(t, genuine, "receipt", "--trust", trust, "-"); code != term.OK || !strings.HasPrefix(out, "RECEIPT  (-)\n") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, out, _ := execute(t, "", "check", "--offline", "--trust", trust, file, file); !strings.Contains(out, "2 checked: 0 valid, 2 receipts") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestUnreadableTargetsAreUndecided(t *testing.T) {
	o := newOffice(t, "https://certs.example.org")
	trust := o.trust(t, o.lists(t, o.now))
	c := o.file(t, "c.jws", o.certificate(t, 1))
	large := o.file(t, "large.pdf", strings.Repeat("x", paper.MaxInput+1))
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
