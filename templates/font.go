package templates

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// The typefaces with their licences; see font/README.md for their origin.
//
//go:embed font/*.ttf font/*.ttf.gz font/*-OFL.txt font/README.md
var fonts embed.FS

// The typefaces that certificates are set in, as [Font] knows them. Those of
// other scripts stand beside them; see package typeface.
const (
	FontSerif  = "EBGaramond-Regular.ttf"
	FontItalic = "EBGaramond-Italic.ttf"
	FontSans   = "SourceSans3-Regular.ttf"
)

// Font returns the TrueType file of that name, e.g. "EBGaramond-Regular.ttf".
// The bytes are the caller's own. The large ones are kept compressed and take
// some tens of milliseconds.
func Font(name string) ([]byte, error) {
	if strings.ContainsAny(name, `/\`) || !strings.HasSuffix(name, ".ttf") {
		return nil, fmt.Errorf("%q is not the name of an embedded font", name)
	}
	data, err := fonts.ReadFile("font/" + name)
	if errors.Is(err, fs.ErrNotExist) {
		data, err = unpacked("font/" + name + ".gz")
	}
	if err != nil {
		return nil, fmt.Errorf("font %q is not embedded", name)
	}
	return data, nil
}

// unpacked returns the content of a compressed file, whose length stands in its
// last four bytes (RFC 1952, 2.3.1).
func unpacked(name string) ([]byte, error) {
	packed, err := fonts.ReadFile(name)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	data := make([]byte, binary.LittleEndian.Uint32(packed[len(packed)-4:]))
	if _, err := io.ReadFull(z, data); err != nil {
		return nil, err
	}
	// What is left is the sum, which must be right.
	if n, err := z.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		return nil, fmt.Errorf("%s is longer than it says, or damaged (%v)", name, err)
	}
	return data, nil
}
