package web

import (
	"bytes"
	"encoding/json"
	"html"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/paper"
	"github.com/testamur/testamur/verifier/summary"
)

// summaryText is the text of the second QR code of the certificate of the house.
func (h *apiHouse) summaryText(t testing.TB, change func(*summary.Summary)) string {
	t.Helper()
	until, scope := credential.Time{Time: apiNoon.AddDate(3, 0, 0)}, "Everything."
	s := &summary.Summary{
		Issuer: apiBody, Verifier: apiService, ID: apiID, List: "1", Index: 4711, Competence: true, Number: "SCB-7Q2F9-KXM31", Holder: apiHolder, Title: "Manager", Code: "CM",
		Scheme: "Management", Edition: "1", Body: "Specimen Certification Body", Decider: "D. Decider",
		Decided: credential.Time{Time: apiNoon.AddDate(0, 0, -40)}, From: credential.Time{Time: apiNoon.AddDate(0, 0, -30)}, Until: &until, Scope: &scope,
	}
	if change != nil {
		change(s)
	}
	payload, err := s.Payload()
	if err != nil {
		t.Fatal(err)
	}
	token, err := h.ring.Sign(t.Context(), keys.ForCredential, keys.TypeSummary, payload)
	if err != nil {
		t.Fatal(err)
	}
	text, err := summary.Write(token)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Programs post the text of the code as they post a link.
func TestSummaryIsVerifiedOverTheAPI(t *testing.T) {
	h := newAPIHouse(t)
	text := h.summaryText(t, nil)
	link, err := json.Marshal(map[string]any{"link": text, "receipt": true})
	if err != nil {
		t.Fatal(err)
	}
	for media, body := range map[string]string{"application/json": string(link), "text/plain": text} {
		w := h.ask(http.MethodPost, "/v1/verify", body, "Content-Type", media)
		r := readReply(t, w)
		var said struct{ Summary *summary.Summary }
		if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil {
			t.Fatal(err)
		}
		if w.Code != http.StatusOK || !r.Valid || r.Credential != nil || said.Summary == nil || said.Summary.Holder != apiHolder {
			t.Errorf("%s: %d %s", media, w.Code, w.Body)
		}
		if media == "application/json" {
			got := openReceipt(t, h, r.Receipt)
			payload, _ := said.Summary.Payload()
			if got.Certificate == nil || got.Certificate.ID != apiBody+"/certificates/"+apiID || got.Certificate.Digest != credential.Digest(payload) {
				t.Errorf("the receipt: %+v", got)
			}
		}
	}
	// The longest that a code holds is longer than other addresses may be.
	long := h.summaryText(t, func(s *summary.Summary) {
		random := rand.New(rand.NewPCG(1, 2))
		name := make([]byte, 950) // which does not get much smaller
		for i := range name {
			name[i] = byte('a' + random.IntN(26))
		}
		s.Body = string(name)
	})
	if link, err = json.Marshal(map[string]string{"link": long}); err != nil || len(long) <= paper.MaxLink {
		t.Fatalf("%d characters, %v", len(long), err)
	}
	if r := readReply(t, h.ask(http.MethodPost, "/v1/verify", string(link), "Content-Type", "application/json")); !r.Valid {
		t.Errorf("a long one: %+v", r)
	}
	h.now = h.now.Add(time.Hour)
	h.publish(t, 4711)
	if r := readReply(t, h.ask(http.MethodPost, "/v1/verify", text, "Content-Type", "text/plain")); r.Reason != "revoked" {
		t.Errorf("withdrawn: %+v", r)
	}
	h.now = h.now.Add(-time.Hour)
	elsewhere := strings.Replace(text, "verify.example.org", "verify.example-org.evil", 1)
	if w := h.ask(http.MethodPost, "/v1/verify", elsewhere, "Content-Type", "text/plain"); readReply(t, w).Reason != "altered" || !strings.Contains(w.Body.String(), "which is not the address that was signed") || strings.Contains(w.Body.String(), apiHolder) {
		t.Errorf("another page: %s", w.Body)
	}
	changed := []byte(text)
	changed[len(changed)-30] = '0' + (changed[len(changed)-30]-'0'+1)%10
	if r := readReply(t, h.ask(http.MethodPost, "/v1/verify", string(changed), "Content-Type", "text/plain")); r.Verdict != "invalid" {
		t.Errorf("changed: %+v", r)
	}
}

// Typed into the form, the text is checked by the service, and stands in no address.
func TestSummaryIsCheckedByTheForm(t *testing.T) {
	h := newAPIHouse(t)
	form := "q=" + strings.NewReplacer("#", "%23", "/", "%2F", ":", "%3A").Replace(h.summaryText(t, nil))
	w := h.ask(http.MethodPost, "/", form, "Content-Type", "application/x-www-form-urlencoded")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), apiHolder) || !strings.Contains(w.Body.String(), `class="verdict valid"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

var issuersInPage = regexp.MustCompile(`data-issuers="([^"]*)"`)

// The page brings the keys that may sign certificates, no other and none that is
// private, and is the same for everybody.
func TestPageOfSummariesBringsItsKeys(t *testing.T) {
	h := newAPIHouse(t)
	for _, path := range []string{"/v", "/v/", "/v?lang=ar"} {
		w := h.ask(http.MethodGet, path, "")
		m := issuersInPage.FindSubmatch(w.Body.Bytes())
		if w.Code != http.StatusOK || m == nil {
			t.Fatalf("%s: %d", path, w.Code)
		}
		var issuers []struct {
			ID, Name string
			Keys     []map[string]string
		}
		if err := json.Unmarshal([]byte(html.UnescapeString(string(m[1]))), &issuers); err != nil {
			t.Fatal(err)
		}
		active, err := h.ring.Active(keys.ForCredential)
		if err != nil {
			t.Fatal(err)
		}
		if len(issuers) != 1 || issuers[0].ID != apiBody || len(issuers[0].Keys) != 1 || issuers[0].Keys[0]["kid"] != active.ID || issuers[0].Keys[0]["d"] != "" {
			t.Errorf("%s: %+v", path, issuers)
		}
		policy := w.Header()
		if policy.Get("Content-Security-Policy") != PolicyScripted || policy.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(policy.Get("X-Robots-Tag"), "noindex") {
			t.Errorf("%s: %v", path, policy)
		}
		again := h.ask(http.MethodGet, path, "")
		if !bytes.Equal(again.Body.Bytes(), w.Body.Bytes()) {
			t.Errorf("%s is not the same twice", path)
		}
	}
	if w := h.ask(http.MethodPost, "/v", "x"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("posting to the page: %d", w.Code)
	}
}
