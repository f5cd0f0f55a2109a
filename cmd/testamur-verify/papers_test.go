package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/paper"
)

// Papers live for twenty years. Those in testdata/papers were printed by the first
// release, one or more in each design, and must be right for every release after
// it, sealed or with the seal lost. Never write them anew: a paper that is not right
// any more is a fault of the program.
func TestPapersOfTheFirstReleaseAreRight(t *testing.T) {
	folder := filepath.Join("testdata", "papers")
	text, err := os.ReadFile(filepath.Join(folder, "trust.json"))
	if err != nil {
		t.Fatal(err)
	}
	trust, err := verifier.ParseTrust(text)
	if err != nil {
		t.Fatal(err)
	}
	e := paper.Examiner{Verifier: verifier.Verifier{Issuers: trust}, Publication: verifier.NewPublication(trust), Offline: true}
	outcome := func(t *testing.T, data []byte, check verifier.CheckName) verifier.Check {
		t.Helper()
		for _, c := range e.Examine(t.Context(), data).Checks {
			if c.Name == check {
				return c
			}
		}
		t.Fatalf("there is no check %q", check)
		return verifier.Check{}
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.pdf"))
	if err != nil || len(files) < 8 {
		t.Fatalf("%d papers, %v", len(files), err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".pdf"), func(t *testing.T) {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if c := outcome(t, data, verifier.Signature); c.Outcome != verifier.Passed {
				t.Errorf("the signature: %s", c.Detail)
			}
			if c := outcome(t, data, verifier.PaperCheck); c.Outcome != verifier.Passed || !strings.Contains(c.Detail, "as the issuer sealed it") {
				t.Errorf("sealed: %s %s", c.Outcome, c.Detail)
			}
			// One digit of the seal changed: the page has to speak for itself.
			at := bytes.LastIndex(data, []byte("/Contents <"))
			if at < 0 {
				t.Fatal("there is no seal")
			}
			lost := bytes.Clone(data)
			lost[at+len("/Contents <")+200] ^= 1
			if c := outcome(t, lost, verifier.PaperCheck); c.Outcome != verifier.Passed || !strings.Contains(c.Detail, "What the paper shows is what was signed") {
				t.Errorf("without its seal: %s %s", c.Outcome, c.Detail)
			}
		})
	}
}
