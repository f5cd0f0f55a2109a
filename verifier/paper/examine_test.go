package paper_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/paper"
	"github.com/testamur/testamur/verifier/statuslist"
)

// publisher is an issuer on the web, with what it publishes by path.
type publisher struct {
	*httptest.Server
	ring  *keys.Ring
	paths map[string]string // path → body; "" → 500
}

func newPublisher(t *testing.T) *publisher {
	t.Helper()
	p := &publisher{paths: map[string]string{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := p.paths[r.URL.Path]
		switch {
		case !ok:
			http.NotFound(w, r)
		case body == "":
			http.Error(w, "broken", http.StatusInternalServerError)
		default:
			fmt.Fprint(w, body)
		}
	}))
	t.Cleanup(p.Close)
	var list []*keys.Private
	for _, purpose := range []keys.Purpose{keys.ForCredential, keys.ForStatusList} {
		k, err := keys.Generate(p.URL, purpose, keys.ES256, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, k)
	}
	var err error
	if p.ring, err = keys.NewRing(list...); err != nil {
		t.Fatal(err)
	}
	bits, err := statuslist.New(statuslist.MinEntries)
	if err != nil {
		t.Fatal(err)
	}
	until := credential.Time{Time: time.Now().Add(time.Hour).UTC().Truncate(time.Second)}
	payload, err := (&credential.StatusList{
		Context: []string{credential.ContextVC}, ID: p.URL + "/status/1",
		Type:   credential.Strings{credential.TypeVC, credential.TypeStatusList},
		Issuer: credential.Profile{ID: p.URL}, ValidFrom: credential.Time{Time: time.Now().Add(-time.Hour).UTC().Truncate(time.Second)}, ValidUntil: &until,
		Subject: credential.StatusListSubject{
			Type: credential.Strings{credential.TypeStatusListSubject}, Purpose: credential.Strings{credential.PurposeRevocation}, Encoded: bits.Encode(),
		},
	}).Encode()
	p.publish(t, "/status/1", keys.ForStatusList, payload, err)
	return p
}

func (p *publisher) publish(t *testing.T, path string, purpose keys.Purpose, payload []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	token, err := p.ring.Sign(t.Context(), purpose, keys.TypeVC, payload)
	if err != nil {
		t.Fatal(err)
	}
	p.paths[path] = token
	return token
}

// certify publishes a certificate at its own address and returns it.
func (p *publisher) certify(t *testing.T, id string) string {
	t.Helper()
	payload, err := (&credential.Credential{
		Context: []string{credential.ContextVC, credential.ContextOB}, ID: p.URL + "/certificates/" + id,
		Type:   credential.Strings{credential.TypeVC, credential.TypeBadge},
		Issuer: credential.Profile{ID: p.URL, Type: credential.Strings{"Profile"}}, ValidFrom: credential.Time{Time: time.Now().Add(-time.Hour).UTC().Truncate(time.Second)},
		Subject: credential.Subject{
			ID: "urn:uuid:6d6b0c5e-6f7c-4a3e-9a51-2f0b8d1f7c11", Type: credential.Strings{"AchievementSubject"},
			Achievement: credential.Achievement{
				ID: p.URL + "/a", Type: credential.Strings{"Achievement"}, Name: "A", Description: "D", Criteria: credential.Criteria{Narrative: "N"},
			},
		},
		Status: &credential.Status{
			Type: credential.StatusEntry, Purpose: credential.PurposeRevocation, Index: "7", List: p.URL + "/status/1",
		},
	}).Encode()
	return p.publish(t, "/certificates/"+id+".jws", keys.ForCredential, payload, err)
}

func (p *publisher) examiner(t *testing.T) *paper.Examiner {
	t.Helper()
	trust, err := verifier.NewTrust([]*verifier.Issuer{{ID: p.URL, Keys: p.ring.Set(), StatusLists: []string{p.URL + "/status/"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	publication := verifier.NewPublication(trust)
	return &paper.Examiner{Verifier: verifier.Verifier{Issuers: trust, Statuses: publication}, Publication: publication}
}

func TestExamineFollowsOnlyToTheCertificateTheLinkNames(t *testing.T) {
	p := newPublisher(t)
	token := p.certify(t, "AAAA")
	p.paths["/certificates/BBBB.jws"] = token // the certificate of another address
	p.paths["/certificates/CCCC.jws"] = ""
	p.paths["/certificates/DDDD.jws"] = "<html>not a token</html>"
	host := strings.TrimPrefix(p.URL, "http://")
	for name, row := range map[string]struct {
		document string
		offline  bool
		verdict  verifier.Verdict
		reason   verifier.Reason
	}{
		"token":              {document: token, verdict: verifier.Valid},
		"token in a letter":  {document: "Dear all,\n\n" + token + "\n\nyours", verdict: verifier.Valid},
		"link":               {document: p.URL + "/c/AAAA", verdict: verifier.Valid},
		"link in lower case": {document: p.URL + "/c/aaaa", verdict: verifier.Valid},
		"link in capitals":   {document: "HTTP://" + host + "/C/AAAA", verdict: verifier.Valid},
		"link in a letter":   {document: "see " + p.URL + "/c/AAAA please", verdict: verifier.Valid},
		"another's link":     {document: p.URL + "/c/BBBB", verdict: verifier.Invalid, reason: verifier.Altered},
		"broken issuer":      {document: p.URL + "/c/CCCC", verdict: verifier.Indeterminate, reason: verifier.Unavailable},
		"nonsense published": {document: p.URL + "/c/DDDD", verdict: verifier.Indeterminate, reason: verifier.Unavailable},
		"unknown":            {document: p.URL + "/c/EEEE", verdict: verifier.Invalid, reason: verifier.Unknown},
		"two links":          {document: p.URL + "/c/AAAA and " + p.URL + "/c/EEEE", verdict: verifier.Indeterminate, reason: verifier.NoCredential},
		"one link twice":     {document: p.URL + "/c/AAAA and " + p.URL + "/C/aaaa", verdict: verifier.Valid},
		"and a foreign link": {document: "http://example.org/ and " + p.URL + "/c/AAAA", verdict: verifier.Valid},
		"climbing link":      {document: p.URL + "/c/../certificates/AAAA", verdict: verifier.Invalid, reason: verifier.Malformed},
		"foreign link":       {document: "http://127.0.0.1:9/c/AAAA", verdict: verifier.Invalid, reason: verifier.UntrustedIssuer},
		"link offline":       {document: p.URL + "/c/AAAA", offline: true, verdict: verifier.Indeterminate, reason: verifier.Unavailable},
		"number":             {document: "ECB-7Q2F9-KXM4C", verdict: verifier.Indeterminate, reason: verifier.NoCredential},
		"number as typed":    {document: "ecb 7q2f9 kxm4c", verdict: verifier.Indeterminate, reason: verifier.NoCredential},
		"nothing":            {document: "", verdict: verifier.Invalid, reason: verifier.Malformed},
		"letter":             {document: "Dear all, nothing here.", verdict: verifier.Invalid, reason: verifier.Malformed},
		"two tokens":         {document: token + "\n\n" + p.certify(t, "FFFF"), verdict: verifier.Indeterminate, reason: verifier.NoCredential},
		"PDF without":        {document: "%PDF-1.4\n", verdict: verifier.Indeterminate, reason: verifier.NoCredential},
		"token with a wrap":  {document: token[:40] + "\n" + token[40:], verdict: verifier.Invalid, reason: verifier.Malformed},
		"token with a space": {document: token[:40] + "=" + token[40:], verdict: verifier.Invalid, reason: verifier.Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			e := p.examiner(t)
			e.Offline = row.offline
			r := e.Examine(t.Context(), []byte(row.document))
			if r.Verdict != row.verdict || r.Reason != row.reason {
				t.Errorf("%s %q (%s), want %s %q", r.Verdict, r.Reason, r.Summary(), row.verdict, row.reason)
			}
			if r.Verdict != verifier.Valid && r.Payload != nil && row.reason == verifier.Malformed {
				t.Error("the report shows a credential although no signature was good")
			}
		})
	}
}
