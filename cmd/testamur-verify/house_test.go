package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/receipt"
	"github.com/testamur/testamur/verifier/statuslist"
)

// office is a small certification body that the commands are tried with.
type office struct {
	url  string
	ring *keys.Ring
	now  time.Time // when it signs
	dir  string
}

const holderName = "Ada Łukasiewicz"

func newOffice(t testing.TB, url string) *office {
	t.Helper()
	var list []*keys.Private
	for _, p := range []keys.Purpose{keys.ForCredential, keys.ForStatusList, keys.ForReceipt} {
		k, err := keys.Generate(url, p, keys.ES256, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, k)
	}
	ring, err := keys.NewRing(list...)
	if err != nil {
		t.Fatal(err)
	}
	return &office{url, ring, time.Now().UTC().Truncate(time.Second), t.TempDir()}
}

func (o *office) sign(t testing.TB, p keys.Purpose, typ string, payload any) string {
	t.Helper()
	text, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := o.ring.Sign(t.Context(), p, typ, text)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// certificate signs the certificate of a place in the lists.
func (o *office) certificate(t testing.TB, place int) string {
	t.Helper()
	until := credential.Time{Time: o.now.AddDate(3, 0, 0)}
	return o.sign(t, keys.ForCredential, keys.TypeVC, &credential.Credential{
		Context:   []string{credential.ContextVC, credential.ContextOB},
		ID:        fmt.Sprintf("%s/certificates/7Q2F9KXM31PD%04d", o.url, place),
		Type:      credential.Strings{credential.TypeVC, credential.TypeBadge},
		Issuer:    credential.Profile{ID: o.url, Type: credential.Strings{"Profile"}, Name: "Specimen Body"},
		ValidFrom: credential.Time{Time: o.now.AddDate(-1, 0, 0)}, ValidUntil: &until,
		Subject: credential.Subject{
			ID: "urn:uuid:6d6b0c5e-6f7c-4a3e-9a51-2f0b8d1f7c11", Type: credential.Strings{"AchievementSubject"},
			LicenseNumber: fmt.Sprintf("SB-00000-%05d", place),
			Identifier:    []credential.IdentityObject{{Type: "IdentityObject", IdentityHash: holderName, IdentityType: "name"}},
			Achievement: credential.Achievement{
				ID: o.url + "/schemes/1/CM", Type: credential.Strings{"Achievement"}, AchievementType: credential.AchievementCertification,
				Name: "Consultant/Manager", Description: "Shows ability.", Criteria: credential.Criteria{Narrative: "An exam."}, HumanCode: "CM",
			},
		},
		Status: &credential.Status{
			Type: credential.StatusEntry, Purpose: credential.PurposeRevocation, Index: fmt.Sprint(place),
			List: o.url + "/status/1", Suspension: o.url + "/status/1-suspension",
		},
	})
}

// lists signs both status lists, good for a day, with the places withdrawn.
func (o *office) lists(t testing.TB, made time.Time, withdrawn ...int) map[string]string {
	t.Helper()
	all := map[string]string{}
	for url, purpose := range map[string]string{o.url + "/status/1": credential.PurposeRevocation, o.url + "/status/1-suspension": credential.PurposeSuspension} {
		bits, err := statuslist.New(statuslist.MinEntries)
		if err != nil {
			t.Fatal(err)
		}
		if purpose == credential.PurposeRevocation {
			for _, i := range withdrawn {
				bits.Set(i)
			}
		}
		all[url] = o.sign(t, keys.ForStatusList, keys.TypeVC, &credential.StatusList{
			Context: []string{credential.ContextVC}, ID: url,
			Type:      credential.Strings{credential.TypeVC, credential.TypeStatusList},
			Issuer:    credential.Profile{ID: o.url},
			ValidFrom: credential.Time{Time: made}, ValidUntil: &credential.Time{Time: made.Add(24 * time.Hour)},
			Subject: credential.StatusListSubject{
				Type: credential.Strings{credential.TypeStatusListSubject}, Purpose: credential.Strings{purpose}, Encoded: bits.Encode(),
			},
		})
	}
	return all
}

// trust writes the trust file with the lists inside.
func (o *office) trust(t testing.TB, lists map[string]string) string {
	t.Helper()
	trust, err := verifier.NewTrust([]*verifier.Issuer{{
		ID: o.url, Name: "Specimen Body", Keys: o.ring.Set(), StatusLists: []string{o.url + "/status/"},
	}}, lists)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(trust)
	if err != nil {
		t.Fatal(err)
	}
	return o.file(t, "trust.json", string(text))
}

// receipt signs a receipt of a check of what was presented.
func (o *office) receipt(t testing.TB, trust, presented string) string {
	t.Helper()
	file, err := readTrust(trust)
	if err != nil {
		t.Fatal(err)
	}
	matches := true
	report := newExaminer(file, nil, verifier.Policy{}, true).Examine(t.Context(), []byte(presented))
	report.NameMatches = &matches
	desk := receipt.Desk{Body: o.url, Signer: o.ring}
	token, err := desk.Give(t.Context(), report, []byte(presented))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (o *office) file(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(o.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// execute runs the program inside this process.
func execute(t testing.TB, in string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	root := newCommand()
	root.SetArgs(args)
	root.SetIn(strings.NewReader(in))
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	code = term.Main(root)
	return code, stdout.String(), stderr.String()
}

// damaged changes a letter within the signature of a token.
func damaged(token string) string {
	b := []byte(token)
	if i := len(b) - 20; b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return string(b)
}
