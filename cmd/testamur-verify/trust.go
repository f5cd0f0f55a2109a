package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
)

const (
	maxTrust  = 64 << 20
	trustHint = "the body that issues the certificates hands out its trust file: testamur trust > trust.json"
)

// trusted is a trust file that was read.
type trusted struct {
	*verifier.Trust
	path  string
	lists map[string]string // those inside, by URL
}

// findTrust returns the path of the trust file and how it was named. also are the
// variables that it can be named by beside the usual one.
func findTrust(path string, also ...string) (found, how string, err error) {
	if path != "" {
		return path, "--trust", nil
	}
	if path = os.Getenv("TESTAMUR_TRUST"); path != "" {
		return path, "$TESTAMUR_TRUST", nil
	}
	folder, err := os.UserConfigDir()
	if err == nil {
		path = filepath.Join(folder, "testamur", "trust.json")
	}
	if _, statErr := os.Stat(path); err != nil || statErr != nil {
		place := ""
		if path != "" {
			place = ", or put it at " + path
		}
		ways := append(append([]string{"--trust FILE"}, also...), "$TESTAMUR_TRUST")
		last := len(ways) - 1
		return "", "", errors.New("no trust file: name it with " + strings.Join(ways[:last], ", ") + " or " + ways[last] + place)
	}
	return path, "the configuration folder", nil
}

func readTrust(path string, also ...string) (*trusted, error) {
	path, how, err := findTrust(path, also...)
	if err != nil {
		return nil, term.Fail(term.Usage, err, trustHint)
	}
	by := ""
	if how != "--trust" { // it was not named here and now
		by = " (by " + how + ")"
	}
	text, err := term.ReadInput(nil, path, maxTrust)
	if err != nil {
		return nil, term.Fail(term.Usage, fmt.Errorf("trust file%s: %w", by, err), trustHint)
	}
	t, err := parseTrust(path, text)
	if err != nil {
		return nil, term.Fail(term.Usage, fmt.Errorf("%s%s: %w", path, by, err), trustHint)
	}
	return t, nil
}

func parseTrust(path string, text []byte) (*trusted, error) {
	trust, err := verifier.ParseTrust(text)
	if err != nil {
		return nil, err
	}
	t := &trusted{Trust: trust, path: path}
	var inside struct {
		Lists map[string]string `json:"lists"`
	}
	if err := json.Unmarshal(text, &inside); err != nil {
		return nil, err
	}
	t.lists = inside.Lists
	return t, nil
}

// listState is what a signed status list says of itself, once its signature has
// been found good.
type listState struct {
	url, issuer string
	purposes    string
	from, until time.Time
	err         error
}

// current reports whether the list may be relied on at a moment.
func (l listState) current(now time.Time) bool {
	return l.err == nil && !now.Add(time.Minute).Before(l.from) && now.Before(l.until)
}

// inspect verifies the signature of a list and reads its dates.
func (t *trusted) inspect(url, text string) listState {
	l := listState{url: url}
	token, err := keys.Parse(strings.TrimSpace(text), keys.ForStatusList)
	if err != nil {
		l.err = err
		return l
	}
	l.err = fmt.Errorf("%w: no trusted issuer publishes under this address", verifier.ErrNotTrusted)
	for _, i := range t.Issuers() {
		if !slices.ContainsFunc(i.StatusLists, func(prefix string) bool { return strings.HasPrefix(url, prefix) }) {
			continue
		}
		l.issuer = i.ID
		types := []string{keys.TypeVC}
		if i.OpenBadgesStrict {
			types = append(types, keys.TypeJWT)
		}
		signed, err := i.Keys.Open(token, types...)
		if err != nil {
			l.err = err
			continue
		}
		c, err := credential.DecodeStatusList(signed.Payload)
		switch {
		case err != nil:
			l.err = err
		case c.Issuer.ID != i.ID:
			l.err = fmt.Errorf("issued by %q, not by %q", c.Issuer.ID, i.ID)
		case c.ID != url:
			l.err = fmt.Errorf("it calls itself %s", c.ID)
		default:
			l.err = nil
			l.purposes = strings.Join(c.Subject.Purpose, ", ")
			l.from, l.until = c.ValidFrom.UTC(), c.ValidUntil.UTC()
		}
		return l
	}
	return l
}

// bundled returns the state of each list inside the trust file, by URL.
func (t *trusted) bundled() []listState {
	all := make([]listState, 0, len(t.lists))
	for url, text := range t.lists {
		all = append(all, t.inspect(url, text))
	}
	slices.SortFunc(all, func(a, b listState) int { return strings.Compare(a.url, b.url) })
	return all
}

// statuses returns where it is looked up whether a certificate was withdrawn: what
// issuers publish, nil if the network is not asked, and the lists inside the trust
// file. While all of these are in force they are opened once for all certificates,
// and kept is where; otherwise that is nil, and they are left to the verifier, which
// knows what lists can still tell that are out of date.
func (t *trusted) statuses(published verifier.Statuses, inside []listState, now time.Time) (s verifier.Statuses, kept *verifier.Lists) {
	s = t.Trust
	if len(inside) > 0 && !slices.ContainsFunc(inside, func(l listState) bool { return !l.current(now) }) {
		kept = &verifier.Lists{Source: t.Trust}
		s = kept
	}
	if published != nil {
		s = verifier.Sources{published, s}
	}
	return s, kept
}

// bundleAge says of when the lists inside the trust file are, and what to do if
// they no longer serve.
func bundleAge(all []listState, now time.Time, past bool) string {
	if len(all) == 0 {
		return "the trust file holds no status lists. Get one that does: testamur trust --bundle > bundle.json"
	}
	var from, until time.Time
	broken := 0
	for _, l := range all {
		switch {
		case l.err != nil:
			broken++
			continue
		case from.IsZero():
			from, until = l.from, l.until
		}
		if l.from.Before(from) {
			from = l.from
		}
		if l.until.Before(until) {
			until = l.until
		}
	}
	if from.IsZero() {
		return "no status list inside the trust file can be used. Get a new bundle: testamur trust --bundle > bundle.json"
	}
	words := fmt.Sprintf("status lists of %s, %s", verifier.Minute(from), age(now.Sub(from)))
	switch {
	case !now.Before(until) && past:
		words += fmt.Sprintf(", in force until %s", verifier.Minute(until))
	case !now.Before(until):
		words += fmt.Sprintf(". OUT OF DATE since %s: get a new bundle (testamur trust --bundle > bundle.json)", verifier.Minute(until))
	default:
		words += fmt.Sprintf(", good until %s", verifier.Minute(until))
	}
	if broken > 0 {
		words += fmt.Sprintf("; %d of %d cannot be used (testamur-verify doctor says why)", broken, len(all))
	}
	return words + "."
}

// age words how old something is.
func age(d time.Duration) string {
	switch {
	case d < -time.Minute:
		return "dated in the future: is the clock right?"
	case d < time.Minute:
		return "just made"
	case d < time.Hour:
		return fmt.Sprintf("%d min old", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h old", int(d.Hours()))
	}
	return fmt.Sprintf("%d days old", int(d.Hours()/24))
}

// pastLists asks a publication for each list of the past once, however many
// certificates are in it. All are asked about one moment.
type pastLists struct {
	*verifier.Publication
	mu   sync.Mutex
	seen map[string]*pastList
}

type pastList struct {
	mu    sync.Mutex
	text  string
	err   error
	asked time.Time
}

// StatusListAt implements [verifier.Archive].
func (p *pastLists) StatusListAt(ctx context.Context, url string, at time.Time) (string, error) {
	p.mu.Lock()
	if p.seen == nil {
		p.seen = map[string]*pastList{}
	}
	l := p.seen[url]
	if l == nil {
		l = new(pastList)
		p.seen[url] = l
	}
	p.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asked.IsZero() || l.err != nil && time.Since(l.asked) > 10*time.Second {
		l.text, l.err = p.Publication.StatusListAt(ctx, url, at)
		l.asked = time.Now()
	}
	return l.text, l.err
}
