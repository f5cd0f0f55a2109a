// Package cmd_test holds the rules of the house: who may import whom
// (docs/architecture.md).
package cmd_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/testamur/testamur/"

type listed struct {
	ImportPath string
	Imports    []string // direct, of the package itself
	Deps       []string // all, direct and indirect
}

// ours lists the packages of the module, tests left out.
func ours(t *testing.T) map[string]listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Imports,Deps", module+"...")
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, errs.String())
	}
	packages := map[string]listed{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if name, ok := strings.CutPrefix(p.ImportPath, module); ok {
			packages[name] = p
		}
	}
	if len(packages) < 10 {
		t.Fatalf("go list found %d packages of ours: the rules would hold of nothing", len(packages))
	}
	return packages
}

func within(name string, folders ...string) bool {
	for _, f := range folders {
		if name == f || strings.HasPrefix(name, f+"/") {
			return true
		}
	}
	return false
}

// only says which of our packages may import a package, or any below it.
var only = []struct {
	imported string
	by       []string
}{
	{"github.com/go-jose/go-jose/v4", []string{"keys"}},
	{"github.com/gin-gonic/gin", []string{"issuer/web", "verifier/web", "cmd/internal/server"}},
	{"github.com/jung-kurt/gofpdf", []string{"issuer/render"}},
	{"github.com/skip2/go-qrcode", []string{"issuer/render"}},
	{"rsc.io/qr", []string{"issuer/render"}},
	{"github.com/digitorus/timestamp", []string{"issuer/seal"}},
	{"github.com/digitorus/pkcs7", []string{"issuer/seal"}},
	{"modernc.org/sqlite", []string{"issuer/store"}},
	{"github.com/pressly/goose/v3", []string{"issuer/store"}},
	{"github.com/spf13/cobra", []string{"cmd"}},
	{"github.com/pdfcpu/pdfcpu", []string{"verifier/paper"}},
	{"github.com/makiuchi-d/gozxing", []string{"verifier/paper"}},
	{"github.com/go-text/typesetting", []string{"templates/typeface"}},
}

// never says what a part of the house must not reach, even indirectly.
var never = []struct {
	part    string
	reaches []string
}{
	{"keys", []string{module + "issuer", module + "verifier", module + "templates", module + "cmd"}},
	{"verifier", []string{module + "issuer", module + "cmd", "modernc.org/sqlite", "github.com/jung-kurt/gofpdf"}},
	{"templates", []string{module + "issuer", module + "verifier", module + "keys", module + "cmd"}},
	{"issuer", []string{module + "cmd"}},
	// Whoever checks certificates runs no signing body: no records, no printing.
	{"cmd/testamur-verify", []string{module + "issuer", "modernc.org/sqlite", "github.com/jung-kurt/gofpdf", "github.com/skip2/go-qrcode", "github.com/digitorus"}},
}

func TestImportRules(t *testing.T) {
	packages := ours(t)
	for name, p := range packages {
		for _, rule := range only {
			for _, imported := range p.Imports {
				if within(imported, rule.imported) && !within(name, rule.by...) {
					t.Errorf("%s imports %s, which only %s may", name, imported, strings.Join(rule.by, ", "))
				}
			}
		}
		for _, rule := range never {
			if !within(name, rule.part) {
				continue
			}
			for _, dep := range p.Deps {
				if within(dep, rule.reaches...) {
					t.Errorf("%s reaches %s, which nothing under %s may", name, dep, rule.part)
				}
			}
		}
	}
	// verifier itself, the library others build into their programs, rests on
	// go-jose alone.
	for _, dep := range packages["verifier"].Deps {
		first, _, _ := strings.Cut(dep, "/")
		if strings.Contains(first, ".") && !within(dep, strings.TrimSuffix(module, "/"), "github.com/go-jose/go-jose/v4") {
			t.Errorf("verifier rests on %s; it may rest on go-jose alone", dep)
		}
	}
}

// The rules are worth something only if they catch a breach.
func TestImportRulesCatchABreach(t *testing.T) {
	if !within("issuer/web", "issuer/web", "verifier/web") || within("issuer/webby", "issuer/web") || within("issuer", "issuer/web") {
		t.Error("within takes one folder for another")
	}
	packages := ours(t)
	for _, rule := range only {
		used := false
		for _, p := range packages {
			for _, imported := range p.Imports {
				used = used || within(imported, rule.imported)
			}
		}
		if !used {
			t.Errorf("nothing imports %s: its rule is about nothing", rule.imported)
		}
	}
}
