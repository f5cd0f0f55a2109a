package web

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/verifier"
)

// parsedFiles is the files of one package, tests left out, with its text constants.
type parsedFiles struct {
	files  []*ast.File
	consts map[string]string
}

func parsedOf(t *testing.T, pattern string) *parsedFiles {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: no files: %v", pattern, err)
	}
	s := &parsedFiles{consts: map[string]string{}}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		s.files = append(s.files, f)
		for n := range ast.Preorder(f) {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				continue
			}
			for i, name := range spec.Names {
				if i < len(spec.Values) {
					if text, ok := s.text(spec.Values[i]); ok {
						s.consts[name.Name] = text
					}
				}
			}
		}
	}
	return s
}

// text is the value of a constant text.
func (s *parsedFiles) text(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.Ident:
		text, ok := s.consts[e.Name]
		return text, ok
	case *ast.BinaryExpr:
		x, ok := s.text(e.X)
		y, also := s.text(e.Y)
		return x + y, ok && also && e.Op == token.ADD
	}
	return "", false
}

// said returns the texts that the package gives to the functions, types and fields.
func (s *parsedFiles) said(functions, types, fields []string) map[string]bool {
	found := map[string]bool{}
	add := func(e ast.Expr) {
		if text, ok := s.text(e); ok && (strings.ContainsAny(text, " %") || text != "" && 'A' <= text[0] && text[0] <= 'Z') {
			found[text] = true
		}
	}
	name := func(e ast.Expr) string {
		switch e := e.(type) {
		case *ast.Ident:
			return e.Name
		case *ast.SelectorExpr:
			return e.Sel.Name
		}
		return ""
	}
	for _, f := range s.files {
		for n := range ast.Preorder(f) {
			switch n := n.(type) {
			case *ast.CallExpr:
				if slices.Contains(functions, name(n.Fun)) {
					for _, arg := range n.Args {
						add(arg)
					}
				}
			case *ast.CompositeLit:
				if n.Type != nil && slices.Contains(types, name(n.Type)) {
					for _, e := range n.Elts {
						add(e)
						if list, ok := e.(*ast.CompositeLit); ok { // sentences
							for _, e := range list.Elts {
								add(e)
							}
						}
					}
				}
			case *ast.KeyValueExpr:
				if slices.Contains(fields, name(n.Key)) {
					add(n.Value)
				}
			case *ast.AssignStmt:
				for i, to := range n.Lhs {
					if slices.Contains(fields, name(to)) && i < len(n.Rhs) {
						add(n.Rhs[i])
					}
				}
			}
		}
	}
	return found
}

func TestWhateverIsSaidIsSaidInEveryLanguage(t *testing.T) {
	all := map[string]bool{}
	for _, of := range []struct {
		pattern                  string
		functions, types, fields []string
		least                    int
	}{
		{"../*.go", []string{"pass", "fail", "unknown", "NewReport", "Add"}, nil, nil, 30},
		{"../paper/*.go", []string{"report", "NewReport", "Add", "fault", "doubt", "note"}, []string{"fact", "finding"}, []string{"Words", "Try"}, 60},
		{"*.go", []string{"Say", "v"}, []string{"problem"}, nil, 40},
	} {
		s := parsedOf(t, of.pattern)
		said := s.said(of.functions, of.types, of.fields)
		for name, text := range s.consts {
			for _, prefix := range []string{"says", "doubt", "try"} {
				if strings.HasPrefix(name, prefix) && strings.Contains(text, " ") {
					said[text] = true
				}
			}
		}
		if len(said) < of.least {
			t.Errorf("%s: only %d messages are found", of.pattern, len(said))
		}
		maps.Copy(all, said)
	}
	for _, c := range checkNames {
		all[c] = true
	}
	for _, o := range outcomes {
		all[o.words] = true
	}
	for _, words := range publicReasons {
		all[words] = true
	}
	for _, kind := range grounds {
		all[kind] = true
	}
	all[otherReason] = true
	for format := range advised {
		if !all[format] {
			t.Errorf("nothing says %q", format)
		}
	}
	languages, err := templates.Languages()
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range slices.Sorted(maps.Keys(all)) {
		for _, l := range languages {
			if !l.Has(message) {
				t.Errorf("%s lacks %q", l.Tag, message)
			}
		}
	}
	if languages[1].Has("This is said by nobody.") {
		t.Error("a catalogue has everything")
	}
}

// No sentence of the catalogue stays English on a page of another language.
func TestNothingStaysEnglish(t *testing.T) {
	o := newOffice(t)
	languages, err := templates.Languages()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range languages[1:] {
		for _, path := range []string{
			"/", "/?q=SCB-7Q2F9-KXM31", "/none", "/c/" + idValid, "/c/" + idForever, "/c/" + idExpired, "/c/" + idEarly, "/c/" + idSuspended, "/c/" + idWithdrawn,
			"/c/" + idReplaced, "/c/" + idAltered, "/c/" + idSwapped, "/c/" + idUncertain, "/c/" + idSilent, "/c/" + idValid + "?at=2020-01-01", "/c/" + idValid + "?at=x",
		} {
			page := text(o.get(t, path, "Accept-Language: "+l.Tag).Body.String())
			for english, words := range l.Words {
				if len(english) > 16 && words != english && !strings.Contains(english, "%") && strings.Contains(page, english) {
					t.Errorf("%s in %s says %q", path, l.Tag, english)
				}
			}
		}
	}
}

func TestFindingsKeepTheirValues(t *testing.T) {
	languages, err := templates.Languages()
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.FixedZone("", 3600))
	until := day.AddDate(3, 0, -1)
	for _, c := range []struct {
		format string
		args   []any
		de, fr string
	}{
		{"It is valid from %s through %s.", []any{verifier.Day(day), verifier.Day(until)},
			"Es gilt vom 1. November 2026 bis einschließlich 31. Oktober 2029.", "Il est valable du 1er novembre 2026 au 31 octobre 2029 inclus."},
		{"It names %q as its issuer, which is not among the issuers trusted here.", []any{"Name\u202e"},
			"Es nennt „Name\ufffd“ als ausstellende Stelle; sie gehört nicht zu den hier anerkannten.", "Il désigne « Name\ufffd » comme organisme émetteur, qui ne figure pas parmi ceux reconnus ici."},
		{"%s.", []any{"The PDF is damaged. " + "Ask the holder for the original file, or type the address printed beside its QR code"},
			"Die PDF-Datei ist beschädigt. Bitten Sie die Inhaberin oder den Inhaber um die Originaldatei oder tippen Sie die neben dem QR-Code gedruckte Adresse ein.",
			"Le PDF est endommagé. Demandez le fichier original au titulaire, ou saisissez l’adresse imprimée à côté du code QR."},
		{"%s.", []any{"nobody. knows. this"}, "nobody. knows. this.", "nobody. knows. this."},
		{"The issuer could not be asked: %s.", []any{"dial tcp"}, "Die ausstellende Stelle konnte nicht gefragt werden: dial tcp.", "L’organisme émetteur n’a pu être interrogé : dial tcp."},
		{"The signature cannot be accepted: %v.", []any{errors.New("alg none")}, "Die Signatur kann nicht anerkannt werden: alg none.", "La signature ne peut être acceptée : alg none."},
		{"This holds %d different credentials. Check them one by one.", []any{3}, "Darin stehen 3 verschiedene Zertifikate. Prüfen Sie sie einzeln.", "Ceci contient 3 certificats différents. Vérifiez-les un par un."},
		{"It has %d sides that nobody has translated.", []any{3}, "It has 3 sides that nobody has translated.", "It has 3 sides that nobody has translated."},
	} {
		check := verifier.NewReport(day, verifier.Invalid, verifier.Malformed, c.format, c.args...).Checks[0]
		for i, want := range []string{1: c.de, 2: c.fr} {
			if got := strings.ReplaceAll(finding(languages[i], check).String(), "\u00a0", " "); want != "" && got != want {
				t.Errorf("%q\nwant %q", got, want)
			}
		}
	}
}
