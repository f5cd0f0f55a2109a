package credential

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The rules as they are easier to believe and slower to check. What is written
// by hand must decide the same.

var (
	slowContext = regexp.MustCompile(`^https://purl\.imsglobal\.org/spec/ob/v3p0/context(-3\.0\.[0-3])?\.json$`)
	slowDecimal = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})$`)
	slowTime    = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00)$`)
)

func slowURI(s string) bool {
	u, err := url.Parse(s)
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("<>\"{}|\\^`", r) }) {
		return false
	}
	return err == nil && u.IsAbs() && (u.Opaque != "" || u.Host != "") && u.User == nil &&
		(u.Host != "" || u.Scheme != "http" && u.Scheme != "https")
}

func slowStrings(data []byte) (s Strings, err error) {
	if len(data) > 0 && data[0] == '"' {
		s = Strings{""}
		return s, json.Unmarshal(data, &s[0])
	}
	return s, json.Unmarshal(data, (*[]string)(&s))
}

// decidesAlike says where a rule and its oracle differ about s, or "".
func decidesAlike(s string) string {
	if fast, slow := obContext(s), slowContext.MatchString(s); fast != slow {
		return fmt.Sprintf("context: %v, want %v", fast, slow)
	}
	if fast, slow := dateTimeStamp(s), slowTime.MatchString(s); fast != slow {
		return fmt.Sprintf("time: %v, want %v", fast, slow)
	}
	if fast, slow := absoluteURI("id", s) == nil, slowURI(s); fast != slow {
		return fmt.Sprintf("URI: %v, want %v", fast, slow)
	}
	n, err := (&Status{Index: s}).Entry()
	if slow := slowDecimal.MatchString(s); (err == nil) != slow {
		return fmt.Sprintf("decimal: %v, want %v", err, slow)
	} else if want, _ := strconv.Atoi(s); slow && n != want {
		return fmt.Sprintf("decimal: %d", n)
	}
	var fast Strings
	err = fast.UnmarshalJSON([]byte(s))
	slow, slowErr := slowStrings([]byte(s))
	if (err == nil) != (slowErr == nil) || err == nil && !reflect.DeepEqual(fast, slow) {
		return fmt.Sprintf("strings: %q, %v, want %q, %v", fast, err, slow, slowErr)
	}
	var at Time
	var text string
	err = at.UnmarshalJSON([]byte(s))
	slowErr = json.Unmarshal([]byte(s), &text)
	if slowErr == nil {
		_, slowErr = ParseTime(text)
	}
	if (err == nil) != (slowErr == nil) || err == nil && at.String() != must(ParseTime(text)).String() {
		return fmt.Sprintf("time in JSON: %v, %v, want %v", at, err, slowErr)
	}
	return ""
}

func must(t Time, _ error) Time { return t }

var spellings = []string{
	"", "0", "1", "00", "01", "999999999", "1000000000", "-1", "+1", "1 ", "１", "1e3", "a",
	ContextOB, "https://purl.imsglobal.org/spec/ob/v3p0/context.json", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.4.json", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json\n",
	"https://certs.example.org", "https://certs.example.org/", "https://certs.example.org/a%20b", "https://certs.example.org/a%2", "https://certs.example.org/%zz", "https://certs.example.org:443/x", "https://certs.example.org:x/",
	"https://a@certs.example.org/", "https:///x", "https://", "https:", "https://?x", "https://a?b#c", "https://a#b%", "https://[::1]/", "https://a/[b]", "https://a/b c", "https://a/\u00e9", "https://\u00e9/", "https://a\\b", "https://-./..//:@",
	"HTTPS://A.example", "http://a.example/", "urn:uuid:6d6b0c5e-6f7c-4a3e-9a51-2f0b8d1f7c11", "urn:", "urn:?a", "urn:#a", "urn:/a", "urn://a", "urn:a%", "urn:a?%#%", "urn:a#b%zz", "URN:a", "urn:-", "urn:\u00e9", "urn:a b", "did:web:a.example", "mailto:a@b.example", "/a", "a", ":a", "1:a", "https//a",
	"2026-11-20T00:00:00Z", "2026-11-20T00:00:00.5Z", "2026-11-20T00:00:00.123456789+14:00", "2026-11-20T00:00:00.1234567890Z", "2026-11-20T00:00:00.Z", "2026-11-20T00:00:00-14:01", "2026-11-20T00:00:00+13:59", "2026-11-20T00:00:00+13:60", "2026-11-20T00:00:00+1:00", "2026-11-20T00:00:00",
	"2026-11-20T00:00:00.5", "2026-11-20T00:00:00z", "2026-11-20t00:00:00Z", "2026-13-41T25:61:61Z", "2026-11-20T00:00:00Z ", "2026-11-20T00:00:00+0000", "2026-11-20T00:00:00+00-00", "0000-00-00T00:00:00+00:00", "2026-11-20T00:00:00/01:00", "2026-11-20T00:00:00+19:00", "2026-11-20T00:00:00+20:00",
	`"a"`, `["a"]`, `["a","b","c"]`, `[]`, `[ "a" ]`, `["a" ,"b"]`, `["a",]`, `["a"`, `["a","b"`, `[`, `["`, `"`, `""`, `[""]`, `["a"]]`, `"a"b`, `["a","\u0062"]`, `["\u00e9","é"]`, "[\"a\nb\"]", "\"a\xff\"", `[null]`, `null`, `[1]`, `["a"][`, `["a""b"]`, `[,"a"]`, "[\"\x7f\"]",
	`"2026-11-20T00:00:00Z"`, `"2026-11-20T00:00:00\u005a"`, ` "2026-11-20T00:00:00Z"`, `"2026-11-20T00:00:00Z`, `"2026-02-30T00:00:00Z"`,
}

func TestRulesDecideAsTheirOracles(t *testing.T) {
	for _, s := range spellings {
		for i := 0; i <= len(s); i++ { // every way to break off, and a character lost or changed
			cut := s[:i]
			for _, variant := range []string{cut, s, cut + "%" + s[i:], cut + s[min(i+1, len(s)):], cut + "9" + s[min(i+1, len(s)):], cut + "\n" + s[i:], cut + "@" + s[i:]} {
				if d := decidesAlike(variant); d != "" {
					t.Errorf("%q: %s", variant, d)
				}
			}
		}
	}
}

// In a URI every byte counts, wherever it stands.
func TestEveryByteOfAURIIsDecidedAlike(t *testing.T) {
	for c := range 256 {
		b := string([]byte{byte(c)})
		for _, s := range []string{b, b + "a:b", "a" + b + ":b", "https:" + b, "https:/" + b + "a", "https://" + b, "https://" + b + "a/", "https://a" + b, "https://a" + b + "b/c", "https://a/" + b, "https://a/b" + b + "2", "urn:" + b, "urn:" + b + "a", "urn:a" + b, "urn:a" + b + "b"} {
			if d := decidesAlike(s); d != "" {
				t.Errorf("%q: %s", s, d)
			}
		}
	}
}

// FuzzRulesAgainstOracles looks further.
func FuzzRulesAgainstOracles(f *testing.F) {
	for _, s := range spellings {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d := decidesAlike(s); d != "" {
			t.Fatalf("%q: %s", s, d)
		}
	})
}
