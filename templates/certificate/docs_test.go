package certificate

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// Whoever makes a design reads docs/designs.md; every member stands there.
func TestEveryMemberIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/designs.md")
	if err != nil {
		t.Fatal(err)
	}
	docs := string(text)
	named := func(what, name string) {
		if !strings.Contains(docs, "`"+name+"`") && !strings.Contains(docs, `"`+name+`":`) {
			t.Errorf("docs/designs.md does not name the %s %s", what, name)
		}
	}
	for _, of := range []any{source{}, boxSource{}, styleSource{}, trySource{}, blockSource{}, partSource{}, ruleSource{}, imageSource{}, markSource{}, ornamentSource{}, houseSource{}, choiceSource{}} {
		v := reflect.TypeOf(of)
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Field(i).Tag.Get("json"), ",")
			named("member", name)
		}
	}
	for kind, members := range kinds {
		named("kind of ornament", kind)
		row := docs[strings.Index(docs, "| `"+kind+"` |"):]
		row = row[:strings.Index(row, "\n")]
		for _, m := range members {
			if !strings.Contains(row, "`"+m+"`") {
				t.Errorf("docs/designs.md does not say that a %s takes %s", kind, m)
			}
		}
	}
	for motif := range motifs {
		named("motif", motif)
	}
	for _, fact := range allFacts {
		named("fact", fact)
	}
	for _, key := range wordKeys {
		named("text", key)
	}
	for _, d := range Builtin().All() {
		named("design", d.Name)
	}
}
