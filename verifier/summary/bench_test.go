package summary_test

import (
	"testing"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier/summary"
)

func BenchmarkPayload(b *testing.B) {
	s := examples(b, names["Latin"])[0]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Payload(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	s := examples(b, names["Latin"])[0]
	payload, err := s.Payload()
	if err != nil {
		b.Fatal(err)
	}
	token := houses()[keys.ES256].sign(b, keys.TypeSummary, payload)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := summary.Write(token); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExamineSummary(b *testing.B) {
	h := houses()[keys.ES256]
	text := h.text(b, examples(b, names["Latin"])[0])
	v := h.verifier(b)
	b.ReportAllocs()
	for b.Loop() {
		if v.ExamineSummary(b.Context(), text).Certificate == nil {
			b.Fatal("refused")
		}
	}
}
