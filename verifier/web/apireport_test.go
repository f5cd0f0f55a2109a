package web

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/summary"
)

// reference is the report as encoding/json writes it, with what is added.
func reference(t interface{ Fatal(...any) }, r *verifier.Report, receipt string) string {
	body, err := json.Marshal(struct {
		Valid bool `json:"valid"`
		*verifier.Report
		Receipt string `json:"receipt,omitempty"`
	}{r.Verdict == verifier.Valid, r, receipt})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// The report is written as encoding/json writes it.
func TestReportIsWrittenAsEncodingJSONDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "a\"b\\c", "<b>&amp;", "\u2028\u2029", "Łukasz\x00\x1f\x7f", "\xff\xfe", "ééé", "\n"}))
		stamp := rapid.Map(rapid.Int64Range(-60_000_000_000, 250_000_000_000), func(n int64) time.Time { return time.Unix(n, n%1000*1000).UTC() })
		pointer := func(name string) *time.Time {
			if rapid.Bool().Draw(t, name) {
				return nil
			}
			at := stamp.Draw(t, name)
			return &at
		}
		r := &verifier.Report{
			Verdict: verifier.Verdict(rapid.IntRange(0, 2).Draw(t, "verdict")), Reason: verifier.Reason(text.Draw(t, "reason")),
			CheckedAt: stamp.Draw(t, "checked"), At: pointer("at"), StatusAsOf: pointer("as of"), Checks: []verifier.Check{},
		}
		for range rapid.IntRange(0, 3).Draw(t, "lists") {
			r.StatusLists = append(r.StatusLists, verifier.ListUsed{URL: text.Draw(t, "url"), Purpose: text.Draw(t, "purpose"), ValidFrom: stamp.Draw(t, "from"), ValidUntil: stamp.Draw(t, "until"), Digest: text.Draw(t, "digest")})
		}
		for range rapid.IntRange(0, 7).Draw(t, "checks") {
			r.Checks = append(r.Checks, verifier.Check{Name: verifier.CheckName(text.Draw(t, "name")), Outcome: verifier.Outcome(text.Draw(t, "outcome")), Detail: text.Draw(t, "detail")})
		}
		if rapid.Bool().Draw(t, "named") {
			matches := rapid.Bool().Draw(t, "matches")
			r.NameMatches = &matches
		}
		receipt := text.Draw(t, "receipt")
		if rapid.Bool().Draw(t, "payload") {
			r.Payload = json.RawMessage(`{"a":1,"b":["x"]}`)
			r.Certificate = &credential.Credential{}
		}
		if got, want := string(appendReport(nil, r, receipt)), reference(t, r, receipt); got != want {
			t.Fatalf("\n%s\nwant\n%s", got, want)
		}
	})
}

// A field that the report gets later must be written too.
func TestEveryFieldOfAReportIsWritten(t *testing.T) {
	yes, now := true, time.Now()
	r := verifier.Report{
		Verdict: verifier.Valid, Reason: "x", CheckedAt: now, At: &now, StatusAsOf: &now, StatusLists: []verifier.ListUsed{{URL: "x"}},
		NameMatches: &yes, Checks: []verifier.Check{{}}, Payload: json.RawMessage("{}"), Certificate: &credential.Credential{},
		Summarised: &summary.Summary{}, SummaryDigest: "x",
	}
	v := reflect.ValueOf(r)
	text := string(appendReport(nil, &r, ""))
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		if v.Field(i).IsZero() {
			t.Errorf("this test does not fill %s", field.Name)
		}
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "-" && !strings.Contains(text, `"`+name+`":`) {
			t.Errorf("%s is not written as %s", field.Name, name)
		}
	}
}

// Signed nonsense must not make the answer nonsense.
func TestPayloadThatIsNoJSONIsLeftOut(t *testing.T) {
	r := verifier.NewReport(time.Now(), verifier.Invalid, verifier.Malformed, "signed, but broken")
	r.Payload = json.RawMessage(`{"a":`)
	if text := appendReport(nil, r, ""); !json.Valid(text) || bytes.Contains(text, []byte(`"credential"`)) {
		t.Errorf("%s", text)
	}
	r.Payload = json.RawMessage(`{"a": "<"}`)
	if text := appendReport(nil, r, ""); !json.Valid(text) || !bytes.Contains(text, []byte(`"credential":{"a": "<"}`)) {
		t.Errorf("%s", text)
	}
}

func TestReportOfACertificate(t *testing.T) {
	h := newAPIHouse(t)
	v := h.service.verifier(verifier.Policy{})
	r := v.Examine(t.Context(), h.token(t, "GOOD", nil))
	var got, want any
	if err := json.Unmarshal(appendReport(nil, r, "a.b.c"), &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(reference(t, r, "a.b.c")), &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v\nwant\n%v", got, want)
	}
}
