package typeface

import (
	"strings"
	"testing"
)

func TestLinesMayEndWhereReadersExpectIt(t *testing.T) {
	for _, want := range []string{
		"Friederike |Baumgärtner|",
		"Müller-|Lüdenscheidt|",
		"ISO/|IEC |20000|",
		"CITSOP/|CITSOM|",
		"ISO |9001/|2015|",
		"Certificate |(Level |2)|",
		"20 |November |2026|",
		"valid\u00a0through |2029|",
		"سارة |محمد|",
		"สมชาย |ใจดี|",
		"王|小|明|",
		"管|理|（二|级）|",
		"健|一|さ|く|ら|",
		"ジョ|ン・|ス|ミ|ス|",
		"김민준 |인증서|",
		"é |y|",
		"",
	} {
		text := strings.ReplaceAll(want, "|", "")
		var got strings.Builder
		breaks := Breaks(text)
		i := 0
		for _, r := range text {
			got.WriteRune(r)
			if breaks[i] {
				got.WriteByte('|')
			}
			i++
		}
		if got.String() != want {
			t.Errorf("got %s, want %s", got.String(), want)
		}
	}
}
