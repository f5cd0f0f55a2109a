package templates

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"path"
	"strings"
	"testing"
)

func TestEveryFontHasOriginAndLicence(t *testing.T) {
	readme, err := fonts.ReadFile("font/README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(fonts, "font/*.ttf*")
	if err != nil || len(files) < 14 {
		t.Fatalf("%d fonts: %v", len(files), err)
	}
	for _, f := range files {
		if _, err := Font(strings.TrimSuffix(path.Base(f), ".gz")); err != nil {
			t.Error(err)
		}
		data, err := fonts.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		if !strings.Contains(string(readme), "| "+path.Base(f)+" | "+hex.EncodeToString(sum[:])+" |") {
			t.Errorf("%s is not the file that README.md tells of", f)
		}
		family, _, _ := strings.Cut(path.Base(f), "-")
		licence, err := fonts.ReadFile("font/" + family + "-OFL.txt")
		if err != nil || !strings.Contains(string(licence), "SIL OPEN FONT LICENSE Version 1.1") || !strings.HasPrefix(string(licence), "Copyright") {
			t.Errorf("%s has no licence: %v", f, err)
		}
	}
}

func TestNoNameLeadsOutOfTheFolder(t *testing.T) {
	for _, name := range []string{
		"", ".", "..", "../font.go", "../font/EBGaramond-Regular.ttf", "./EBGaramond-Regular.ttf", "font/EBGaramond-Regular.ttf",
		"/etc/passwd", `..\font.go`, `x\EBGaramond-Regular.ttf`, "EBGaramond-OFL.txt", "README.md", "EBGaramond-Regular.ttf/", "EBGaramond-Regular.ttf\x00", "ebgaramond-regular.ttf",
	} {
		if _, err := Font(name); err == nil {
			t.Errorf("Font(%q) gives something", name)
		}
	}
}

func TestFontBytesAreTheCallersOwn(t *testing.T) {
	a, err := Font("EBGaramond-Regular.ttf")
	if err != nil {
		t.Fatal(err)
	}
	b, _ := Font("EBGaramond-Regular.ttf")
	a[0] ^= 0xff
	if c, _ := Font("EBGaramond-Regular.ttf"); a[0] == b[0] || c[0] != b[0] {
		t.Error("two callers share the bytes of a font")
	}
}
