package strictjson

import (
	"encoding/json"
	"fmt"
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
		"half a pair":             `{"inner":{"skip":"\ud800"}}`,
		"half a pair, then text":  `{"inner":{"skip":"\ud83dxdc4d"}}`,
		"the other half":          `{"inner":{"skip":"\udc4d"}}`,
		"two first halves":        `{"inner":{"skip":"\ud83d\ud83d"}}`,
		"halves exchanged":        `{"inner":{"skip":"\udc4d\ud83d"}}`,
		"half a pair in a name":   `{"\ud800":1}`,
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

func TestEscapesAreRead(t *testing.T) {
	for text, want := range map[string]string{
		`{"inner":{"skip":"\ud83d\udc4d"}}`:             "\U0001F44D",
		`{"inner":{"skip":"\ud83d\udc4d\ud83d\udc4d"}}`: "\U0001F44D\U0001F44D",
		`{"inner":{"skip":"\\ud800"}}`:                  `\ud800`,
		`{"inner":{"skip":"\\\ud83d\udc4d"}}`:           `\` + "\U0001F44D",
		`{"inner":{"skip":"\ufffd\"\n"}}`:               "\ufffd\"\n",
	} {
		var s sample
		if err := Decode([]byte(text), &s); err != nil || s.Inner.Skip != want {
			t.Errorf("%s: read %q, %v", text, s.Inner.Skip, err)
		}
	}
}

// An object of very many members costs no more than its length: what is read
// may not be signed yet.
func TestManyMembersAreReadInOneGo(t *testing.T) {
	var text strings.Builder
	text.WriteString(`{"exp":1`)
	for i := range 200_000 {
		fmt.Fprintf(&text, `,"%x":0`, i)
	}
	var s sample
	if err := Decode([]byte(text.String()+"}"), &s); err != nil || s.Exp != 1 {
		t.Fatalf("read %+v, %v", s, err)
	}
	if err := Decode([]byte(text.String()+`,"0":0}`), &s); err == nil {
		t.Fatal("the one duplicate among many was not seen")
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
