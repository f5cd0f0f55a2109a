package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
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

const officeURL = "https://certs.example.org"

// midday is the moment of checking.
var midday = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// The ids of the certificates of an office, by how they stand.
const (
	idValid     = "0VA11D000000000000000000A1"
	idForever   = "0F0REVER00000000000000000B"
	idExpired   = "0EXP1RED00000000000000000C"
	idEarly     = "0EAR1Y0000000000000000000D"
	idSuspended = "0S0SPENDED000000000000000E"
	idWithdrawn = "0W1THDRAWN000000000000000F"
	idReplaced  = "0REP1ACED0000000000000000G"
	idAltered   = "0A1TERED00000000000000000H"
	idSwapped   = "0SWAPPED00000000000000000J" // the certificate of another id
	idUncertain = "0NCERTA1N0000000000000000K" // its list cannot be had
	idSilent    = "0S11ENT000000000000000000M" // the issuer does not answer
	idNone      = "0N0NE00000000000000000000N"
)

// office is an issuer with its verification service.
type office struct {
	url     string
	ring    *keys.Ring
	service *Service
	engine  *gin.Engine
	log     bytes.Buffer

	mu        sync.Mutex
	now       time.Time
	tokens    map[string]string // by id
	lists     map[string]string // by address
	past      map[string]string // lists of the past, by address
	standings map[string]*Standing
	asked     int // for certificates
}

var privateKeys = sync.OnceValue(func() (list []*keys.Private) {
	for _, p := range []keys.Purpose{keys.ForCredential, keys.ForStatusList, keys.ForReceipt} {
		k, err := keys.Generate(officeURL, p, keys.ES256, midday)
		if err != nil {
			panic(err)
		}
		list = append(list, k)
	}
	return list
})

func newOffice(t testing.TB) *office { return newOfficeAt(t, officeURL) }

func newOfficeAt(t testing.TB, url string) *office {
	t.Helper()
	list := privateKeys()
	if url != officeURL {
		list = nil
		for _, p := range []keys.Purpose{keys.ForCredential, keys.ForStatusList, keys.ForReceipt} {
			k, err := keys.Generate(url, p, keys.ES256, midday)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, k)
		}
	}
	ring, err := keys.NewRing(list...)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{url: url, ring: ring, now: midday, tokens: map[string]string{}, lists: map[string]string{}, standings: map[string]*Standing{}}
	from := midday.AddDate(0, 0, -30)
	until := time.Date(2029, 11, 19, 23, 59, 59, 0, time.FixedZone("", 3600))
	past := time.Date(2026, 11, 17, 23, 59, 59, 0, time.FixedZone("", 3600))
	for id, dates := range map[string]struct {
		place string
		from  time.Time
		until *time.Time
	}{
		idValid: {"1 1", from, &until}, idForever: {"1 2", from, nil}, idExpired: {"1 3", from.AddDate(-3, 0, 0), &past},
		idEarly: {"1 4", midday.AddDate(0, 1, 11), &until}, idSuspended: {"1 5", from, &until}, idWithdrawn: {"1 6", from, &until},
		idReplaced: {"1 7", from, &until}, idAltered: {"1 8", from, &until}, idUncertain: {"2 9", from, &until},
	} {
		var list string
		var place int
		fmt.Sscan(dates.place, &list, &place)
		o.tokens[id] = o.sign(t, o.credential(id, list, place, dates.from, dates.until))
	}
	parts := strings.Split(o.tokens[idAltered], ".")
	o.tokens[idAltered] = parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2]))
	o.tokens[idSwapped] = o.tokens[idForever]
	o.publish(t, "1", credential.PurposeRevocation, 6, 7)
	o.publish(t, "1-suspension", credential.PurposeSuspension, 5)
	o.standings[idSuspended] = &Standing{Since: midday.AddDate(0, 0, -2), Reason: "investigation"}
	o.standings[idWithdrawn] = &Standing{Since: midday.AddDate(0, 0, -3), Reason: "fraud"}
	o.standings[idReplaced] = &Standing{Since: midday.AddDate(0, 0, -4), Reason: "superseded", ReplacedBy: idValid}

	trust, err := verifier.NewTrust([]*verifier.Issuer{o.issuer()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	o.serve(t, trust, verifier.NewPublication(trust).Own(url, o))
	return o
}

func (o *office) issuer() *verifier.Issuer {
	return &verifier.Issuer{ID: o.url, Name: "Specimen Certification Body", Keys: o.ring.Set(), StatusLists: []string{o.url + "/status/"}}
}

// serve opens the service that trusts whom it is given.
func (o *office) serve(t testing.TB, trust *verifier.Trust, publication *verifier.Publication) {
	t.Helper()
	pages, err := templates.NewWeb(templates.Site{Name: "Specimen Certification Body", Base: base(o.url)})
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time {
		o.mu.Lock()
		defer o.mu.Unlock()
		return o.now
	}
	o.service = &Service{
		Name: "Specimen Certification Body", URL: o.url, Trust: trust, Publication: publication,
		Lists: publication, Register: o,
		Receipts: &receipt.Desk{Body: o.url, Signer: o.ring, Now: clock},
		Pages:    pages, Log: slog.New(slog.NewJSONHandler(&o.log, nil)), Now: clock,
	}
	gin.SetMode(gin.ReleaseMode)
	o.engine = gin.New()
	o.engine.NoRoute(func(c *gin.Context) { pages.RefuseIn(c.Writer, c.Request, http.StatusNotFound) })
	o.service.Mount(o.engine)
}

func (o *office) Credential(_ context.Context, id string) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked++
	if id == idSilent {
		return "", errors.New("the records are away")
	}
	if token, ok := o.tokens[id]; ok {
		return token, nil
	}
	return "", fmt.Errorf("%s: %w", id, verifier.ErrNoSuch)
}

func (o *office) StatusList(_ context.Context, url string) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if list, ok := o.lists[url]; ok {
		return list, nil
	}
	return "", errors.New("no such list")
}

func (o *office) StatusListAt(ctx context.Context, url string, _ time.Time) (string, error) {
	o.mu.Lock()
	list, ok := o.past[url]
	o.mu.Unlock()
	if ok {
		return list, nil
	}
	return o.StatusList(ctx, url)
}

func (o *office) Standing(_ context.Context, id string) (*Standing, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.standings[id], nil
}

// publish makes a list anew, with the entries set.
func (o *office) publish(t testing.TB, name, purpose string, entries ...int) {
	t.Helper()
	bits, err := statuslist.New(statuslist.MinEntries)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range entries {
		bits.Set(i)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	payload, err := (&credential.StatusList{
		Context: []string{credential.ContextVC}, ID: o.url + "/status/" + name,
		Type:      credential.Strings{credential.TypeVC, credential.TypeStatusList},
		Issuer:    credential.Profile{ID: o.url},
		ValidFrom: credential.Time{Time: o.now.Add(-time.Hour)}, ValidUntil: &credential.Time{Time: o.now.Add(23 * time.Hour)},
		Subject: credential.StatusListSubject{Type: credential.Strings{credential.TypeStatusListSubject}, Purpose: credential.Strings{purpose}, Encoded: bits.Encode()},
	}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	token, err := o.ring.Sign(t.Context(), keys.ForStatusList, keys.TypeVC, payload)
	if err != nil {
		t.Fatal(err)
	}
	o.lists[o.url+"/status/"+name] = token
}

// credential is a certificate of the office, as its issuer would write it.
func (o *office) credential(id, list string, place int, from time.Time, until *time.Time) *credential.Credential {
	c := &credential.Credential{
		Context: []string{credential.ContextVC, credential.ContextOB}, ID: o.url + "/certificates/" + id,
		Type:        credential.Strings{credential.TypeVC, credential.TypeBadge},
		Description: "Leads the management of services in an organization.",
		Issuer: credential.Profile{
			ID: o.url, Type: credential.Strings{"Profile"}, Name: "Specimen Certification Body",
			OtherIdentifier: []credential.IdentifierEntry{{Type: "IdentifierEntry", Identifier: "D-ZM-00000-01", IdentifierType: "ext:accreditation"}},
		},
		ValidFrom:   credential.Time{Time: from},
		AwardedDate: &credential.Time{Time: from},
		Subject: credential.Subject{
			ID: "urn:uuid:6d6b0c5e-6f7c-4a3e-9a51-2f0b8d1f7c11", Type: credential.Strings{"AchievementSubject"},
			Identifier:    []credential.IdentityObject{{Type: "IdentityObject", IdentityHash: "Dr. Ada Łukasiewicz", IdentityType: "name"}},
			LicenseNumber: "SCB-7Q2F9-KXM31",
			Achievement: credential.Achievement{
				ID: o.url + "/schemes/iso20000/3.3/CM", Type: credential.Strings{"Achievement"}, AchievementType: credential.AchievementCertification,
				Name: "Consultant/Manager Competence Certificate", Description: "Shows ability.", Criteria: credential.Criteria{Narrative: "An exam."},
				HumanCode: "CM-COMP", Version: "3.3", InLanguage: "en",
				Alignment: []credential.Alignment{{
					Type: credential.Strings{"Alignment"}, TargetName: "ISO/IEC 20000 certification scheme",
					TargetURL: o.url + "/schemes/iso20000/3.3", TargetType: credential.AlignmentScheme,
				}},
			},
		},
		Evidence: []credential.Evidence{
			{Type: credential.Strings{"Evidence"}, Genre: credential.GenreDecision, Name: "Decision", Description: "D. Decider (specimen)"},
			{Type: credential.Strings{"Evidence"}, Genre: credential.GenreExamination, Name: "Consultant/Manager exam", Narrative: "Passed on 2 October 2026."},
			{Type: credential.Strings{"Evidence"}, Genre: credential.GenrePrerequisite, ID: o.url + "/certificates/" + idForever, Name: "Consultant/Manager Certificate"},
		},
		Status: &credential.Status{
			Type: credential.StatusEntry, Purpose: credential.PurposeRevocation, Index: fmt.Sprint(place),
			List: o.url + "/status/" + list, Suspension: o.url + "/status/" + list + "-suspension",
		},
	}
	if until == nil {
		c.Subject.Achievement.AchievementType = credential.AchievementCertificate
		c.Subject.Achievement.Name = "Consultant/Manager Certificate"
	} else {
		c.ValidUntil = &credential.Time{Time: *until}
	}
	return c
}

func (o *office) sign(t testing.TB, c *credential.Credential) string {
	t.Helper()
	payload, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return o.signPayload(t, payload)
}

func (o *office) signPayload(t testing.TB, payload json.RawMessage) string {
	t.Helper()
	token, err := o.ring.Sign(t.Context(), keys.ForCredential, keys.TypeVC, payload)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// ask sends a request to the service. A header is "Name: value".
func (o *office) ask(t testing.TB, method, path string, body io.Reader, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequest(method, path, body)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	rec := httptest.NewRecorder()
	o.engine.ServeHTTP(rec, req)
	return rec
}

func (o *office) get(t testing.TB, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	return o.ask(t, http.MethodGet, path, nil, headers...)
}

// newEngine serves the pages alone.
func newEngine(p *pages) *gin.Engine {
	e := gin.New()
	for _, route := range p.routes() {
		e.Match(route.methods, route.path, route.serve)
	}
	return e
}
