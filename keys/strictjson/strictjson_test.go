package strictjson

import (
	"encoding/json"
	"strings"
	"testing"
)

type inner struct {
	ValidUntil string `json:"validUntil"`
	Skip       string `json:"skip"`
}

type sample struct {
	Exp   int              `json:"exp"`
	Kid   string           `json:"kid"`
	Inner inner            `json:"inner"`
	Many  []inner          `json:"many"`
	Map   map[string]inner `json:"map"`
}

func TestDecodeAcceptsPlainJSON(t *testing.T) {
	var s sample
	if err := Decode([]byte(` {"exp":1,"kid":"a","other":{"x":[1,{"x":2}],"y":null},"inner":{"validUntil":"z"}} `), &s); err != nil {
		t.Fatal(err)
	}
	if s.Exp != 1 || s.Inner.ValidUntil != "z" {
		t.Fatalf("read %+v", s)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"duplicate":               `{"exp":1,"exp":2}`,
		"duplicate by case":       `{"exp":1,"EXP":2}`,
		"case variant alone":      `{"EXP":2}`,
		"case variant nested":     `{"inner":{"VALIDUNTIL":"x"}}`,
		"case variant in a list":  `{"many":[{"validuntil":"x"}]}`,
		"case variant in a map":   `{"map":{"q":{"validuntil":"x"}}}`,
		"long s":                  "{\"inner\":{\"\u017fkip\":\"x\"}}",
		"Kelvin sign":             "{\"\u212aid\":\"x\"}",
		"escaped duplicate":       `{"exp":1,"\u0065xp":2}`,
		"unknown duplicate":       `{"a":1,"a":2}`,
		"duplicate in an array":   `{"q":[{"a":1,"a":2}]}`,
		"something follows":       `{"exp":1} {}`,
		"garbage follows":         `{"exp":1}x`,
		"ends early":              `{"exp":1`,
		"empty":                   ``,
		"deep":                    strings.Repeat(`{"a":`, 40) + `1` + strings.Repeat(`}`, 40),
		"invalid UTF-8":           "{\"a\":\"\xff\"}",
		"two values in one":       `1 2`,
		"unclosed string":         `{"a":"`,
		"number with leading nil": `{"exp":01}`,
	} {
		var s sample
		if err := Decode([]byte(text), &s); err == nil {
			t.Errorf("%s: %s was accepted as %+v", name, text, s)
		}
	}
}

func TestDecodeKnownRefusesUnknownMembers(t *testing.T) {
	var s sample
	if err := DecodeKnown([]byte(`{"exp":1,"colour":"red"}`), &s); err == nil || !strings.Contains(err.Error(), "colour") {
		t.Fatalf("got %v, want an error naming the member", err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"exp":1}`, `{"exp":1,"Exp":2}`, `[{"a":[]}]`, `{"inner":{"validUntil":"x"}}`, "null", `{"a":{"b":"c"},"d":1}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s sample
		if Decode(data, &s) != nil {
			return
		}
		if !json.Valid(data) {
			t.Fatalf("accepted what is not JSON: %q", data)
		}
		// What is accepted means the same to a reader that knows no case folding.
		var m map[string]any
		if json.Unmarshal(data, &m) != nil {
			return
		}
		if e, ok := m["exp"].(float64); ok && int(e) != s.Exp && e == float64(int(e)) {
			t.Fatalf("two readers differ on %q: %v and %v", data, e, s.Exp)
		}
		if _, ok := m["exp"]; !ok && s.Exp != 0 {
			t.Fatalf("exp read from another member of %q", data)
		}
	})
}
