package credential_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testamur/testamur/verifier/credential"
)

func TestTimesWithAZoneAreRead(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2026-11-20T00:00:00Z":           time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC),
		"2026-11-20T00:00:00+00:00":      time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC),
		"2026-11-20T00:00:00-00:00":      time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC),
		"2026-11-20T00:00:00+14:00":      time.Date(2026, 11, 19, 10, 0, 0, 0, time.UTC),
		"2026-11-20T00:00:00-14:00":      time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC),
		"2026-11-20T00:00:00+05:30":      time.Date(2026, 11, 19, 18, 30, 0, 0, time.UTC),
		"2026-11-20T23:59:59.5Z":         time.Date(2026, 11, 20, 23, 59, 59, 500_000_000, time.UTC),
		"2026-11-20T23:59:59.123456789Z": time.Date(2026, 11, 20, 23, 59, 59, 123456789, time.UTC),
		"2028-02-29T12:00:00Z":           time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC),
		"9999-12-31T23:59:59Z":           time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	} {
		got, err := credential.ParseTime(text)
		if err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v", text, got, err)
			continue
		}
		again, err := credential.ParseTime(got.String())
		if err != nil || !again.Equal(want) || again.String() != got.String() {
			t.Errorf("%s: written as %s, read as %v, %v", text, got, again, err)
		}
	}
}

func TestOtherTimesAreRefused(t *testing.T) {
	for _, text := range []string{
		"", "now", "2026-11-20", "2026-11-20T00:00:00", "2026-11-20 00:00:00Z", "2026-11-20T00:00Z",
		"2026-11-20t00:00:00Z", "2026-11-20T00:00:00z", "2026-11-20T00:00:00,5Z", "2026-11-20T00:00:00.Z",
		"2026-11-20T00:00:00.1234567890Z", "2026-11-20T24:00:00Z", "2026-11-20T23:59:60Z", "2026-11-20T23:60:00Z",
		"2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-11-31T00:00:00Z", "2026-11-00T00:00:00Z",
		"26-11-20T00:00:00Z", "12026-11-20T00:00:00Z", "-2026-11-20T00:00:00Z", "2026-11-20T0:00:00Z",
		"2026-11-20T00:00:00+0530", "2026-11-20T00:00:00+05", "2026-11-20T00:00:00+5:30", "2026-11-20T00:00:00+05:60",
		"2026-11-20T00:00:00+14:01", "2026-11-20T00:00:00-15:00", "2026-11-20T00:00:00+23:59", "2026-11-20T00:00:00+99:99",
		"2026-11-20T00:00:00 Z", " 2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z ", "2026-11-20T00:00:00Z\n", "2026-11-20T00:00:00ZZ",
		"２０２６-11-20T00:00:00Z", "2026-11-20T00:00:00UTC", "2026-324T00:00:00Z",
	} {
		if got, err := credential.ParseTime(text); err == nil {
			t.Errorf("%q was read as %s", text, got)
		}
	}
	for _, text := range []string{`1795132800`, `null`, `{}`, `["2026-11-20T00:00:00Z"]`, `true`} {
		var got credential.Time
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s was read as %s", text, got)
		}
	}
}

// The offset tells which calendar day the writer meant.
func TestTheOffsetIsKept(t *testing.T) {
	got, err := credential.ParseTime("2029-11-19T23:59:59+01:00")
	if err != nil {
		t.Fatal(err)
	}
	if got.Day() != 19 || got.String() != "2029-11-19T23:59:59+01:00" {
		t.Errorf("day %d, text %s", got.Day(), got)
	}
}

func TestOneOrSeveral(t *testing.T) {
	var got struct {
		Types   credential.Strings
		Schemas credential.Schemas
		Issuer  credential.Profile
	}
	one := `{"Types":"a","Schemas":{"id":"x","type":"y"},"Issuer":"https://a.example"}`
	if err := json.Unmarshal([]byte(one), &got); err != nil {
		t.Fatal(err)
	}
	if !got.Types.Has("a") || got.Types.Has("b") || len(got.Schemas) != 1 || got.Schemas[0].ID != "x" || got.Issuer.ID != "https://a.example" {
		t.Errorf("read %+v", got)
	}
	// An issuer is read afresh: nothing of the last stays beside a bare id.
	got.Issuer.Name = "the last"
	many := `{"Types":["a","b"],"Schemas":[{"id":"x","type":"y"},{"id":"z","type":"y"}],"Issuer":"https://b.example"}`
	if err := json.Unmarshal([]byte(many), &got); err != nil {
		t.Fatal(err)
	}
	if !got.Types.Has("a") || !got.Types.Has("b") || len(got.Schemas) != 2 || got.Schemas[1].ID != "z" || got.Issuer.Name != "" {
		t.Errorf("read %+v", got)
	}
	text, err := json.Marshal(credential.Strings{"a"})
	if diff := cmp.Diff(`["a"]`, string(text)); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	for _, bad := range []string{`{"Types":1}`, `{"Types":{"a":1}}`, `{"Types":[1]}`, `{"Types":[["a"]]}`, `{"Schemas":"x"}`, `{"Schemas":["x"]}`, `{"Issuer":1}`, `{"Issuer":["x"]}`} {
		if err := json.Unmarshal([]byte(bad), &got); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}
