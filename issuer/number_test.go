package issuer

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
)

func TestNumberFindsEverySingleMistakeAndEverySwap(t *testing.T) {
	for range 50 {
		number, err := newNumber(rand.Reader, "SCB")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ParseNumber(number, "SCB"); err != nil || got != number {
			t.Fatalf("%s read as %s, %v", number, got, err)
		}
		plain := strings.ReplaceAll(number[4:], "-", "")
		for i := range plain {
			for _, c := range alphabet {
				wrong := plain[:i] + string(c) + plain[i+1:]
				if _, err := ParseNumber(wrong, "SCB"); wrong != plain && !errors.Is(err, ErrNumber) {
					t.Fatalf("%s was taken for a number although %s is one", wrong, plain)
				}
			}
			for j := i + 1; j < len(plain); j++ {
				b := []byte(plain)
				b[i], b[j] = b[j], b[i]
				if _, err := ParseNumber(string(b), "SCB"); string(b) != plain && !errors.Is(err, ErrNumber) {
					t.Fatalf("%s was taken for a number although %s is one", b, plain)
				}
			}
		}
	}
}

func TestNumberIsReadAsPeopleTypeIt(t *testing.T) {
	s := "1002F9KXM"
	number := formatNumber("SCB", s+string(alphabet[check(s)]))
	last := number[len(number)-1:]
	for _, typed := range []string{number, strings.ToLower(number), " " + number + " ", "scb1002f9kxm" + last, "IO02F-9KXM" + last, "lo02f9kxm" + last, "SCB LOO2F 9KXM" + last} {
		if got, err := ParseNumber(typed, "SCB"); err != nil || got != number {
			t.Errorf("%q read as %q, %v; want %s", typed, got, err, number)
		}
	}
	for _, typed := range []string{"", "SCB", "SCB-", number + "0", "ABC-" + number[4:], "UUUUU-UUUUU", "SCB-12345", "☃"} {
		if got, err := ParseNumber(typed, "SCB"); !errors.Is(err, ErrNumber) {
			t.Errorf("%q read as %q, %v; want ErrNumber", typed, got, err)
		}
	}
}

func FuzzParseNumber(f *testing.F) {
	f.Add("SCB-7Q2F9-KXM4C")
	f.Add("scb 1002f 9kxm0")
	f.Fuzz(func(t *testing.T, text string) {
		number, err := ParseNumber(text, "SCB")
		if err != nil {
			return
		}
		if again, err := ParseNumber(number, "SCB"); err != nil || again != number {
			t.Fatalf("%q read as %q, which reads as %q, %v", text, number, again, err)
		}
	})
}
