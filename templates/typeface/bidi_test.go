package typeface

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/go-text/typesetting/bidi"
)

// Levels and order, worked out by hand from the rules.
func TestDirections(t *testing.T) {
	for _, c := range []struct {
		text   string
		rtl    bool
		levels string
		order  string // the characters from left to right, brackets not turned
	}{
		{"abc", false, "000", "abc"},
		{"abc", true, "222", "abc"},
		{"אבג", false, "111", "גבא"},
		{"a אב b", false, "001100", "a בא b"},
		{"אב a", true, "1112", "a בא"},
		{"אב 12", false, "11122", "12 בא"},
		{"אב 12", true, "11122", "12 בא"},
		{"12 אב", true, "22111", "בא 12"},
		{"12 אב", false, "00011", "12 בא"},
		{"א1a", false, "120", "1אa"}, // one run of even levels for those who only look at directions
		{"א a1", true, "1122", "a1 א"},
		{"אב ISO 9001:2015", true, "1112222222222222", "ISO 9001:2015 בא"},
		{"ab (אב) cd", false, "0000110000", "ab (בא) cd"},
		{"אב (ab) גד", true, "1111221111", "דג )ab( בא"},
		{"a(ב)", false, "0010", "a(ב)"},
		{"אב, 5%", true, "111122", "5% ,בא"},
		{"م ١٢", false, "1122", "١٢ م"},
		{"م 1-2", true, "11212", "2-1 م"}, // behind Arabic, only . , : and / hold numbers together
		{"א-b", true, "112", "b-א"},
		{"אב ", false, "110", "בא "},
		{"ab ", true, "221", " ab"},
		{"", true, "", ""},
	} {
		base := uint8(0)
		if c.rtl {
			base = 1
		}
		runes := []rune(c.text)
		got := levels(runes, base)
		digits, order := "", ""
		for _, l := range got {
			digits += fmt.Sprint(l)
		}
		for _, i := range reorder(got) {
			order += string(runes[i])
		}
		if digits != c.levels || order != c.order {
			t.Errorf("%q: levels %s, %q; want %s, %q", c.text, digits, order, c.levels, c.order)
		}
	}
}

// TestDirectionsAgreeWithAnother compares with an implementation that tells the
// direction of each character, though not its level.
func TestDirectionsAgreeWithAnother(t *testing.T) {
	alphabet := []rune("ab12 ,.-+%/:()[]{}אבمد٣٤\u0300\u064b€'\u05be«»〈〉")
	rng := rand.New(rand.NewPCG(3, 4))
	var other bidi.Paragraph
	turned := 0
	for range 100_000 {
		text := make([]rune, 1+rng.IntN(16))
		for i := range text {
			text[i] = alphabet[rng.IntN(len(alphabet))]
		}
		for base, direction := range []bidi.Direction{bidi.LeftToRight, bidi.RightToLeft} {
			got := levels(text, uint8(base))
			want := make([]uint8, len(text))
			runs := other.Segment(text, direction)
			for i := range runs.NumRuns() {
				for k := runs.Run(i).Start; k < runs.Run(i).End; k++ {
					want[k] = uint8(runs.Run(i).Level) % 2
				}
			}
			have := make([]uint8, len(text))
			for i, l := range got {
				have[i] = l % 2
				if l%2 == 1 {
					turned++
				}
			}
			if !reflect.DeepEqual(have, want) {
				t.Fatalf("%q, base %d: %v, want %v", string(text), base, got, want)
			}
		}
	}
	if turned < 100_000 {
		t.Errorf("only %d characters from right to left", turned)
	}
}

func TestFirstLetterTellsTheDirection(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "123": false, "Ana": false, "محمد": true, "שרה Cohen": true, "Cohen שרה": false, "(123) محمد": true, "«é»": false, "5 שרה": true, "नेहा": false, "王 محمد": false,
	} {
		if got := RightToLeft(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
