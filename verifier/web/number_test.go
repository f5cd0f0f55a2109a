package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/testamur/testamur/verifier"
)

// byNumber finds the certificates of an office by numbers of its own.
type byNumber map[string]string

var errNumbers = errors.New("the records are away, secret-detail")

func (b byNumber) Number(_ context.Context, number string) (string, error) {
	if id, ok := b[strings.ToUpper(strings.ReplaceAll(number, " ", "-"))]; ok {
		if id == "" {
			return "", errNumbers
		}
		return id, nil
	}
	return "", fmt.Errorf("number: %w", verifier.ErrNoSuch)
}

func numberedOffice(t *testing.T) *office {
	t.Helper()
	o := newOffice(t)
	o.service.Numbers = byNumber{
		"SCB-7Q2F9-KXM31": idValid, "SCB-00000-00001": idWithdrawn, "SCB-00000-00002": idExpired,
		"SCB-00000-00003": idUncertain, "SCB-00000-00004": "",
	}
	return o
}

// secrets are what nobody is told who knows a number alone.
var secrets = []string{"Łukasiewicz", "D. Decider", idValid, idWithdrawn, idExpired, "/certificates/", "urn:uuid"}

func TestANumberTellsHowItStandsAndNotWhose(t *testing.T) {
	o := numberedOffice(t)
	for number, want := range map[string]struct {
		status int
		says   []string
	}{
		"scb 7q2f9 kxm31": {http.StatusOK, []string{`class="verdict valid"`, "Consultant/Manager Competence Certificate", "CM-COMP", "2029-11-19"}},
		"SCB-00000-00001": {http.StatusOK, []string{`class="verdict withdrawn"`, "Withdrawn on ", "obtained by false statements"}},
		"SCB-00000-00002": {http.StatusOK, []string{`class="verdict expired"`, "Expired on "}},
		"SCB-00000-00003": {http.StatusServiceUnavailable, []string{`class="verdict unknown"`}},
		"SCB-00000-00004": {http.StatusServiceUnavailable, []string{"Could not be checked"}},
		"SCB-00000-00009": {http.StatusNotFound, []string{"No certificate has this number"}},
	} {
		for _, language := range []string{"", "&lang=de", "&lang=ar"} {
			rec := o.get(t, "/?q="+url.QueryEscape(number)+language)
			page := rec.Body.String()
			if rec.Code != want.status {
				t.Errorf("%s%s: %d", number, language, rec.Code)
			}
			for _, secret := range append([]string{"secret-detail"}, secrets...) {
				if strings.Contains(page, secret) {
					t.Errorf("%s%s: the page says %q", number, language, secret)
				}
			}
			if cache := rec.Header().Get("Cache-Control"); cache != "no-store" {
				t.Errorf("%s: Cache-Control %q", number, cache)
			}
			for _, says := range want.says {
				if language == "" && !strings.Contains(page, says) {
					t.Errorf("%s: the page does not say %q", number, says)
				}
			}
		}
	}
	if log := o.log.String(); strings.Contains(log, "7Q2F9") {
		t.Errorf("a number is in the log: %s", log)
	}
}

func TestANumberTypedLeadsToItsOwnAddress(t *testing.T) {
	o := numberedOffice(t)
	form := strings.NewReader(url.Values{"q": {"SCB-7Q2F9-KXM31"}, "at": {"2026-11-01"}}.Encode())
	rec := o.ask(t, http.MethodPost, "/?lang=fr", form, "Content-Type: application/x-www-form-urlencoded")
	if to := rec.Header().Get("Location"); rec.Code != http.StatusSeeOther || to != "/?at=2026-11-01&lang=fr&q=SCB-7Q2F9-KXM31" {
		t.Errorf("%d %q", rec.Code, to)
	}
}

func TestWhoeverKnowsNumberAndNameIsToldWhetherTheyMatch(t *testing.T) {
	o := numberedOffice(t)
	for name, want := range map[string]string{"ada lukasiewicz": "does not match", "dr ada łukasiewicz": "The name matches", "Eve Mallory": "does not match"} {
		form := strings.NewReader(url.Values{"q": {"SCB-7Q2F9-KXM31"}, "name": {name}}.Encode())
		rec := o.ask(t, http.MethodPost, "/", form, "Content-Type: application/x-www-form-urlencoded")
		page := rec.Body.String()
		if rec.Code != http.StatusOK || !strings.Contains(page, want) {
			t.Errorf("%s: %d, does not say %q", name, rec.Code, want)
		}
		for _, secret := range secrets {
			if strings.Contains(page, secret) {
				t.Errorf("%s: the page says %q", name, secret)
			}
		}
	}
}

func TestProgramsAskByNumber(t *testing.T) {
	o := numberedOffice(t)
	ask := func(question string) (int, map[string]any, string) {
		rec := o.ask(t, http.MethodPost, "/v1/verify", strings.NewReader(question), "Content-Type: application/json")
		var answer map[string]any
		if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil {
			t.Fatalf("%s: %v\n%s", question, err, rec.Body)
		}
		return rec.Code, answer, rec.Body.String()
	}
	for question, want := range map[string]struct {
		status  int
		valid   any
		reason  any
		matches any
	}{
		`{"number":"SCB-7Q2F9-KXM31"}`:                              {200, true, "", nil},
		`{"number":"SCB-7Q2F9-KXM31","name":"Dr. Ada Łukasiewicz"}`: {200, true, "", true},
		`{"number":"SCB-7Q2F9-KXM31","name":"Eve"}`:                 {200, false, "name_mismatch", false},
		`{"number":"SCB-00000-00001"}`:                              {200, false, "revoked", nil},
		`{"number":"SCB-00000-00003"}`:                              {200, false, "status_unavailable", nil},
		`{"number":"SCB-00000-00004"}`:                              {200, false, "unavailable", nil},
		`{"number":"SCB-00000-00009"}`:                              {200, false, "unknown", nil},
		`{"number":"SCB-7Q2F9-KXM31","receipt":true}`:               {400, nil, nil, nil},
		`{"number":"SCB-7Q2F9-KXM31","link":"https://x.example/"}`:  {400, nil, nil, nil},
	} {
		status, answer, text := ask(question)
		if status != want.status || answer["valid"] != want.valid || answer["reason"] != want.reason || answer["nameMatches"] != want.matches {
			t.Errorf("%s: %d %s", question, status, text)
		}
		for _, secret := range append([]string{"secret-detail", `"credential"`}, secrets...) {
			if strings.Contains(text, secret) && status == 200 {
				t.Errorf("%s: the answer says %q", question, secret)
			}
		}
	}
	if _, answer, _ := ask(`{"number":"SCB-7Q2F9-KXM31"}`); answer["certificate"].(map[string]any)["title"] != "Consultant/Manager Competence Certificate" {
		t.Errorf("%v", answer["certificate"])
	}
	o.service.Numbers = nil
	if status, _, text := ask(`{"number":"SCB-7Q2F9-KXM31"}`); status != 400 || !strings.Contains(text, "number") {
		t.Errorf("without numbers: %d %s", status, text)
	}
}

// Whoever asks about a name and gives none must not read the answer to another
// question.
func TestABlankNameIsNoQuestionLeftOut(t *testing.T) {
	h := newAPIHouse(t)
	token := h.token(t, "GOOD", nil)
	if w := h.ask("POST", "/v1/verify", `{"credential":"`+token+`","name":" "}`, "Content-Type", "application/json"); w.Code != http.StatusBadRequest {
		t.Errorf("JSON: %d %s", w.Code, w.Body)
	}
	in := "credential,name\n" + token + ",\n" + token + "\n" + token + ",Ada Łukasiewicz\n"
	w := h.ask("POST", "/v1/verify/batch", in, "Content-Type", "text/csv", "Accept", "application/x-ndjson")
	rows := strings.Split(strings.TrimSpace(w.Body.String()), "\n")
	if len(rows) != 3 || !strings.Contains(rows[0], badRow) || !strings.Contains(rows[1], badRow) || !strings.Contains(rows[2], `"valid":true`) {
		t.Errorf("table: %s", w.Body)
	}
}
