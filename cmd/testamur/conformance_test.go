package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/statuslist"
)

// npmFolder holds the other people's packages that conform.mjs uses.
const npmFolder = "../../verifier/testdata/npm"

// Independent implementations agree with us about every certificate issued:
// the signature (npm jose), the Open Badges 3.0 model (npm @learncard/types), the
// vocabulary (npm jsonld in safe mode, which refuses every term that the
// contexts do not define), and each bit of the status lists (zlib).
func TestOthersAcceptEveryCertificate(t *testing.T) {
	b, err := specimensIn(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	revoked := b.all[len(b.all)-1].cert
	if _, err := b.Revoke(t.Context(), staff(), issuer.Change{Number: revoked.Number, Reason: "error"}); err != nil {
		t.Fatal(err)
	}
	bundle, err := b.Publications(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	var question struct {
		JWKS    any               `json:"jwks"`
		Tokens  []string          `json:"tokens"`
		Lists   map[string]string `json:"lists"`
		Indexes []int             `json:"indexes"`
	}
	question.JWKS, question.Lists = b.Keys, bundle
	for _, s := range b.all {
		question.Tokens = append(question.Tokens, s.cert.Token)
		question.Indexes = append(question.Indexes, s.cert.Index)
	}
	for i := range statuslist.MinEntries {
		if i%131 == 0 {
			question.Indexes = append(question.Indexes, i)
		}
	}
	text, err := json.Marshal(question)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Payloads []json.RawMessage `json:"payloads"`
		Faults   []string          `json:"faults"`
		Set      map[string][]int  `json:"set"` // by list: the asked indexes whose bit is set
	}
	if err := json.Unmarshal([]byte(tool(t, string(text), "node", filepath.Join(npmFolder, "conform.mjs"))), &answer); err != nil {
		t.Fatal(err)
	}
	for _, fault := range answer.Faults {
		t.Error(fault)
	}
	if len(answer.Payloads) != len(b.all) {
		t.Errorf("%d of %d signatures were verified", len(answer.Payloads), len(b.all))
	}
	for url, token := range bundle {
		bits := decodeList(t, token)
		var want []int
		for _, i := range question.Indexes {
			if set, err := bits.Get(i); err != nil || set {
				want = append(want, i)
			}
		}
		if fmt.Sprint(answer.Set[url]) != fmt.Sprint(want) {
			t.Errorf("%s: zlib reads the bits %v, we %v", url, answer.Set[url], want)
		}
	}
	list := b.Body.URL + "/status/" + revoked.List
	if fmt.Sprint(answer.Set[list]) != fmt.Sprint([]int{revoked.Index}) {
		t.Errorf("%s has the bits %v, want that of the one revoked, %d", list, answer.Set[list], revoked.Index)
	}
}

func decodeList(t *testing.T, token string) statuslist.Bits {
	t.Helper()
	list, err := credential.DecodeStatusList(payloadOf(t, token))
	if err != nil {
		t.Fatal(err)
	}
	bits, err := statuslist.Decode(list.Subject.Encoded)
	if err != nil {
		t.Fatal(err)
	}
	return bits
}

// The published schemas are other people's and not part of this project. They
// are read from $TESTAMUR_VECTORS, or from shared/vectors beside the checkout.
func vectors(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("TESTAMUR_VECTORS")
	if folder == "" {
		folder = "../../../shared/vectors"
	}
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("NOT CHECKED: the published JSON schemas are not at %s; set TESTAMUR_VECTORS to the folder that holds them. TestOthersAcceptEveryCertificate has checked the same model without them.", folder)
	}
	return folder
}

func TestEveryCertificateFollowsThePublishedSchemas(t *testing.T) {
	folder := vectors(t)
	b := allSpecimens(t)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	for _, name := range []string{"ob_v3p0_achievementcredential_schema.json", "verifiable-credential-schema.json"} {
		schema, err := compiler.Compile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range b.all {
			if err := schema.Validate(decoded(t, s.cert.Payload)); err != nil {
				t.Errorf("%s against %s: %v", s.file, name, err)
			}
		}
		// It must be able to say no.
		broken := decoded(t, b.all[0].cert.Payload).(map[string]any)
		delete(broken, "credentialSubject")
		if schema.Validate(broken) == nil {
			t.Errorf("%s accepts a credential without a subject", name)
		}
	}
	// A status list is a credential too.
	schema, err := compiler.Compile(filepath.Join(folder, "verifiable-credential-schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	lists, err := b.Publications(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for url, token := range lists {
		if err := schema.Validate(decoded(t, payloadOf(t, token))); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func decoded(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
