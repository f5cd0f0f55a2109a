package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
)

// soon is what an answer takes that waits for nobody; an issuer that hangs takes
// five seconds.
const soon = 3 * time.Second

// site is an issuer with its web server.
type site struct {
	*office
	server  *httptest.Server
	asked   atomic.Int32
	given   atomic.Int32 // up by whoever asked
	conduct atomic.Value // http.HandlerFunc in place of its certificates
}

// newSite opens an issuer. Its ids are those of an office.
func newSite(t *testing.T) *site {
	t.Helper()
	s := new(site)
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		s.conduct.Load().(http.HandlerFunc)(w, r)
	}))
	t.Cleanup(s.server.Close)
	s.office = newOfficeAt(t, s.server.URL)
	s.serves()
	return s
}

// serves has the issuer answer as it should.
func (s *site) serves() {
	s.conduct.Store(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := strings.TrimPrefix(strings.TrimSuffix(r.URL.Path, ".jws"), "/certificates/")
		if token := s.tokens[id]; token != "" {
			io.WriteString(w, token)
			return
		}
		http.NotFound(w, r)
	}))
}

// hangs has the issuer keep its silence.
func (s *site) hangs() {
	s.conduct.Store(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		s.given.Add(1)
	}))
}

// hangsUp has it end each connection.
func (s *site) hangsUp() {
	s.conduct.Store(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
}

// says has it answer everybody with the same.
func (s *site) says(code int, text string) {
	s.conduct.Store(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		io.WriteString(w, text)
	}))
}

// among serves verification for the issuers, of which it is none itself.
func among(t *testing.T, sites ...*site) *office {
	t.Helper()
	o := newOfficeAt(t, "https://verify.example.org")
	var issuers []*verifier.Issuer
	lists := map[string]string{}
	for _, s := range sites {
		issuers = append(issuers, s.issuer())
		for url, list := range s.lists {
			lists[url] = list
		}
	}
	trust, err := verifier.NewTrust(issuers, nil)
	if err != nil {
		t.Fatal(err)
	}
	o.serve(t, trust, verifier.NewPublication(trust))
	o.service.Lists = &office{lists: lists}
	return o
}

// later lets time pass.
func (o *office) later(by time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(by)
}

// standing is the verdict on the page of the id.
func standing(t *testing.T, o *office, id string) string {
	t.Helper()
	got := o.get(t, "/c/"+id)
	if got.Code != http.StatusOK {
		return fmt.Sprint(got.Code)
	}
	kind, _ := shown(t, got.Body.String())
	return kind
}

// ids are well-formed ids that nobody has issued.
func ids(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("0N0NE%021d", i))
	}
	return list
}

func TestOneIssuerThatHangsDoesNotHoldUpTheOthers(t *testing.T) {
	quick, hanging := newSite(t), newSite(t)
	hanging.hangs()
	o := among(t, quick, hanging)
	start := time.Now()
	if kind := standing(t, o, idValid); kind != "valid" {
		t.Errorf("it is %s", kind)
	}
	if took := time.Since(start); took > soon {
		t.Errorf("it took %v", took)
	}
	for start := time.Now(); hanging.given.Load() < hanging.asked.Load(); time.Sleep(time.Millisecond) {
		if time.Since(start) > soon {
			t.Fatal("the issuer that hangs is still being asked")
		}
	}
	// Nor do many who ask it, all of whom it keeps waiting.
	var all sync.WaitGroup
	ctx, giveUp := context.WithCancel(t.Context())
	for _, id := range ids(3 * maxAsking) {
		all.Go(func() {
			req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/c/"+id, nil)
			o.engine.ServeHTTP(httptest.NewRecorder(), req)
		})
	}
	for start := time.Now(); hanging.asked.Load() < 1+maxAsking && time.Since(start) < soon; {
		time.Sleep(time.Millisecond)
	}
	start = time.Now()
	if kind := standing(t, o, idExpired); kind != "expired" {
		t.Errorf("among many, it is %s", kind)
	}
	if took := time.Since(start); took > soon {
		t.Errorf("among many, it took %v", took)
	}
	if n := hanging.asked.Load(); n > 2+maxAsking {
		t.Errorf("the issuer that hangs is asked by %d at once", n)
	}
	// And whoever goes away is not kept.
	start = time.Now()
	giveUp()
	all.Wait()
	if took := time.Since(start); took > soon {
		t.Errorf("who has gone was kept for %v", took)
	}
}

func TestAnIssuerThatIsSilentIsLeftAloneForAWhile(t *testing.T) {
	quick, silent := newSite(t), newSite(t)
	silent.hangsUp()
	o := among(t, quick, silent)
	none := ids(9)
	for step, c := range []struct {
		later time.Duration
		do    func()
		asked int32
		want  string
	}{
		{0, func() {}, 1, "503"},
		{0, func() {}, 1, "503"},
		{silentTime - time.Second, func() {}, 1, "503"},
		{time.Second, func() {}, 2, "503"},
		{silentTime, silent.serves, 3, "404"},
		{0, func() {}, 4, "404"},
		{0, func() { silent.says(500, "") }, 5, "503"}, // it has answered, if only about this one
		{0, func() {}, 6, "503"},
		{0, silent.serves, 7, "404"},
	} {
		c.do()
		o.later(c.later)
		if kind := standing(t, o, none[step]); kind != c.want || silent.asked.Load() != c.asked {
			t.Errorf("step %d: %s, asked %d times, want %s and %d", step, kind, silent.asked.Load(), c.want, c.asked)
		}
	}
	log := o.log.String()
	if n := strings.Count(log, "an issuer does not answer"); n != 1 || !strings.Contains(log, "an issuer answers again") || !strings.Contains(log, "EOF") {
		t.Errorf("log: %s", log)
	}
	if strings.Contains(log, "0N0NE") {
		t.Error("an id is in the log")
	}
}

// A certificate that was opened is judged by its lists, also while its issuer is
// away; but not once the issuer says that there is none.
func TestWhatWasSeenServesWhileItsIssuerIsAway(t *testing.T) {
	for _, others := range []bool{false, true} {
		s := newSite(t)
		sites := []*site{s}
		if others {
			sites = append(sites, newSite(t))
			clear(sites[1].tokens)
		}
		o := among(t, sites...)
		for step, c := range []struct {
			do   func()
			want string
		}{
			{func() {}, "valid"},
			{s.hangsUp, "valid"},
			{func() { s.says(503, "") }, "valid"},
			{func() { o.service.Lists = &office{lists: map[string]string{}} }, "503"},
			{func() {
				s.publish(t, "1", credential.PurposeRevocation, 1)
				o.service.Lists = &office{lists: s.lists}
			}, "withdrawn"},
			{func() { s.says(200, "<html>") }, "503"}, // it is there
			{func() { s.says(404, "") }, "404"},
			{s.hangsUp, "503"}, // it was told that there is none
		} {
			c.do()
			o.later(keepForeign + time.Second)
			if kind := standing(t, o, idValid); kind != c.want {
				t.Errorf("others %v, step %d: %s, want %s", others, step, kind, c.want)
			}
		}
	}
}

// No issuer can speak against the certificates of another; what it says of its own is
// its own affair.
func TestAnIssuerSpeaksForItselfOnly(t *testing.T) {
	good, bad := newSite(t), newSite(t)
	o := among(t, good, bad)
	for what, text := range map[string]string{
		"an altered one":                    bad.tokens[idAltered],
		"another of its own":                bad.tokens[idForever],
		"another of the other's":            good.tokens[idForever],
		"the other's, which is not its own": good.tokens[idValid],
	} {
		good.serves()
		bad.says(200, text)
		o.later(keepForeign + silentTime)
		if kind := standing(t, o, idValid); kind != "valid" {
			t.Errorf("%s: it is %s", what, kind)
		}
		good.hangsUp()
		if kind := standing(t, o, idExpired); kind != "503" {
			t.Errorf("%s: with its issuer away, it is %s", what, kind)
		}
		good.says(404, "")
		o.later(silentTime)
		if kind := standing(t, o, idSuspended); kind != "503" {
			t.Errorf("%s: with nobody else, it is %s", what, kind)
		}
	}
	alone := among(t, bad)
	bad.says(200, bad.tokens[idAltered])
	if kind := standing(t, alone, idAltered); kind != "altered" {
		t.Errorf("of the only issuer, it is %s", kind)
	}
}

// spoilt is an origin that cannot bear what it is asked.
type spoilt struct{ *office }

func (spoilt) Credential(context.Context, string) (string, error) { panic("CANARY-DEPTH") }

func TestAPanicIsAnAnswerThatCannotBeGiven(t *testing.T) {
	o := newOffice(t)
	o.serve(t, o.service.Trust, verifier.NewPublication(o.service.Trust).Own(o.url, spoilt{o}))
	if got := o.get(t, "/v1/certificates/"+idValid); got.Code != 503 || strings.Contains(got.Body.String(), "CANARY") {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	if log := o.log.String(); !strings.Contains(log, "CANARY-DEPTH") {
		t.Errorf("log: %s", log)
	}
}

// Why an issuer could not be asked is told to the public in few words.
func TestTheWayToAnIssuerIsNotForThePublic(t *testing.T) {
	s := newSite(t)
	one, two := among(t, s), among(t, s, newSite(t))
	s.server.Close()
	for want, o := range map[string]*office{
		`The issuer could not be asked: the issuer could not be reached.`:                       one,
		`The issuer could not be asked: ` + s.server.URL + `: the issuer could not be reached.`: two,
	} {
		got := o.get(t, "/v1/certificates/"+ids(1)[0])
		if text := got.Body.String(); got.Code != 503 || !strings.Contains(text, want) {
			t.Errorf("%d %s", got.Code, text)
		}
		if log := o.log.String(); !strings.Contains(log, "connection refused") {
			t.Errorf("log: %s", log)
		}
	}
}
