//go:build unix

package issuer_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/audit"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/issuer/store"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier/credential"
)

// A worker is this test program in another process: it opens the records that
// the one before it left, finishes what that one had begun, and goes on issuing
// a series of certificates until it is killed. What it hands out it says in one
// line each, which is what is held against the records afterwards.
//
// The twins are workers with one of the rules broken. The same checks must find
// each of them out, or they would not find out the real one.

// life is what a worker is told.
type life struct {
	Folder string
	Now    time.Time // where its clock stands
	First  int       // application of the series that it begins with
	Step   string    // at which it kills itself; "": it is killed
	Turn   int       // how often it passes the step before that
	Twin   string
	// Together says that it issues many at a time, as one series that never ends.
	Together bool

	mu sync.Mutex // of Turn
}

const lifeVariable = "TESTAMUR_TEST_WORKER"

// The steps, in the order in which issuing comes by them.
const (
	insideReserve  = "inside reserve"
	afterReserve   = "after reserve"
	beforeSign     = "before sign"
	afterSign      = "after sign"
	beforeComplete = "before complete" // it has been read back
	insideComplete = "inside complete"
	afterComplete  = "after complete"
	beforeHandOut  = "before hand out"
	afterHandOut   = "after hand out"
	insideRevoke   = "inside revoke"
	afterRevoke    = "after revoke"
	insidePublish  = "inside publish"
	afterPublish   = "after publish"
)

var steps = []string{
	insideReserve, afterReserve, beforeSign, afterSign, beforeComplete, insideComplete, afterComplete, beforeHandOut, afterHandOut,
	insideRevoke, afterRevoke, insidePublish, afterPublish,
}

// The twins.
const (
	handsOutEarly  = "hands out what is signed before it is recorded"
	handsOutInside = "hands out what is in a transaction that is not yet kept"
	forgetsIntents = "drafts anew what was reserved"
	countsIndexes  = "takes the next index by counting, and nothing judges"
	tellsEarly     = "says revoked before it is recorded"
)

var killedBody = issuer.Body{Name: "Specimen Certification Body", URL: "https://certs.example.org", Prefix: "SCB", Zone: "Europe/Berlin", Specimen: true}

func TestMain(m *testing.M) {
	text := os.Getenv(lifeVariable)
	if text == "" {
		os.Exit(m.Run())
	}
	var l life
	err := json.Unmarshal([]byte(text), &l)
	if err == nil {
		err = l.live(context.Background())
	}
	say("failed %v", err)
	os.Exit(1)
}

// say writes one line, at once.
func say(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if _, err := os.Stdout.WriteString(strings.ReplaceAll(line, "\n", " ") + "\n"); err != nil {
		os.Exit(1)
	}
}

func sayHandedOut(application, number, link, list string, index int, token string) {
	say("issued %s %s %s %s %d %x", application, number, link, list, index, sha256.Sum256([]byte(token)))
}

// at ends the process if it is to end at the step.
func (l *life) at(step string) {
	if step != l.Step {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.Turn--; l.Turn < 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

func (l *life) live(ctx context.Context) error {
	ring, err := keys.Load(filepath.Join(l.Folder, "keys"), killedBody.URL)
	if err != nil {
		return err
	}
	desk := &issuer.Issuer{
		Body: killedBody, Schemes: builtin(), Signer: ring, Keys: ring.Set(), Press: blank{},
		Now: func() time.Time { return l.Now }, Random: rand.Reader,
	}
	say("ready")
	path := filepath.Join(l.Folder, "testamur.db")
	db, err := store.Open(ctx, path)
	if err != nil {
		return err
	}
	desk.Store = tripped{db, l}
	desk.Signer = signing(func(ctx context.Context, p keys.Purpose, typ string, payload []byte) (string, error) {
		if p != keys.ForCredential {
			return ring.Sign(ctx, p, typ, payload)
		}
		l.at(beforeSign)
		token, err := ring.Sign(ctx, p, typ, payload)
		if err == nil && l.Twin == handsOutEarly {
			c, err := credential.Decode(payload)
			if err != nil {
				return "", err
			}
			i, err := c.Status.Entry()
			if err != nil {
				return "", err
			}
			sayHandedOut("unknown", c.Subject.LicenseNumber, filepath.Base(c.ID), filepath.Base(c.Status.List), i, token)
		}
		l.at(afterSign)
		return token, err
	})
	switch l.Twin {
	case forgetsIntents:
		err = forget(path)
	case countsIndexes:
		desk.Random, err = newCounting(path)
	}
	if err != nil {
		return err
	}
	if _, err := desk.Resume(ctx); err != nil {
		return err
	}
	say("resumed")
	if l.Together {
		err = desk.IssueAll(ctx, clerk, l.series(), issuer.Batch{Jobs: 3}, func(o issuer.Outcome) error {
			if o.Err != nil {
				return o.Err
			}
			return l.handOut(ctx, desk, o.Certificate)
		})
		if err != nil {
			return err
		}
	} else {
		for a := range l.series() {
			cert, err := desk.Issue(ctx, clerk, a)
			if err != nil {
				return err
			}
			if err := l.handOut(ctx, desk, cert); err != nil {
				return err
			}
		}
	}
	return errors.New("nobody killed it")
}

// series is the applications that a worker issues: its own, which other workers
// issue too.
func (l *life) series() iter.Seq[*issuer.Application] {
	return func(yield func(*issuer.Application) bool) {
		text := scheme.Examples()[0].JSON
		for n := l.First; n < l.First+5000; n++ {
			a, err := issuer.ParseApplication(text)
			if err != nil {
				panic(err)
			}
			a.ID, a.Candidate.ID = fmt.Sprintf("a%06d", n), fmt.Sprintf("c%06d", n)
			if !yield(a) {
				return
			}
		}
	}
}

// handOut hands a certificate out, and revokes every fifth.
func (l *life) handOut(ctx context.Context, desk *issuer.Issuer, cert *issuer.Certificate) error {
	l.at(beforeHandOut)
	if l.Twin != handsOutEarly {
		sayHandedOut(cert.Application, cert.Number, cert.Link, cert.List, cert.Index, cert.Token)
	}
	l.at(afterHandOut)
	if !strings.HasSuffix(cert.Application, "0") && !strings.HasSuffix(cert.Application, "5") {
		return nil
	}
	if l.Twin == tellsEarly {
		say("revoked %s", cert.Number)
	}
	if _, err := desk.Revoke(ctx, clerk, issuer.Change{Number: cert.Number, Reason: "error"}); err != nil {
		return err
	}
	if l.Twin != tellsEarly {
		say("revoked %s", cert.Number)
	}
	return nil
}

// tripped is a store that comes by the steps.
type tripped struct {
	issuer.Store
	*life
}

func (s tripped) Update(ctx context.Context, fn func(issuer.Tx) error) error {
	passed := ""
	err := s.Store.Update(ctx, func(tx issuer.Tx) error { return fn(trippedTx{tx, s.life, &passed}) })
	if err == nil && passed != "" {
		s.at(passed)
	}
	return err
}

type trippedTx struct {
	issuer.Tx
	*life
	passed *string // the step that follows when it is kept
}

func (t trippedTx) AddCertificate(c *issuer.Certificate) error {
	err := t.Tx.AddCertificate(c)
	t.at(insideReserve)
	*t.passed = afterReserve
	return err
}

func (t trippedTx) CompleteCertificate(link, token, summary string, at time.Time) (bool, error) {
	t.at(beforeComplete)
	first, err := t.Tx.CompleteCertificate(link, token, summary, at)
	if err == nil && t.Twin == handsOutInside {
		cert, err := t.Tx.CertificateByLink(link)
		if err != nil {
			return false, err
		}
		sayHandedOut(cert.Application, cert.Number, cert.Link, cert.List, cert.Index, token)
	}
	t.at(insideComplete)
	*t.passed = afterComplete
	return first, err
}

func (t trippedTx) ChangeStatus(c issuer.StatusChange) error {
	err := t.Tx.ChangeStatus(c)
	t.at(insideRevoke)
	*t.passed = afterRevoke
	return err
}

func (t trippedTx) AddPublication(p *issuer.Publication) error {
	err := t.Tx.AddPublication(p)
	t.at(insidePublish)
	*t.passed = afterPublish
	return err
}

// forget removes what is reserved, as if it had not been recorded before it was
// signed.
func forget(path string) error {
	return onRaw(path, func(db *sql.DB) error {
		_, err := db.Exec(`
			CREATE TEMP TABLE forgotten AS SELECT application FROM certificates WHERE token = '';
			DELETE FROM certificates WHERE token = '';
			DELETE FROM applications WHERE id IN (SELECT application FROM forgotten)`)
		return err
	})
}

// counting answers the draw of an index, which is of three bytes, by counting
// on from the number of certificates issued.
type counting struct {
	mu   sync.Mutex
	next int
}

func newCounting(path string) (*counting, error) {
	c := &counting{}
	return c, onRaw(path, func(db *sql.DB) error {
		return db.QueryRow("SELECT COUNT(*) FROM certificates WHERE token <> ''").Scan(&c.next)
	})
}

func (c *counting) Read(p []byte) (int, error) {
	if len(p) != 3 {
		return rand.Read(p)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p[0], p[1], p[2] = byte(c.next>>16), byte(c.next>>8), byte(c.next)
	c.next++
	return 3, nil
}

// unjudged removes the rule that an index is used once, from records that hold
// no certificate yet.
func unjudged(path string) error {
	return onRaw(path, func(db *sql.DB) error {
		rows, err := db.Query("SELECT sql FROM sqlite_master WHERE tbl_name = 'certificates' AND sql IS NOT NULL ORDER BY type DESC")
		if err != nil {
			return err
		}
		var texts []string
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				return err
			}
			texts = append(texts, s)
		}
		if err := rows.Close(); err != nil {
			return err
		}
		const rule = ",\n    UNIQUE (list, place)"
		if !strings.Contains(texts[0], rule) {
			return errors.New("the rule is not there to be removed")
		}
		texts[0] = strings.Replace(texts[0], rule, "", 1)
		_, err = db.Exec("DROP TABLE certificates; " + strings.Join(texts, "; "))
		return err
	})
}

func onRaw(path string, fn func(*sql.DB) error) error {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	return errors.Join(fn(db), db.Close())
}

// house is the records that worker after worker leaves behind, and what they
// handed out.
type house struct {
	folder   string
	chance   *mathrand.Rand
	twin     string
	together bool

	issued  map[string]string // number → the line that handed it out
	owner   map[string]string // application, link or place → number
	revoked map[string]bool   // number → said to be revoked
	intents map[string][]byte // number → payload, of all that were found reserved
	due     []string          // numbers of those that the next to resume must finish
	fresh   []string          // numbers handed out in this life
	resumed bool              // a worker of this life has resumed
	last    int               // application that was handed out last
	faults  []string

	lives, kills, left int // left: lives that ended with something reserved
}

func newHouse(t *testing.T, twin string, together bool) *house {
	t.Helper()
	h := &house{
		folder: t.TempDir(), chance: mathrand.New(mathrand.NewPCG(20000, 1)), twin: twin, together: together,
		issued: map[string]string{}, owner: map[string]string{}, revoked: map[string]bool{}, intents: map[string][]byte{},
	}
	for _, p := range []keys.Purpose{keys.ForCredential, keys.ForStatusList} {
		k, err := keys.Generate(killedBody.URL, p, keys.ES256, november)
		if err != nil {
			t.Fatal(err)
		}
		if err := keys.Save(filepath.Join(h.folder, "keys"), k); err != nil {
			t.Fatal(err)
		}
	}
	db, err := store.Open(t.Context(), h.file())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(issuer.Establish(t.Context(), db, killedBody, clerk, november, nil), db.Close()); err != nil {
		t.Fatal(err)
	}
	if twin == countsIndexes {
		if err := unjudged(h.file()); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func (h *house) file() string { return filepath.Join(h.folder, "testamur.db") }

// now is the clock of the present life: an hour after the one before, so that
// lists grow old too.
func (h *house) now() time.Time { return november.Add(time.Duration(h.lives) * time.Hour) }

func (h *house) fault(format string, args ...any) {
	h.faults = append(h.faults, fmt.Sprintf("life %d: ", h.lives)+fmt.Sprintf(format, args...))
}

// live lets workers live and die, several at once on the same records, and then
// looks at what they leave. A step kills one; the others are killed in a moment
// of chance, from 1 to 60 ms after they are ready, or to 300 ms if they issue many
// together.
func (h *house) live(t *testing.T, workers int, step string) {
	t.Helper()
	h.lives++
	h.fresh, h.resumed = nil, false
	results := make(chan []string)
	for range workers {
		l := &life{Folder: h.folder, Now: h.now(), First: max(1, h.last-1), Step: step, Turn: h.chance.IntN(3), Twin: h.twin}
		longest := 59 * time.Millisecond
		if h.together {
			// Anywhere in one group or the next, and back where others have been.
			l.Together, l.First, longest = true, max(1, h.last-h.chance.IntN(400)), 299*time.Millisecond
			if step != insidePublish && step != afterPublish {
				l.Turn = h.chance.IntN(400)
			}
			if step == insideRevoke || step == afterRevoke {
				l.Turn = h.chance.IntN(60)
			}
			if step == afterReserve || step == afterComplete {
				l.Turn = h.chance.IntN(3)
			}
		}
		delay := time.Millisecond + time.Duration(h.chance.Int64N(int64(longest)))
		if step != "" {
			delay = 20 * time.Second // never: it ends itself
		}
		go func() { results <- run(l, delay) }()
	}
	for range workers {
		lines := <-results
		h.kills++
		h.read(lines)
	}
	h.open(t, func(db *store.DB) error { return db.View(t.Context(), h.look) })
}

func (h *house) open(t *testing.T, fn func(*store.DB) error) {
	t.Helper()
	db, err := store.Open(t.Context(), h.file())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(fn(db), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// run lets one worker live, kills it and returns what it said, and at last how
// it ended.
func run(l *life, delay time.Duration) []string {
	text, err := json.Marshal(l)
	if err != nil {
		return []string{"could not be told: " + err.Error()}
	}
	program, err := os.Executable()
	if err != nil {
		return []string{"could not be found: " + err.Error()}
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), lifeVariable+"="+string(text))
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return []string{"could not begin: " + err.Error()}
	}
	var lines []string
	var kill *time.Timer
	for r := bufio.NewReader(out); ; {
		line, err := r.ReadString('\n')
		if err != nil {
			break // what has no end was not handed out
		}
		line = strings.TrimSuffix(line, "\n")
		if lines = append(lines, line); line == "ready" {
			kill = time.AfterFunc(delay, func() { _ = cmd.Process.Kill() })
			defer kill.Stop()
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
			return append(lines, "killed")
		}
	}
	return append(lines, fmt.Sprintf("ended: %v %s", err, complaints.String()))
}

// read takes note of what a worker said.
func (h *house) read(lines []string) {
	for _, line := range lines {
		f := strings.Fields(line)
		switch f[0] {
		case "ready", "killed":
		case "resumed":
			h.resumed = true
		case "revoked":
			h.revoked[f[1]] = true
		case "issued":
			application, number, link, place := f[1], f[2], f[3], "place "+f[4]+"/"+f[5]
			if first, ok := h.issued[number]; ok && first != line {
				h.fault("%s was handed out differently: %q, before %q", number, line, first)
			}
			h.issued[number] = line
			h.fresh = append(h.fresh, number)
			for _, key := range []string{application, link, place} {
				if other, ok := h.owner[key]; ok && other != number && key != "unknown" {
					h.fault("%s has two certificates, %s and %s", key, other, number)
				}
				h.owner[key] = number
			}
			if n, err := strconv.Atoi(strings.TrimPrefix(application, "a")); err == nil {
				h.last = max(h.last, n)
			}
		default:
			h.fault("a worker was not killed, but %s", line)
		}
	}
}

// look holds what was handed out in this life against the records, as the dead
// left them: nobody has resumed yet.
func (h *house) look(tx issuer.Tx) error {
	for _, number := range h.fresh {
		if err := h.onFile(tx, number); err != nil {
			return err
		}
	}
	if h.resumed {
		for _, number := range h.due {
			if err := h.finished(tx, number); err != nil {
				return err
			}
		}
		h.due = nil
	}
	for number := range h.revoked {
		cert, err := tx.Certificate(number)
		if err == nil && cert.Status != issuer.Revoked || errors.Is(err, issuer.ErrNotFound) {
			h.fault("%s was said to be revoked, but is not", number)
		} else if err != nil {
			return err
		}
	}
	reserved, err := tx.Reserved()
	if err != nil {
		return err
	}
	if len(reserved) > 0 {
		h.left++
	}
	for _, c := range reserved {
		if first, ok := h.intents[c.Number]; ok && !bytes.Equal(first, c.Payload) {
			h.fault("the payload of %s has changed", c.Number)
		}
		h.intents[c.Number] = c.Payload
		if !slices.Contains(h.due, c.Number) {
			h.due = append(h.due, c.Number)
		}
	}
	return nil
}

// onFile: what was handed out is recorded, and the same.
func (h *house) onFile(tx issuer.Tx, number string) error {
	c, err := tx.Certificate(number)
	if errors.Is(err, issuer.ErrNotFound) {
		h.fault("%s was handed out and is lost", number)
		return nil
	}
	if err != nil {
		return err
	}
	f := strings.Fields(h.issued[number])
	application := c.Application
	if f[1] == "unknown" {
		application = f[1]
	}
	line := fmt.Sprintf("issued %s %s %s %s %d %x", application, c.Number, c.Link, c.List, c.Index, sha256.Sum256([]byte(c.Token)))
	if c.Token == "" || line != h.issued[number] {
		h.fault("handed out was %q\n  on file is    %q", h.issued[number], line)
	}
	return nil
}

// finished: what was found reserved has been signed, as it was recorded.
func (h *house) finished(tx issuer.Tx, number string) error {
	c, err := tx.Certificate(number)
	if errors.Is(err, issuer.ErrNotFound) {
		h.fault("%s was reserved and is gone", number)
		return nil
	}
	if err != nil {
		return err
	}
	token, err := keys.Parse(c.Token, keys.ForCredential)
	if err != nil || !bytes.Equal(token.Claimed, h.intents[number]) || !bytes.Equal(c.Payload, h.intents[number]) {
		h.fault("%s was not finished as it was reserved (%v)", number, err)
	}
	return nil
}

// settle resumes for the last time and checks the records as a whole.
func (h *house) settle(t *testing.T) {
	t.Helper()
	h.lives++
	ring, err := keys.Load(filepath.Join(h.folder, "keys"), killedBody.URL)
	if err != nil {
		t.Fatal(err)
	}
	h.open(t, func(db *store.DB) error {
		desk := &issuer.Issuer{
			Body: killedBody, Schemes: builtin(), Store: db, Signer: ring, Keys: ring.Set(), Press: blank{}, Now: h.now, Random: rand.Reader,
		}
		if _, err := desk.Resume(t.Context()); err != nil {
			return err
		}
		h.resumed, h.fresh = true, nil
		for number := range h.issued {
			h.fresh = append(h.fresh, number)
		}
		for number := range h.intents {
			h.due = append(h.due, number)
		}
		if err := db.View(t.Context(), func(tx issuer.Tx) error { return errors.Join(h.look(tx), h.audit(tx)) }); err != nil {
			return err
		}
		if len(h.due) > 0 {
			h.fault("still reserved: %v", h.due)
		}
		return h.published(t, desk)
	})
	err = onRaw(h.file(), func(db *sql.DB) error {
		var check string
		if err := db.QueryRow("PRAGMA integrity_check").Scan(&check); err != nil || check != "ok" {
			h.fault("integrity check: %s, %v", check, err)
		}
		for _, once := range []string{"number", "link", "application", "list || '/' || place", "candidate"} {
			var twice int
			if err := db.QueryRow("SELECT COUNT(*) - COUNT(DISTINCT " + once + ") FROM certificates").Scan(&twice); err != nil {
				return err
			}
			if twice > 0 {
				h.fault("%d certificates have a %s that another has", twice, once)
			}
		}
		var missing int
		if err := db.QueryRow("SELECT COUNT(*) FROM certificates c WHERE NOT EXISTS (SELECT 1 FROM applications a WHERE a.id = c.application)").Scan(&missing); err != nil || missing > 0 {
			h.fault("%d certificates without an application, %v", missing, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// audit: the log holds, and says of each certificate that it was reserved and
// issued, once, as it is on file.
func (h *house) audit(tx issuer.Tx) error {
	var last *audit.Entry
	entries := map[audit.Act]map[string]audit.Entry{audit.CertificateReserved: {}, audit.CertificateIssued: {}, audit.CertificateRevoked: {}}
	err := tx.EachAct(func(e audit.Entry) error {
		if err := e.Follows(last); err != nil {
			h.fault("%v", err)
		}
		last = &e
		if of, ok := entries[e.Act]; ok {
			if _, twice := of[e.Object]; twice {
				h.fault("the log says twice that %s is %s", e.Object, e.Act)
			}
			of[e.Object] = e
		}
		return nil
	})
	if err != nil {
		return err
	}
	for number, e := range entries[audit.CertificateReserved] {
		c, err := tx.Certificate(number)
		if err != nil {
			h.fault("the log says that %s was reserved, but: %v", number, err)
			continue
		}
		if e.Detail["application"] != c.Application || e.Detail["payload"] != credential.Digest(c.Payload) ||
			entries[audit.CertificateIssued][number].Detail["token"] != credential.Digest([]byte(c.Token)) {
			h.fault("the log says other of %s than is on file", number)
		}
		if _, revoked := entries[audit.CertificateRevoked][number]; revoked != (c.Status == issuer.Revoked) {
			h.fault("%s is %s, and the log says otherwise", number, c.Status)
		}
	}
	if r, i := len(entries[audit.CertificateReserved]), len(entries[audit.CertificateIssued]); r != i || r < len(h.issued) {
		h.fault("the log has %d reserved and %d issued; %d were handed out", r, i, len(h.issued))
	}
	return nil
}

// published: the list says of everything handed out whether it was revoked.
func (h *house) published(t *testing.T, desk *issuer.Issuer) error {
	p, err := desk.Publication(t.Context(), "1", credential.PurposeRevocation, time.Hour)
	if errors.Is(err, issuer.ErrNotFound) {
		return nil // nothing was issued
	}
	if err != nil {
		return err
	}
	_, b := bits(t, p)
	return desk.Store.View(t.Context(), func(tx issuer.Tx) error {
		for number := range h.issued {
			c, err := tx.Certificate(number)
			if errors.Is(err, issuer.ErrNotFound) {
				continue // a fault already
			}
			if err != nil {
				return err
			}
			if set, err := b.Get(c.Index); set != (c.Status == issuer.Revoked) || err != nil {
				h.fault("the published list says %t of %s, which is %s", set, number, c.Status)
			}
		}
		return nil
	})
}

func TestKilledAnywhereNothingIsLost(t *testing.T) {
	t.Parallel()
	killedAnywhere(t, false)
}

func TestKilledAnywhereInABatchNothingIsLost(t *testing.T) {
	t.Parallel()
	killedAnywhere(t, true)
}

func killedAnywhere(t *testing.T, together bool) {
	kills := 200
	switch {
	case testing.Short():
		kills = 40
	case raceDetector: // make test does it once more, whole
		kills = 60
	}
	h := newHouse(t, "", together)
	for n := 0; h.kills < kills && len(h.faults) == 0; n++ {
		switch n % 4 {
		case 0, 2:
			h.live(t, 1, steps[n/2%len(steps)])
		case 1:
			h.live(t, 1, "")
		case 3:
			h.live(t, 2, "")
		}
	}
	h.settle(t)
	for _, f := range h.faults {
		t.Error(f)
	}
	t.Logf("%d kills, after %d of which something was reserved; %d handed out, %d revoked, %d finished by another", h.kills, h.left, len(h.issued), len(h.revoked), len(h.intents))
	if len(h.issued) < kills/4 || h.left < kills/20 || len(h.revoked) < kills/20 {
		t.Error("that is too little to have proved anything")
	}
}

func TestKilledTwinsAreFoundOut(t *testing.T) {
	for _, c := range []struct {
		twin, says string
		together   bool
	}{
		{handsOutEarly, "on file is", false},
		{forgetsIntents, "was reserved and is gone", false},
		{countsIndexes, "has two certificates|our own verifier refuses what was signed: status", false},
		{tellsEarly, "was said to be revoked", false},
		{handsOutEarly, "on file is", true},
		{handsOutInside, "on file is", true},
		{forgetsIntents, "was reserved and is gone", true},
		{countsIndexes, "has two certificates|our own verifier refuses what was signed: status", true},
		{tellsEarly, "was said to be revoked", true},
	} {
		name := c.twin
		if c.together {
			name += ", in a batch"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, c.twin, c.together)
			for len(h.faults) == 0 && h.kills < 60 {
				step := ""
				if h.lives%2 == 1 {
					step = steps[h.chance.IntN(len(steps))]
				}
				h.live(t, 1, step)
			}
			if len(h.faults) == 0 {
				h.settle(t)
			}
			if !regexp.MustCompile(c.says).MatchString(strings.Join(h.faults, "\n")) {
				t.Fatalf("in %d kills it was not found out, or of something else: %v", h.kills, h.faults)
			}
			t.Logf("found out after %d kills: %s", h.kills, h.faults[0])
		})
	}
}
