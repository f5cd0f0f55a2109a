package templates

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDayNamesItsMonth(t *testing.T) {
	if got := PaperDay(2026, time.February, 3); got != "3 February 2026" {
		t.Errorf("got %q", got)
	}
}

func TestPhraseSaysWhetherTheCertificateEnds(t *testing.T) {
	if PaperPhrase(false) != PaperQualified || PaperPhrase(true) != PaperCertified {
		t.Error("the phrases are exchanged")
	}
	if strings.Contains(PaperQualified, "period") || !strings.Contains(PaperCertified, "period") {
		t.Error("the phrases do not tell which certificate ends")
	}
}

// Whoever reads a page finds his way by the labels, so no two may be alike.
func TestLabelsAreDistinct(t *testing.T) {
	labels := PaperLabels()
	slices.Sort(labels)
	if n := len(slices.Compact(slices.Clone(labels))); n != len(labels) || n != 9 {
		t.Errorf("labels %q", labels)
	}
}

func TestTypefacesOfThePaperAreEmbedded(t *testing.T) {
	for _, name := range []string{FontSerif, FontItalic, FontSans} {
		if _, err := Font(name); err != nil {
			t.Error(err)
		}
	}
}
