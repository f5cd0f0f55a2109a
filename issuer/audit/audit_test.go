package audit

import (
	"slices"
	"testing"
	"time"
)

func sample(n int) []Entry {
	var log []Entry
	var last *Entry
	for i := range n {
		e := Chain(last, Entry{At: time.Unix(int64(1_800_000_000+i), 0), Actor: "registrar", Act: CertificateIssued, Object: "SCB-1", Detail: map[string]string{"b": "2", "a": "1"}})
		log = append(log, e)
		last = &log[i]
	}
	return log
}

func check(log []Entry) error {
	var last *Entry
	for i := range log {
		if err := log[i].Follows(last); err != nil {
			return err
		}
		last = &log[i]
	}
	return nil
}

func TestChainHolds(t *testing.T) {
	if err := check(sample(20)); err != nil {
		t.Fatal(err)
	}
}

func TestTamperingIsFound(t *testing.T) {
	for name, tamper := range map[string]func([]Entry) []Entry{
		"changed act":    func(l []Entry) []Entry { l[7].Act = CertificateRevoked; return l },
		"changed actor":  func(l []Entry) []Entry { l[7].Actor = "somebody"; return l },
		"changed time":   func(l []Entry) []Entry { l[7].At = l[7].At.Add(time.Second); return l },
		"changed detail": func(l []Entry) []Entry { l[7].Detail = map[string]string{"a": "1"}; return l },
		"removed":        func(l []Entry) []Entry { return slices.Delete(l, 7, 8) },
		"first removed":  func(l []Entry) []Entry { return l[1:] },
		"reordered":      func(l []Entry) []Entry { l[7], l[8] = l[8], l[7]; return l },
		"inserted":       func(l []Entry) []Entry { return slices.Insert(l, 7, Chain(&l[6], Entry{Actor: "x"})) },
		"rehashed": func(l []Entry) []Entry {
			l[7].Actor = "somebody"
			l[7].Hash = l[7].hash()
			return l
		},
	} {
		if err := check(tamper(sample(20))); err == nil {
			t.Errorf("%s: not found", name)
		}
	}
}
