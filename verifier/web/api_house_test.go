package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/receipt"
	"github.com/testamur/testamur/verifier/statuslist"
)

const (
	apiBody    = "https://certs.example.org"
	apiService = "https://verify.example.org"
	apiHolder  = "Ada Łukasiewicz"
	apiID      = "7Q2F9KXM31PDA8ZC7Q2F9KXM31"
)

// apiNoon is the moment of checking.
var apiNoon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// apiHouse is an issuer with all that it publishes, and a service that trusts it.
type apiHouse struct {
	ring    *keys.Ring
	service *Service
	handler http.Handler

	mu           sync.Mutex
	certificates map[string]string // by id
	lists        map[string]string // by URL
	down         error             // of everything that is asked
	now          time.Time
}

func newAPIHouse(t testing.TB) *apiHouse {
	t.Helper()
	var private []*keys.Private
	for _, p := range []keys.Purpose{keys.ForCredential, keys.ForStatusList} {
		private = append(private, apiKey(t, apiBody, p))
	}
	ring, err := keys.NewRing(private...)
	if err != nil {
		t.Fatal(err)
	}
	trust, err := verifier.NewTrust([]*verifier.Issuer{{
		ID: apiBody, Name: "Specimen Certification Body", Keys: ring.Set(), StatusLists: []string{apiBody + "/status/"},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	receipts, err := keys.NewRing(apiKey(t, apiService, keys.ForReceipt))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := templates.NewWeb(templates.Site{Name: "Specimen Verification"})
	if err != nil {
		t.Fatal(err)
	}
	h := &apiHouse{ring: ring, now: apiNoon, certificates: map[string]string{}, lists: map[string]string{}}
	h.publish(t)
	publication := verifier.NewPublication(trust).Own(apiBody, h)
	now := func() time.Time { return h.now }
	h.service = &Service{
		Name: "Specimen Verification", URL: apiService, Trust: trust, Publication: publication,
		Lists:    &verifier.Lists{Source: publication},
		Receipts: &receipt.Desk{Body: apiService, Signer: receipts, Now: now},
		Pages:    pages, Log: slog.New(slog.DiscardHandler), Now: now,
	}
	h.certificates[apiID] = h.token(t, apiID, nil)
	h.mount()
	return h
}

// mount makes the handler anew, which forgets what the service has kept.
func (h *apiHouse) mount() {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.RedirectTrailingSlash, e.RedirectFixedPath = false, false
	e.HandleMethodNotAllowed = true
	e.NoRoute(func(c *gin.Context) { h.service.Refuse(c.Writer, c.Request, http.StatusNotFound) })
	e.NoMethod(func(c *gin.Context) { h.service.Refuse(c.Writer, c.Request, http.StatusMethodNotAllowed) })
	h.service.Mount(e)
	h.handler = e
}

// apiKey makes one key for each purpose and keeps it: keys are slow to make.
var apiKey = func() func(testing.TB, string, keys.Purpose) *keys.Private {
	var mu sync.Mutex
	made := map[string]*keys.Private{}
	return func(t testing.TB, issuer string, p keys.Purpose) *keys.Private {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		name := fmt.Sprint(issuer, p)
		if made[name] == nil {
			k, err := keys.Generate(issuer, p, keys.ES256, apiNoon)
			if err != nil {
				t.Fatal(err)
			}
			made[name] = k
		}
		return made[name]
	}
}()

// Credential implements [verifier.Origin].
func (h *apiHouse) Credential(_ context.Context, id string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down != nil {
		return "", h.down
	}
	if token, ok := h.certificates[id]; ok {
		return token, nil
	}
	return "", verifier.ErrNoSuch
}

// StatusList implements [verifier.Statuses].
func (h *apiHouse) StatusList(_ context.Context, url string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if list, ok := h.lists[url]; ok && h.down == nil {
		return list, nil
	}
	return "", errors.New("no such list")
}

// StatusListAt implements [verifier.Archive].
func (h *apiHouse) StatusListAt(ctx context.Context, url string, _ time.Time) (string, error) {
	return h.StatusList(ctx, url)
}

// publish makes the status lists anew, with the entries revoked.
func (h *apiHouse) publish(t testing.TB, revoked ...int) {
	t.Helper()
	for url, purpose := range map[string]string{
		apiBody + "/status/1": credential.PurposeRevocation, apiBody + "/status/1-suspension": credential.PurposeSuspension,
	} {
		bits, err := statuslist.New(statuslist.MinEntries)
		if err != nil {
			t.Fatal(err)
		}
		if purpose == credential.PurposeRevocation {
			for _, i := range revoked {
				bits.Set(i)
			}
		}
		text, err := (&credential.StatusList{
			Context: []string{credential.ContextVC}, ID: url,
			Type:      credential.Strings{credential.TypeVC, credential.TypeStatusList},
			Issuer:    credential.Profile{ID: apiBody},
			ValidFrom: credential.Time{Time: h.now.Add(-time.Hour)}, ValidUntil: &credential.Time{Time: h.now.Add(23 * time.Hour)},
			Subject: credential.StatusListSubject{
				Type: credential.Strings{credential.TypeStatusListSubject}, Purpose: credential.Strings{purpose}, Encoded: bits.Encode(),
			},
		}).Encode()
		if err != nil {
			t.Fatal(err)
		}
		token, err := h.ring.Sign(t.Context(), keys.ForStatusList, keys.TypeVC, text)
		if err != nil {
			t.Fatal(err)
		}
		h.mu.Lock()
		h.lists[url] = token
		h.mu.Unlock()
	}
}

// token signs the certificate of an id after a change.
func (h *apiHouse) token(t testing.TB, id string, change func(*credential.Credential)) string {
	t.Helper()
	until := credential.Time{Time: apiNoon.AddDate(3, 0, 0)}
	c := credential.Credential{
		Context:   []string{credential.ContextVC, credential.ContextOB},
		ID:        apiBody + "/certificates/" + id,
		Type:      credential.Strings{credential.TypeVC, credential.TypeBadge},
		Issuer:    credential.Profile{ID: apiBody, Type: credential.Strings{"Profile"}, Name: "Specimen Certification Body"},
		ValidFrom: credential.Time{Time: apiNoon.AddDate(0, 0, -1)}, ValidUntil: &until,
		Subject: credential.Subject{
			ID:            "urn:uuid:6d6b0c5e-6f7c-4a3e-9a51-2f0b8d1f7c11",
			Type:          credential.Strings{"AchievementSubject"},
			Identifier:    []credential.IdentityObject{{Type: "IdentityObject", IdentityHash: apiHolder, IdentityType: "name"}},
			LicenseNumber: "CM-00001-7Q2F9",
			Achievement: credential.Achievement{
				ID: apiBody + "/schemes/1/CM", Type: credential.Strings{"Achievement"}, AchievementType: credential.AchievementCertification,
				Name: "Consultant/Manager", Description: "Shows ability.", Criteria: credential.Criteria{Narrative: "An exam."}, HumanCode: "CM",
			},
		},
		Status: &credential.Status{
			Type: credential.StatusEntry, Purpose: credential.PurposeRevocation, Index: "94567",
			List: apiBody + "/status/1", Suspension: apiBody + "/status/1-suspension",
		},
	}
	if change != nil {
		change(&c)
	}
	text, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	token, err := h.ring.Sign(t.Context(), keys.ForCredential, keys.TypeVC, text)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// ask sends a request to the service. Its headers are pairs of name and value.
func (h *apiHouse) ask(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, target, in)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w
}

func dialTest(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	return conn
}
