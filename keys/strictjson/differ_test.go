package strictjson_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/keys/strictjson"
	"github.com/testamur/testamur/verifier/credential"
)

// Types of every kind that is read, in every place.

type word string

type shout string

func (s *shout) UnmarshalText(text []byte) error {
	if strings.ContainsRune(string(text), '?') {
		return errors.New("no question")
	}
	*s = shout(strings.ToUpper(string(text)))
	return nil
}

type either struct{ One, Many string }

func (e *either) UnmarshalJSON(text []byte) error {
	if string(text) == `"?"` {
		return errors.New("no question")
	}
	e.One, e.Many = string(text[:1]), string(text)
	return nil
}

type Inner struct {
	A    string `json:"a"`
	Deep *Inner `json:"deep"`
	List []Inner
}

type flat struct {
	Flat    int `json:"flat"`
	Another []string
}

type wide struct {
	Word    word
	Yes     bool `json:"yes"`
	I8      int8
	I64     int64
	U16     uint16
	F32     float32
	F64     *float64
	Text    string `json:"text,omitempty"`
	Raw     json.RawMessage
	RawRef  *json.RawMessage
	Any     any
	Shout   shout
	Shouts  []*shout
	Either  either
	Eithers map[string]either
	Map     map[word]int
	Maps    map[string]map[string]*Inner
	Inner   Inner
	Ref     **Inner
	List    []Inner
	Strings []string
	Lists   [][]int
	_       int
	Never   int `json:"-"`
	Time    time.Time
	flat
	Tagged struct {
		X, Y int
	} `json:"tagged"`

	// What encoding/json reads itself.
	Bytes  []byte
	Pair   [2]Inner
	Number json.Number
	ByInt  map[int]string
	ByText map[shout]int
	Odd    struct {
		*flat
		Quoted int `json:"quoted,string"`
	}
	AsText struct {
		N int `json:"n,string"`
	}
	Named struct {
		flat `json:"base"`
	}
	Twice struct {
		flat
		Other struct{ A int }
		Again string `json:"flat"`
	}
	Clash struct {
		flat
		*more
	}
	Nameless    struct{ time.Time }
	NamelessRef *struct{ time.Time }
	Face        fmt.Stringer
	Func        func()
}

type more struct {
	Flat int `json:"flat"`
	More int `json:"more"`
}

// cases spells one name in two cases: only the first spelling is taken.
type cases struct {
	Small int `json:"small"`
	Deep  struct {
		Small int `json:"SMALL"`
		Other int
	}
}

// trust is of the shape of a trust file.
type trust struct {
	Issuers []struct {
		ID               string          `json:"id"`
		Name             string          `json:"name,omitempty"`
		JWKS             json.RawMessage `json:"jwks"`
		StatusLists      []string        `json:"statusLists"`
		OpenBadgesStrict bool            `json:"openBadgesStrict"`
	} `json:"issuers"`
	Lists map[string]string `json:"lists,omitempty"`
}

// broad has more fields than a plan minds.
var broad = func() reflect.Type {
	var fields []reflect.StructField
	for i := range 70 {
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: reflect.TypeFor[int]()})
	}
	return reflect.StructOf(fields)
}()

// quoted has a name that encoding/json does not take.
var quoted = reflect.StructOf([]reflect.StructField{{Name: "N", Type: reflect.TypeFor[int](), Tag: `json:"a\"b"`}})

// targets make a new pointer to fill.
var targets = []func() any{
	func() any { return new(wide) },
	func() any { return new(credential.Credential) },
	func() any { return new(credential.StatusList) },
	func() any { return new(trust) },
	func() any { return new(any) },
	func() any { return new(map[string]any) },
	func() any { return new(cases) },
	func() any { return reflect.New(broad).Interface() },
	func() any { return reflect.New(quoted).Interface() },
	func() any { return &struct{ time.Time }{} },
	func() any { return new(*struct{ time.Time }) },
	func() any { return new([]Inner) },
	func() any { return new(string) },
	func() any { return new(*int) },
	func() any { return new(either) },
	func() any { return new(float64) },
	func() any { return new(json.RawMessage) },
	func() any { return &struct{ Sum, Total any }{Sum: new(int)} },
}

var examples = func() []string {
	list := []string{
		`null`, ` null `, `1`, `-0.5e+3`, `"a"`, `"\u00e9\ud83d\udc4d\n\/"`, `true`, `[]`, `{}`, `[null]`, `[1,2]`, `{"a":1,"b":[{"c":null}]}`, `nul`, `tru`, `-`, `1.`, `1e`, `.5`, `+1`, `0x1`,
		`[1,]`, `{"a":1,}`, `{,}`, `[`, `{"a"`, `{"a":}`, `{a:1}`, `"a`, "\"a\nb\"", `"\x"`, `"\u12"`, `"\u+123"`, `"\ud800"`, `"\udc00\ud800"`, "\x00", "1\x00", "\ufeff1", "\v1", "\"\x7f\"", `1e400`, `{"Sum":1e400}`, `{"Sum":7,"Total":[1e400]}`,
		`{"Word":"w","yes":true,"I8":-128,"I64":9223372036854775807,"U16":65535,"F32":1.5,"F64":2,"text":"t\"","Raw":{"x":[1, 2]},"RawRef":"r","Any":{"a":[1,"b",null,true]}}`,
		`{"I8":128}`, `{"I8":1.0}`, `{"I8":1e1}`, `{"U16":-1}`, `{"F32":1e39}`, `{"F64":1e309}`, `{"I64":9223372036854775808}`, `{"yes":1}`, `{"yes":"true"}`, `{"Word":1}`, `{"Word":true}`, `{"Word":[]}`, `{"Word":{}}`,
		`{"Raw":null,"RawRef":null,"Any":null,"F64":null,"Ref":null,"Map":null,"List":null,"Word":null,"yes":null,"I8":null,"Inner":null,"Shout":null,"Either":null}`,
		`{"Shout":"a\u00df","Shouts":["a",null,"b"],"Either":[1 , 2 ],"Eithers":{"a": {"x":1 } ,"b":"q"}}`, `{"Shout":"?"}`, `{"Shout":1}`, `{"Shout":{}}`, `{"Either":"?"}`,
		`{"Map":{"a":1,"b":2},"Maps":{"x":{"y":{"a":"z"},"q":null},"w":null}}`, `{"Map":{"a":1,"A":2}}`, `{"Map":{"a":"x"}}`, `{"Map":[]}`,
		`{"Inner":{"a":"x","deep":{"a":"y","deep":null},"List":[{"a":"q"},{}]},"Ref":{"a":"r"}}`, `{"Inner":{"A":"x"}}`, `{"Inner":{"a":1}}`, `{"Inner":{"deep":{"List":[{"a":{}}]}}}`,
		`{"List":[{"a":"1"},{"a":"2"},null],"Strings":["a","b","c","d","e"],"Lists":[[1],[],null,[2,3]]}`, `{"List":[],"Strings":[]}`, `{"List":{}}`, `{"Strings":"a"}`,
		`{"hidden":1,"Never":2,"-":3,"flat":4,"Another":["x"],"tagged":{"X":1,"Y":2}}`, `{"FLAT":4}`, `{"Tagged":{}}`, `{"tagged":{"X":1,"x":2}}`,
		`{"Time":"2026-11-20T00:00:00+01:00"}`, `{"Time":"x"}`, `{"Bytes":"AQID","Pair":[{"a":"1"},{"a":"2"},{"a":"3"}],"Number":12.50,"ByInt":{"1":"a"},"ByText":{"q":1}}`,
		`{"Bytes":"?"}`, `{"Number":"x"}`, `{"Number":""}`, `{"ByInt":{"x":"a"}}`, `{"Odd":{"flat":1,"quoted":"7"}}`, `{"Odd":{"quoted":7}}`, `{"Odd":{"other":7}}`, `{"Face":null}`, `{"Face":1}`, `{"Func":1}`, `{"Func":null}`,
		`{"unknown":{"a":1,"A":2}}`, `{"unknown":{"b":[{"c":1,"c":2}]}}`, `{"unknown":[1e999,{"YES":1}]}`, `{"unknown":1,"Unknown":2}`, `{"yes":true,"yes":false}`, `{"yes":true,"Yes":false}`, `{"unknown":"\ud800"}`,
		`{"issuers":[{"id":"https://a.example","jwks":{"keys":[{"kty":"EC"}]},"statusLists":["https://a.example/status/"],"openBadgesStrict":true}],"lists":{"https://a.example/status/1":"e30"}}`,
		`{"small":1,"Deep":{"Other":2}}`, `{"Deep":{"SMALL":1}}`, `{"Deep":{"small":1}}`, `{"SMALL":1}`,
		`{"AsText":{"n":"1"}}`, `{"AsText":{"n":1}}`, `{"Named":{"base":{"flat":1}}}`, `{"Named":{"flat":1}}`, `{"Twice":{"flat":"x"}}`, `{"Twice":{"flat":1}}`, `{"Clash":{"flat":1}}`, `{"Clash":{"Another":["a"]}}`,
		`{"N":1}`, `{"a\"b":1}`,
		`{"F1":1,"F68":68,"F69":69}`, `{"F69":1,"F69":2}`, `{"F69":1,"f69":2}`, `"2026-11-20T00:00:00Z"`, `{"Nameless":{}}`, `{"Nameless":"2026-11-20T00:00:00Z"}`, `{"NamelessRef":{}}`, `{"NamelessRef":"2026-11-20T00:00:00Z"}`, `{"NamelessRef":null}`,
		`{"Inner":{"p":1,"q":{"r":2}},"p":3,"q":4,"r":5}`, `{"List":[{"p":1},{"p":1}],"p":2}`, `{"Inner":{"p":1,"q":{"r":2}},"p":3,"q":4,"P":5}`,
		`{"x":{"b":1},"b":2,"c":[{"b":1},{"b":{"c":3,"x":4}}],"B":5}`, `{"x":{"b":1},"b":2,"c":[{"b":1},{"b":{"c":3,"x":4}}]}`, `{"Map":{"x":1},"x":2,"Inner":{"x":{"y":1},"y":2},"y":3}`,
		"[" + strings.Repeat("[],{},", 40) + "[]]", `{"List":[` + strings.Repeat(`{"List":[]},`, 40) + `{}]}`, "{" + siblings(30, false) + "}", "{" + siblings(30, true) + "}",
		`{"issuers":[{"id":"x","colour":1}]}`, `{"issuers":[{"ID":"x"}]}`,
		`{"@context":["https://www.w3.org/ns/credentials/v2"],"id":"x","type":["VerifiableCredential","BitstringStatusListCredential"],"issuer":"y","validFrom":"2026-11-20T00:00:00Z","validUntil":"2026-11-21T00:00:00.5+14:00",` +
			`"credentialSubject":{"type":"BitstringStatusList","statusPurpose":["revocation"],"encodedList":"uH4s","ttl":5,"statusSize":1},"iss":"y","nbf":1.5,"exp":1e3}`,
		`{"issuer":{"id":"x","name":null},"type":null,"credentialSchema":{"id":"a","type":"b"},"validUntil":null,"credentialStatus":null,"vc":null,"vp":{}}`, `{"type":[ "a" , "\u0062",null]}`, `{"type":[1]}`, `{"issuer":["x"]}`, `{"credentialSchema":["x"]}`,
		`{"validFrom":null}`, `{"validFrom":"2026-11-20"}`, `{"nbf":"1"}`, `{"nbf":1e15}`, `{"type":"a","issuer":{"id":"x","ID":"y"}}`,
		strings.Repeat("[", 32) + strings.Repeat("]", 32), strings.Repeat("[", 33) + strings.Repeat("]", 33), `{"Any":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`, `{"Any":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`,
		`{"Raw":` + strings.Repeat(`{"a":`, 32) + "1" + strings.Repeat("}", 32) + `}`,
	}
	example, err := os.ReadFile("../../verifier/credential/testdata/competence.json")
	if err != nil {
		panic(err)
	}
	return append(list, string(example))
}()

// siblings are n members, the last of them perhaps named as an early one again.
func siblings(n int, again bool) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`"m%d":[%d]`, i, i))
	}
	if again {
		list = append(list, `"M3":0`)
	}
	return strings.Join(list, ",")
}

// same compares Decode with the oracle: two texts are read one over the other,
// so that what a value held before counts too.
func same(t *testing.T, target func() any, texts ...string) {
	t.Helper()
	for _, mode := range []struct {
		name         string
		ours, oracle func([]byte, any) error
	}{{"Decode", strictjson.Decode, strictjson.Oracle}, {"DecodeKnown", strictjson.DecodeKnown, strictjson.OracleKnown}} {
		got, want := target(), target()
		for _, text := range texts {
			data := []byte(text)
			err := mode.ours(data, got)
			if string(data) != text {
				t.Fatalf("%s changed %q into %q", mode.name, text, data)
			}
			clear(data) // nothing of it is kept
			expected := mode.oracle([]byte(text), want)
			if (err == nil) != (expected == nil) {
				t.Fatalf("%s of %q into %T: %v, want %v", mode.name, strings.TrimSpace(text), got, err, expected)
			}
			if err != nil {
				break
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s of %q into %T:\ngot  %+v\nwant %+v", mode.name, strings.TrimSpace(strings.Join(texts, " over ")), got, got, want)
			}
		}
	}
}

func TestDecodeReadsWhatTheOracleReads(t *testing.T) {
	for i, target := range targets {
		for n, text := range examples {
			same(t, target, text)
			if len(text) > 300 || i > 0 {
				continue
			}
			for at := range text { // every way to end early, and every letter lost
				same(t, target, text[:at])
				same(t, target, text[:at]+text[at+1:])
			}
			for j := n % 13; j < len(examples); j += 13 {
				same(t, target, text, examples[j])
			}
		}
	}
}

// Every byte is decided alike in every place of a string, long or short.
func TestEveryByteOfAStringIsDecidedAlike(t *testing.T) {
	for c := range 256 {
		for length := range 18 {
			for _, at := range []int{0, length / 2, length - 1} {
				s := []byte(strings.Repeat("a", length))
				if length > 0 {
					s[at] = byte(c)
				}
				same(t, func() any { return new([]string) }, `["`+string(s)+`"]`)
			}
		}
	}
}

// A text too long for sharing is read alike.
func TestALongTextIsReadAlike(t *testing.T) {
	pad := strings.Repeat(" ", 70<<10)
	for _, target := range targets[:2] {
		for _, text := range examples {
			same(t, target, pad+text)
		}
	}
}

func FuzzDecodeAgainstOracle(f *testing.F) {
	for i := range targets {
		for _, text := range examples {
			f.Add(uint8(i), text, "")
		}
	}
	f.Add(uint8(0), `{"List":[{"a":"1"},{"a":"2"}]}`, `{"List":[{"deep":{}}],"Any":1}`)
	f.Fuzz(func(t *testing.T, which uint8, text, over string) {
		target := targets[int(which)%len(targets)]
		if over == "" {
			same(t, target, text)
		} else {
			same(t, target, text, over)
		}
	})
}

// Nobody but encoding/json says why a text is not JSON, and which member does
// not fit is told with its path.
func TestErrorsSayWhere(t *testing.T) {
	for text, want := range map[string]string{
		`{"Inner":{"deep":{"List":[{"a":1}]}}}`: "json: cannot unmarshal number into Go struct field Inner.Inner.deep.List.a of type string",
		`{"I8":300}`:                            "json: cannot unmarshal number 300 into Go struct field wide.I8 of type int8",
		`{"flat":"x"}`:                          "json: cannot unmarshal string into Go struct field wide.flat of type int",
		`{"I8":1}}`:                             "invalid character '}' after top-level value",
		`{"I8":01}`:                             "invalid character '1' after object key:value pair",
		`{"I8"`:                                 "unexpected end of JSON input",
		``:                                      "unexpected end of JSON input",
	} {
		if err := strictjson.Decode([]byte(text), new(wide)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	var into wide
	for _, v := range []any{nil, into, (*wide)(nil), 7} {
		var invalid *json.InvalidUnmarshalError
		if err := strictjson.Decode([]byte("{}"), v); !errors.As(err, &invalid) {
			t.Errorf("into %T: %v", v, err)
		}
	}
}

func TestMembersAreSeen(t *testing.T) {
	for text, want := range map[string]string{
		` {"a" : 1 , "\u0062":{"c":[2, "}"]},"a":"x"} `: `a=1;b={"c":[2, "}"]};a="x";`,
		`{"a":1,"b"`:             `a=1;`,
		`{"a":1}{`:               `a=1;`,
		`{"a":[1,}`:              ``,
		`{"a":tru}`:              ``,
		`[{"a":1}]`:              ``,
		`"a"`:                    ``,
		``:                       ``,
		"{\"a\":\"\xff\",\"b\":": "a=\"\xff\";",
		`{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`: ``,
	} {
		got := ""
		for name, value := range strictjson.Members([]byte(text)) {
			got += name + "=" + string(value) + ";"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for name := range strictjson.Members([]byte(`{"a":1,"b":2}`)) {
		if name != "a" {
			t.Error("went on")
		}
		break
	}
}

// FuzzMembers: of an object that is read strictly, Members sees each member.
func FuzzMembers(f *testing.F) {
	for _, text := range examples {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var want map[string]json.RawMessage
		strict := strictjson.Decode(data, &want) == nil
		seen := 0
		for name, value := range strictjson.Members(data) {
			seen++
			if strict && string(want[name]) != string(value) {
				t.Fatalf("%q: %q is %q, want %q", data, name, value, want[name])
			}
		}
		if strict && seen != len(want) {
			t.Fatalf("%q: %d members, want %d", data, seen, len(want))
		}
	})
}
