package scheme

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestPercentIsReadAsItIsWritten(t *testing.T) {
	for text, want := range map[string]Percent{
		"0": 0, "7": 7, "65": 65, "72.5": 72.5, "72.50": 72.5, "64.99": 64.99, "0.01": 0.01, "99.99": 99.99, "100": 100, "100.0": 100, "100.00": 100,
	} {
		var e Exam
		if err := json.Unmarshal([]byte(`{"score": `+text+`}`), &e); err != nil || e.Score == nil || *e.Score != want {
			t.Errorf("%s: %v, %v", text, e.Score, err)
			continue
		}
		data, err := json.Marshal(e.Score)
		var again Percent
		if err != nil || json.Unmarshal(data, &again) != nil || again != want {
			t.Errorf("%s became %s, %v", text, data, err)
		}
	}
	var e Exam
	if err := json.Unmarshal([]byte(`{"score": null}`), &e); err != nil || e.Score != nil {
		t.Errorf("no score: %v, %v", e.Score, err)
	}
}

func TestPercentIsNeverRounded(t *testing.T) {
	for _, text := range []string{
		"64.99999999999999999999", "64.999", "65.000", "6.5e1", "65E0", "650e-1", "-0", "-1", "-0.5", "100.01", "101", "1000", "1e999", "0.001",
		`"65"`, "true", "[65]", `{"a": 65}`, "65." + strings.Repeat("0", 1000),
	} {
		var e Exam
		err := json.Unmarshal([]byte(`{"score": `+text+`}`), &e)
		if err == nil || !strings.Contains(err.Error(), "must be a number of per cent such as 72 or 72.5") || len(err.Error()) > 200 {
			t.Errorf("%s: %v, %v", text, e.Score, err)
		}
	}
}

func FuzzPercent(f *testing.F) {
	for _, s := range []string{"0", "72", "72.5", "100.00", "64.99999999999999999999", "1e2", "-0", "null", `"1"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var p Percent
		if json.Unmarshal([]byte(text), &p) != nil {
			return
		}
		if !(p >= 0 && p <= 100) {
			t.Fatalf("%s became %v", text, p)
		}
		data, err := json.Marshal(p)
		var again Percent
		if err != nil || json.Unmarshal(data, &again) != nil || again != p {
			t.Fatalf("%s became %s, %v", text, data, err)
		}
	})
}
