package verifier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sort"
	"strings"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/keys/strictjson"
)

// Trust is the content of a trust file: whose certificates are believed, and,
// for checking without a network, their status lists. It is both [Issuers] and
// [Statuses]. It is not changed once read.
type Trust struct {
	issuers map[string]*Issuer
	lists   map[string]string // URL → signed list
}

// trustFile is the JSON of a trust file.
type trustFile struct {
	Issuers []trustEntry      `json:"issuers"`
	Lists   map[string]string `json:"lists,omitempty"`
}

type trustEntry struct {
	ID               string          `json:"id"`
	Name             string          `json:"name,omitempty"`
	JWKS             json.RawMessage `json:"jwks"`
	StatusLists      []string        `json:"statusLists"`
	OpenBadgesStrict bool            `json:"openBadgesStrict"`
}

// NewTrust returns the trust in the issuers given, with the signed lists by
// their URL.
func NewTrust(issuers []*Issuer, lists map[string]string) (*Trust, error) {
	t := &Trust{issuers: map[string]*Issuer{}, lists: lists}
	for _, i := range issuers {
		switch {
		case t.issuers[i.ID] != nil:
			return nil, fmt.Errorf("issuer %q is named twice", i.ID)
		case i.Keys == nil || len(i.Keys.Keys()) == 0:
			return nil, fmt.Errorf("issuer %q has no keys", i.ID)
		}
		if err := publicURL(i.ID); err != nil {
			return nil, fmt.Errorf("issuer %w", err)
		}
		for _, prefix := range i.StatusLists {
			if err := publicURL(prefix); err != nil {
				return nil, fmt.Errorf("issuer %q: status list prefix %w", i.ID, err)
			}
			if u, _ := url.Parse(prefix); u.Path == "" {
				return nil, fmt.Errorf("issuer %q: status list prefix %q must end in a slash", i.ID, prefix)
			}
		}
		t.issuers[i.ID] = i
	}
	return t, nil
}

// ParseTrust reads a trust file. Members it does not know are errors: a
// misspelled restriction must not be lost silently. A key of a purpose it does not
// know is held for nothing, which takes away and gives nothing ([keys.Set.Idle]).
func ParseTrust(text []byte) (*Trust, error) {
	var file trustFile
	if err := strictjson.DecodeKnown(text, &file); err != nil {
		return nil, fmt.Errorf("read trust file: %w", err)
	}
	if len(file.Issuers) == 0 {
		return nil, errors.New("read trust file: it names no issuers")
	}
	issuers := make([]*Issuer, 0, len(file.Issuers))
	for _, entry := range file.Issuers {
		set, err := keys.ParseSet(entry.JWKS)
		if err != nil {
			return nil, fmt.Errorf("read trust file: issuer %q: %w", entry.ID, err)
		}
		issuers = append(issuers, &Issuer{
			ID: entry.ID, Name: entry.Name, Keys: set,
			StatusLists: entry.StatusLists, OpenBadgesStrict: entry.OpenBadgesStrict,
		})
	}
	t, err := NewTrust(issuers, file.Lists)
	if err != nil {
		return nil, fmt.Errorf("read trust file: %w", err)
	}
	return t, nil
}

// MarshalJSON writes the trust file.
func (t *Trust) MarshalJSON() ([]byte, error) {
	file := trustFile{Issuers: []trustEntry{}, Lists: t.lists}
	for _, i := range t.Issuers() {
		jwks, err := json.Marshal(i.Keys)
		if err != nil {
			return nil, err
		}
		file.Issuers = append(file.Issuers, trustEntry{i.ID, i.Name, jwks, i.StatusLists, i.OpenBadgesStrict})
	}
	return json.Marshal(file)
}

// Issuer implements [Issuers].
func (t *Trust) Issuer(id string) (*Issuer, bool) {
	i, ok := t.issuers[id]
	return i, ok
}

// Issuers returns the trusted issuers, ordered by id.
func (t *Trust) Issuers() []*Issuer {
	list := make([]*Issuer, 0, len(t.issuers))
	for _, i := range t.issuers {
		list = append(list, i)
	}
	sort.Slice(list, func(a, b int) bool { return list[a].ID < list[b].ID })
	return list
}

// StatusList implements [Statuses] from the lists inside the trust file.
func (t *Trust) StatusList(_ context.Context, url string) (string, error) {
	if list, ok := t.lists[url]; ok {
		return list, nil
	}
	return "", fmt.Errorf("the trust file holds no status list %s; get one made with testamur trust --bundle", url)
}

// publicURL refuses what cannot be an issuer's address: anything but https, or
// http on this machine, and anything with user, query or fragment.
func publicURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(s, "?#\\"):
		return fmt.Errorf("%q is not a plain web address", s)
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopbackHost(u.Hostname())):
		return fmt.Errorf("%q must begin with https:// (http:// is for this machine only)", s)
	}
	return nil
}
