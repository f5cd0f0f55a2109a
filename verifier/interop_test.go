package verifier_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/statuslist"
)

// npmFolder holds other people's packages and the script that asks them.
const npmFolder = "testdata/npm"

type question struct {
	JWKS    any      `json:"jwks"`
	Tokens  []string `json:"tokens"`
	KeyID   string   `json:"kid"`
	Payload string   `json:"payload"`
	List    string   `json:"list"`
	Indexes []int    `json:"indexes"`
}

type judgement struct {
	Payloads []*string `json:"payloads"` // of each token; nil where it does not verify
	Signed   []struct {
		JWK   json.RawMessage `json:"jwk"`
		Token string          `json:"token"`
	} `json:"signed"`
	Set []int `json:"set"` // the asked indexes whose bit is set
}

// ask lets npm jose and the zlib of Node judge.
func ask(t *testing.T, q question) judgement {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf("%v; `make test` installs what the tests need", err)
	}
	if _, err := os.Stat(filepath.Join(npmFolder, "node_modules", "jose", "package.json")); err != nil {
		t.Fatalf("%v; `make test` installs what the tests need", err)
	}
	text, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, "check.mjs")
	cmd.Dir = npmFolder
	cmd.Stdin = strings.NewReader(string(text))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var j judgement
	if err := json.Unmarshal(out, &j); err != nil {
		t.Fatal(err)
	}
	return j
}

// An implementation of JOSE that shares nothing with ours opens what we sign,
// refuses what we refuse, and signs what we open; and the zlib of Node reads the
// same bits out of a list.
func TestOthersReadWhatWeWriteAndWeWhatTheyWrite(t *testing.T) {
	h := newHouse(t)
	payload := string(h.payload(t))
	random := rand.New(rand.NewPCG(1, 2))
	bits, err := statuslist.New(statuslist.MinEntries)
	if err != nil {
		t.Fatal(err)
	}
	for range 5000 {
		bits.Set(random.IntN(bits.Len()))
	}
	q := question{KeyID: bodyURL + "/keys/theirs", Payload: payload, List: bits.Encode()}
	for i := range 64 {
		q.Indexes = append(q.Indexes, i)
	}
	for range 20_000 {
		q.Indexes = append(q.Indexes, random.IntN(bits.Len()))
	}

	var all []*keys.Private
	for _, alg := range []keys.Algorithm{keys.ES256, keys.EdDSA, keys.RS256} {
		all = append(all, private(t, bodyURL, keys.ForCredential, alg))
	}
	ring, err := keys.NewRing(all...)
	if err != nil {
		t.Fatal(err)
	}
	q.JWKS = ring.Set()
	good := len(all)
	for _, k := range all {
		own, err := keys.NewRing(k)
		if err != nil {
			t.Fatal(err)
		}
		token, err := own.Sign(t.Context(), keys.ForCredential, keys.TypeVC, []byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		q.Tokens = append(q.Tokens, token)
	}
	for i, k := range all {
		parts := strings.Split(q.Tokens[i], ".")
		other := all[(i+1)%len(all)]
		q.Tokens = append(q.Tokens,
			parts[0]+"."+parts[1]+"A."+parts[2],
			parts[0]+"."+parts[1]+"."+strings.Repeat("A", len(parts[2])),
			parts[0]+"."+parts[1]+".",
			forged(t, other, headerOf(k, k.ID, keys.TypeVC), payload),
			forged(t, k, headerOf(other, k.ID, keys.TypeVC), payload),
			forged(t, k, headerOf(k, k.ID+"x", keys.TypeVC), payload),
		)
	}

	j := ask(t, q)
	if len(j.Payloads) != len(q.Tokens) {
		t.Fatalf("%d of %d tokens judged", len(j.Payloads), len(q.Tokens))
	}
	for i, token := range q.Tokens {
		_, err := open(ring.Set(), token)
		theirs := j.Payloads[i]
		if (err == nil) != (theirs != nil) || (theirs != nil) != (i < good) {
			t.Errorf("token %d: we say %v, they say %v", i, err, theirs != nil)
		}
		if theirs != nil && *theirs != payload {
			t.Errorf("token %d: they read another payload", i)
		}
	}

	var ours []int
	for _, i := range q.Indexes {
		on, err := bits.Get(i)
		if err != nil {
			t.Fatal(err)
		}
		if on {
			ours = append(ours, i)
		}
	}
	if diff := cmp.Diff(ours, j.Set); diff != "" || len(ours) == 0 {
		t.Errorf("%d bits are set; other bits: %s", len(ours), diff)
	}

	if len(j.Signed) != len(all) {
		t.Fatalf("they signed %d tokens", len(j.Signed))
	}
	for _, s := range j.Signed {
		set, err := keys.ParseSet([]byte(`{"keys":[` + string(s.JWK) + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		theirs := *h.issuer
		theirs.Keys = set
		v := verifier.Verifier{Issuers: only{&theirs}, Statuses: h.lists, Now: h.verifier(t).Now}
		r := v.Examine(t.Context(), s.Token)
		if outcome(r, verifier.Signature) != verifier.Passed || string(r.Payload) != payload {
			t.Errorf("%s: %s", s.JWK, r.Summary())
		}
	}
}

func open(set *keys.Set, text string) (*keys.Signed, error) {
	token, err := keys.Parse(text, keys.ForCredential)
	if err != nil {
		return nil, err
	}
	return set.Open(token, keys.TypeVC)
}
