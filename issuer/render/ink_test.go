package render

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// grey is a page as a grey raster.
type grey struct {
	wide, high int
	pix        []byte
	perMM      float64
}

func raster(t testing.TB, pdf []byte, dpi int) grey {
	t.Helper()
	name := filepath.Join(t.TempDir(), "page")
	read(t, "pdftoppm", "-r", fmt.Sprint(dpi), "-gray", "-singlefile", save(t, pdf), name)
	data, err := os.ReadFile(name + ".pgm")
	if err != nil {
		t.Fatal(err)
	}
	g := grey{perMM: float64(dpi) / 25.4}
	var most int
	if _, err := fmt.Fscanf(bytes.NewReader(data), "P5\n%d %d\n%d\n", &g.wide, &g.high, &most); err != nil || most != 255 {
		t.Fatalf("pdftoppm: %v", err)
	}
	g.pix = data[len(data)-g.wide*g.high:]
	return g
}
