package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// slowly decides what check decides, by the tokens of encoding/json: slower, and
// easier to believe.
func slowly(data []byte, known map[string]string) error {
	if !utf8.Valid(data) {
		return errors.New("not valid UTF-8")
	}
	if err := paired(data); err != nil {
		return err
	}
	type frame struct {
		object, isName bool
		members        map[string]bool
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var open []frame
	for started := false; !started || len(open) > 0; started = true {
		tok, err := dec.Token()
		if err != nil {
			return err
		}
		if n := len(open); n > 0 && open[n-1].object && open[n-1].isName {
			if name, ok := tok.(string); ok {
				f := &open[n-1]
				if f.members[fold(name)] {
					return fmt.Errorf("twice: %q", name)
				}
				f.members[fold(name)] = true
				if exact, ok := known[fold(name)]; ok && exact != name {
					return fmt.Errorf("case: %q", name)
				}
				f.isName = false
				continue
			}
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			if len(open) == MaxDepth {
				return errors.New("deep")
			}
			open = append(open, frame{object: tok == json.Delim('{'), isName: true, members: map[string]bool{}})
			continue
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
		if n := len(open); n > 0 {
			open[n-1].isName = true
		}
	}
	if rest := bytes.TrimLeft(data[dec.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return errors.New("something follows")
	}
	return nil
}

var many = "{" + manyMembers(60, -1) + "}"

// manyMembers writes n members, the last of them named as member again, if that
// is not negative.
func manyMembers(n, again int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`"m%d":{"a":[%d]}`, i, i))
	}
	if again >= 0 {
		list = append(list, fmt.Sprintf(`"M%d":0`, again))
	}
	return strings.Join(list, ",")
}

func TestManyMembersAreStillTold(t *testing.T) {
	known := knownNames(reflect.TypeFor[sample]())
	for n := range 60 {
		if err := check([]byte("{"+manyMembers(n+1, -1)+"}"), known); err != nil {
			t.Errorf("%d members: %v", n+1, err)
		}
		for _, again := range []int{0, n / 2, n} {
			if check([]byte("{"+manyMembers(n+1, again)+"}"), known) == nil {
				t.Errorf("%d members, and number %d again: accepted", n+1, again)
			}
		}
	}
}

func FuzzCheckAgainstTokens(f *testing.F) {
	for _, s := range []string{
		`{"exp":1}`, `{"exp":1,"Exp":2}`, `[{"a":[]},{"a":{"b":1,"b":2}}]`, `{"inner":{"validUntil":"x"}}`, "null", `"\u0065"`, `{"\u0065xp":1}`,
		`{"a":"{\"b\":1","a":2}`, `{"a":"\\","b":"\\\"","c":[",","}","{"]}`, many, "{" + manyMembers(30, 3) + "}", ` [ ] `, `{"":1,"":2}`, "1 2",
		strings.Repeat("[", 33) + strings.Repeat("]", 33), `{"a":[{"b":1},{"b":2}],"b":3}`, `{"a":{"b":{"c":1}},"c":2,"B":3}`,
	} {
		f.Add([]byte(s))
	}
	known := knownNames(reflect.TypeFor[sample]())
	f.Fuzz(func(t *testing.T, data []byte) {
		fast, slow := check(data, known), slowly(data, known)
		if (fast == nil) != (slow == nil) {
			t.Fatalf("%q: %v, but by tokens %v", data, fast, slow)
		}
	})
}
