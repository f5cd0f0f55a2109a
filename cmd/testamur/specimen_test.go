package main

import (
	"context"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/paper"
)

// specimen is one issued example, in every form.
type specimen struct {
	file string
	cert *issuer.Certificate
	cred *credential.Credential
	pdf  string // path
}

var specimens = sync.OnceValues(makeSpecimens)

type specimenBody struct {
	*body
	all []specimen
}

var specimenFolder string // removed by TestMain

// makeSpecimens issues every worked application as the commands do.
func makeSpecimens() (*specimenBody, error) {
	folder, err := os.MkdirTemp("", "testamur-specimens-")
	if err != nil {
		return nil, err
	}
	specimenFolder = folder
	return specimensIn(folder)
}

// specimensIn makes a body in the folder and issues every worked application.
func specimensIn(folder string) (*specimenBody, error) {
	ctx := context.Background()
	_, err := establish(ctx, initOptions{dir: filepath.Join(folder, "body"), alg: string(keys.ES256), body: issuer.Body{
		Name: "Specimen Certification Body", URL: "https://certs.example.org", Zone: "Europe/Berlin", Accreditation: "D-ZP-00000-01-00", Specimen: true,
	}})
	if err != nil {
		return nil, err
	}
	b, err := openBody(ctx, filepath.Join(folder, "body"))
	if err != nil {
		return nil, err
	}
	made := &specimenBody{body: b}
	for _, ex := range scheme.Examples() {
		a, err := issuer.ParseApplication(ex.JSON)
		if err != nil {
			return nil, err
		}
		cert, err := b.Issue(ctx, staff(), a)
		if err != nil {
			return nil, err
		}
		cred, err := credential.Decode(cert.Payload)
		if err != nil {
			return nil, err
		}
		content, err := b.present(ctx, cert, "pdf")
		if err != nil {
			return nil, err
		}
		s := specimen{ex.File, cert, cred, filepath.Join(folder, cert.Number+".pdf")}
		if err := os.WriteFile(s.pdf, content, 0o600); err != nil {
			return nil, err
		}
		made.all = append(made.all, s)
	}
	return made, nil
}

// allSpecimens returns the specimens that all tests share: none changes how they
// stand.
func allSpecimens(t *testing.T) *specimenBody {
	t.Helper()
	b, err := specimens()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// examiner checks without a network, as somebody with the body's bundle does.
func (b *specimenBody) examiner(t *testing.T) *paper.Examiner {
	t.Helper()
	trust, err := b.Trust(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	return &paper.Examiner{
		Verifier:    verifier.Verifier{Issuers: trust, Statuses: trust},
		Publication: verifier.NewPublication(trust),
		Offline:     true,
	}
}

// tool runs another program, which must be installed.
func tool(t *testing.T, stdin string, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v (make deps installs what the tests need)\n%s", name, strings.Join(args, " "), err, errs.String())
	}
	return string(out)
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// payloadOf decodes the payload of a token without checking its signature.
func payloadOf(t *testing.T, token string) []byte {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	return payload
}
