package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/cmd/internal/server"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/receipt"
	"github.com/testamur/testamur/verifier/statuslist"
	"github.com/testamur/testamur/verifier/web"
)

// noon is the moment of checking, then one at which nothing was withdrawn yet.
var (
	noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	then = time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)
)

// The links of the certificates of the house, by how they stand.
const (
	linkValid     = "0VA11D000000000000000000A1"
	linkForever   = "0F0REVER00000000000000000B"
	linkExpired   = "0EXP1RED00000000000000000C"
	linkEarly     = "0EAR1Y0000000000000000000D"
	linkSuspended = "0S0SPENDED000000000000000E"
	linkWithdrawn = "0W1THDRAWN000000000000000F"
	linkReplaced  = "0REP1ACED0000000000000000G"
	linkAltered   = "0A1TERED00000000000000000H"
	linkUncertain = "0NNCERTA1N0000000000000001" // its status list cannot be had
	linkSilent    = "0S11ENT000000000000000000J" // the issuer does not answer
	linkNone      = "0N0NE00000000000000000000K"
)

// house is a body and its verification service, as the server serves them.
type house struct {
	url     string
	ring    *keys.Ring
	tokens  map[string]string // by link
	lists   map[string]string // by address
	service *web.Service
	// fixture pages of the tests, by path; they have the headers of the real ones
	fixtures map[string]string
	headers  map[string]string // of all fixtures
}

// newHouse opens the service at an address of this machine.
func newHouse(t testing.TB) *house {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &house{
		url: "http://" + ln.Addr().String(), tokens: map[string]string{}, lists: map[string]string{},
		fixtures: map[string]string{}, headers: map[string]string{},
	}
	h.issue(t)

	trust, err := verifier.NewTrust([]*verifier.Issuer{{
		ID: h.url, Name: body, Keys: h.ring.Set(), StatusLists: []string{h.url + "/status/"},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	pages, err := templates.NewWeb(templates.Site{Name: body})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	publication := verifier.NewPublication(trust).Own(h.url, h)
	h.service = &web.Service{
		Name: body, URL: h.url, Trust: trust, Publication: publication, Lists: publication,
		Register: h, Numbers: h, Receipts: &receipt.Desk{Body: h.url, Signer: h.ring, Now: func() time.Time { return noon }}, Pages: pages, Log: log, Now: func() time.Time { return noon },
	}
	rules := map[string]server.Rule{}
	for name, demand := range h.service.Demands() {
		rules[name] = server.Rule(demand)
	}
	quota := server.DefaultQuota
	quota.Rate = 0 // one reader looks at hundreds of pages
	engine := server.Engine(server.Options{Log: log, Pages: pages, Refuse: pages.RefuseIn, Rules: rules, Guard: server.NewGuard(quota)})
	h.service.Mount(engine)
	srv := &httptest.Server{Listener: ln, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if page, ok := h.fixtures[r.URL.Path]; ok {
			for name, value := range h.headers {
				w.Header().Set(name, value)
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, page)
			return
		}
		engine.ServeHTTP(w, r)
	})}}
	srv.Start()
	t.Cleanup(srv.Close)
	return h
}

const (
	body   = "Specimen Certification Body"
	holder = "Dr. Ada Łukasiewicz-Wolfeschlegelsteinhausen"
)

// issue makes the certificates and lists of the house.
func (h *house) issue(t testing.TB) {
	t.Helper()
	var ks []*keys.Private
	for _, p := range []keys.Purpose{keys.ForCredential, keys.ForStatusList, keys.ForReceipt} {
		k, err := keys.Generate(h.url, p, keys.ES256, noon)
		if err != nil {
			t.Fatal(err)
		}
		ks = append(ks, k)
	}
	var err error
	if h.ring, err = keys.NewRing(ks...); err != nil {
		t.Fatal(err)
	}
	year := func(n int) time.Time { return noon.AddDate(n, 0, 0) }
	day := noon.AddDate(0, 0, -30)
	until := year(3)
	h.certificate(t, linkValid, 1, "1", day, &until)
	h.certificate(t, linkForever, 2, "1", day, nil)
	past := noon.AddDate(0, 0, -3)
	h.certificate(t, linkExpired, 3, "1", year(-3), &past)
	h.certificate(t, linkEarly, 4, "1", noon.AddDate(0, 1, 0), &until)
	h.certificate(t, linkSuspended, 5, "1", day, &until)
	h.certificate(t, linkWithdrawn, 6, "1", day, &until)
	h.certificate(t, linkReplaced, 7, "1", day, &until)
	h.certificate(t, linkAltered, 8, "1", day, &until)
	h.certificate(t, linkUncertain, 9, "2", day, &until)
	h.tokens[linkAltered] = altered(t, h.tokens[linkAltered])
	h.list(t, "/status/1", credential.PurposeRevocation, noon, 6, 7)
	h.list(t, "/status/1-suspension", credential.PurposeSuspension, noon, 5)
	h.list(t, "/status/1?then", credential.PurposeRevocation, then)
	h.list(t, "/status/1-suspension?then", credential.PurposeSuspension, then)
}

// altered is a token with one letter of the signed content changed.
func altered(t testing.TB, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	payload := []byte(parts[1])
	i := bytes.IndexByte(payload[len(payload)/2:], 'a') + len(payload)/2
	payload[i] = 'b'
	return parts[0] + "." + string(payload) + "." + parts[2]
}

func (h *house) certificate(t testing.TB, link string, place int, list string, from time.Time, until *time.Time) {
	t.Helper()
	kind := credential.AchievementCertificate
	var end *credential.Time
	if until != nil {
		end = &credential.Time{Time: *until}
		kind = credential.AchievementCertification
	}
	c := credential.Credential{
		Context:   []string{credential.ContextVC, credential.ContextOB},
		ID:        h.url + "/certificates/" + link,
		Type:      credential.Strings{credential.TypeVC, credential.TypeBadge},
		Name:      "Consultant and Manager in Competence Management",
		Issuer:    credential.Profile{ID: h.url, Type: credential.Strings{"Profile"}, Name: body},
		ValidFrom: credential.Time{Time: from}, ValidUntil: end,
		Description: "Analysis, modelling and assessment of competence in organisations",
		AwardedDate: &credential.Time{Time: from},
		Subject: credential.Subject{
			ID: "urn:uuid:6d6b0c5e-6f7c-4a3e-9a51-2f0b8d1f7c11", Type: credential.Strings{"AchievementSubject"},
			Identifier:    []credential.IdentityObject{{Type: "IdentityObject", IdentityHash: holder, IdentityType: "name"}},
			LicenseNumber: fmt.Sprintf("SCB-7Q2F%d-M31PD", place),
			Achievement: credential.Achievement{
				ID: h.url + "/schemes/1/2026/CM-COMP", Type: credential.Strings{"Achievement"}, AchievementType: kind,
				Name: "Consultant and Manager in Competence Management", Description: "Shows ability.",
				Criteria: credential.Criteria{ID: h.url + "/schemes/1/2026/CM-COMP", Narrative: "An examination."}, HumanCode: "CM-COMP", Version: "2026",
			},
		},
		Status: &credential.Status{
			Type: credential.StatusEntry, Purpose: credential.PurposeRevocation, Index: fmt.Sprint(place),
			List: h.url + "/status/" + list, Suspension: h.url + "/status/" + list + "-suspension",
		},
	}
	payload, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if h.tokens[link], err = h.ring.Sign(t.Context(), keys.ForCredential, keys.TypeVC, payload); err != nil {
		t.Fatal(err)
	}
}

// list publishes the list of a moment, which is kept by its path.
func (h *house) list(t testing.TB, path, purpose string, at time.Time, entries ...int) {
	t.Helper()
	address, _, _ := strings.Cut(path, "?")
	bits, err := statuslist.New(statuslist.MinEntries)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range entries {
		bits.Set(i)
	}
	payload, err := (&credential.StatusList{
		Context: []string{credential.ContextVC}, ID: h.url + address,
		Type:      credential.Strings{credential.TypeVC, credential.TypeStatusList},
		Issuer:    credential.Profile{ID: h.url},
		ValidFrom: credential.Time{Time: at.Add(-time.Hour)}, ValidUntil: &credential.Time{Time: at.Add(23 * time.Hour)},
		Subject: credential.StatusListSubject{
			Type: credential.Strings{credential.TypeStatusListSubject}, Purpose: credential.Strings{purpose}, Encoded: bits.Encode(),
		},
	}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	if h.lists[h.url+path], err = h.ring.Sign(t.Context(), keys.ForStatusList, keys.TypeVC, payload); err != nil {
		t.Fatal(err)
	}
}

// Credential implements [verifier.Origin].
func (h *house) Credential(_ context.Context, id string) (string, error) {
	if id == linkSilent {
		return "", errors.New("the records cannot be read")
	}
	if token, ok := h.tokens[id]; ok {
		return token, nil
	}
	return "", fmt.Errorf("%s: %w", id, verifier.ErrNoSuch)
}

// StatusList implements [verifier.Statuses].
func (h *house) StatusList(_ context.Context, url string) (string, error) {
	if list, ok := h.lists[url]; ok {
		return list, nil
	}
	return "", errors.New("there is no such list")
}

// StatusListAt implements [verifier.Archive].
func (h *house) StatusListAt(ctx context.Context, url string, at time.Time) (string, error) {
	if at.Sub(then).Abs() < time.Hour {
		url += "?then"
	}
	return h.StatusList(ctx, url)
}

const numberValid = "SCB-7Q2F9-KXM31"

// Number implements [web.Numbers].
func (h *house) Number(_ context.Context, number string) (string, error) {
	if number == numberValid {
		return linkValid, nil
	}
	return "", verifier.ErrNoSuch
}

// Standing implements [web.Register].
func (h *house) Standing(_ context.Context, id string) (*web.Standing, error) {
	since := noon.AddDate(0, 0, -7)
	switch id {
	case linkSuspended:
		return &web.Standing{Since: since, Reason: "complaint"}, nil
	case linkWithdrawn:
		return &web.Standing{Since: since, Reason: "fraud"}, nil
	case linkReplaced:
		return &web.Standing{Since: since, Reason: "superseded", ReplacedBy: linkValid}, nil
	}
	return nil, nil
}

// quoted is a string as JavaScript has it.
func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}
