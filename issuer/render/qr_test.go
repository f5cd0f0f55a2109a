package render

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestScannerReadsTheCode(t *testing.T) {
	for _, n := range []int{12, 21, 59, 60, 61, 90, 120} {
		text := ("HTTPS://V.EXAMPLE.ORG/" + strings.Repeat("7q2F-", 30))[:n]
		png, err := QRPNG(text, 4)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "code.png")
		if err := os.WriteFile(file, png, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := string(read(t, "zbarimg", "-q", "--raw", file)); got != text+"\n" {
			t.Errorf("zbarimg reads %q, want %q", got, text)
		}
	}
}

func TestCodeHasItsQuietZoneAndAtMost53Modules(t *testing.T) {
	for n := 1; n <= longestQR; n++ {
		m, err := QR(strings.Repeat("x", n))
		if err != nil {
			t.Fatal(err)
		}
		side := len(m)
		if side > 45+8 {
			t.Errorf("%d bytes: %d modules", n, side)
		}
		for y, row := range m {
			if len(row) != side {
				t.Fatalf("%d bytes: not a square", n)
			}
			for x, dark := range row {
				if dark && (x < 4 || y < 4 || x >= side-4 || y >= side-4) {
					t.Fatalf("%d bytes: module %d,%d of the quiet zone is dark", n, x, y)
				}
			}
		}
		if !m[4][4] { // the finder pattern begins right behind the zone
			t.Errorf("%d bytes: quiet zone wider than 4", n)
		}
	}
}

func TestErrorCorrectionFallsOnlyBeyond60(t *testing.T) {
	// The format information, beside the upper left finder, tells the level.
	level := func(text string) int {
		m, err := QR(text)
		if err != nil {
			t.Fatal(err)
		}
		bits := 0
		for _, x := range []int{0, 1} {
			bits <<= 1
			if m[4+8][4+x] {
				bits |= 1
			}
		}
		return bits ^ 0b10 // ISO/IEC 18004: mask 101010000010010
	}
	if got := level(strings.Repeat("x", 60)); got != 0b11 {
		t.Errorf("60 bytes: level %02b, want Q", got)
	}
	if got := level(strings.Repeat("x", 61)); got != 0b00 {
		t.Errorf("61 bytes: level %02b, want M", got)
	}
}

func TestCodeThatWouldNotScanIsRefused(t *testing.T) {
	for _, text := range []string{"", strings.Repeat("x", longestQR+1), "é", "a\x00b", "a\nb", "\xff", "a\u202eb", " a"} {
		if _, err := QR(text); err == nil {
			t.Errorf("QR(%q) is drawn", text)
		}
	}
	for _, scale := range []int{-1, 0, 41, 1 << 40} {
		if _, err := QRPNG("x", scale); err == nil {
			t.Errorf("scale %d is drawn", scale)
		}
	}
}
