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

func TestTimeNeverGoesBack(t *testing.T) {
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.FixedZone("", 3600))
	first := Chain(nil, Entry{At: noon, Actor: "registrar", Act: BodyCreated})
	second := Chain(&first, Entry{At: noon.Add(-4 * time.Minute), Actor: "registrar", Act: CertificateReserved})
	third := Chain(&second, Entry{At: noon.Add(1500 * time.Millisecond), Actor: "registrar", Act: CertificateIssued})
	if !second.At.Equal(noon) || !third.At.Equal(noon.Add(time.Second)) || third.At.Location() != time.UTC {
		t.Errorf("%s, %s, %s", first.At, second.At, third.At)
	}
	if err := check([]Entry{first, second, third}); err != nil {
		t.Error(err)
	}
	early := Entry{Seq: 2, Previous: first.Hash, At: noon.Add(-time.Second).UTC(), Actor: "registrar", Act: CertificateIssued}
	early.Hash = early.hash()
	if err := early.Follows(&first); err == nil {
		t.Error("an entry of a time before that of the last was taken")
	}
}

// The hash is that of every release: a log written years ago must still hold.
func TestHashIsAsReleased(t *testing.T) {
	e := Chain(nil, Entry{
		At: time.Date(2026, 11, 20, 12, 0, 0, 5, time.UTC), Actor: "Ünal <clerk>", Act: CertificateRevoked, Object: "SCB-7Q2F9-KXM4C",
		Detail: map[string]string{"reason": "fraud", "effective": "2026-11-20"},
	})
	const want = "95935fab5cc7a68517ae545de290784c5257b01e48c443cb27f84278c4b7ae88"
	if e.Hash != want {
		t.Errorf("the hash is %s, was %s", e.Hash, want)
	}
}
