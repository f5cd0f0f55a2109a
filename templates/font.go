package templates

import (
	"embed"
	"fmt"
	"strings"
)

// The typefaces with their licences; see font/README.md for their origin.
//
//go:embed font
var fonts embed.FS

// Font returns the TrueType file of that name, e.g. "EBGaramond-Regular.ttf".
// The bytes are the caller's own.
func Font(name string) ([]byte, error) {
	if strings.ContainsAny(name, `/\`) || !strings.HasSuffix(name, ".ttf") {
		return nil, fmt.Errorf("%q is not the name of an embedded font", name)
	}
	data, err := fonts.ReadFile("font/" + name)
	if err != nil {
		return nil, fmt.Errorf("font %q is not embedded", name)
	}
	return data, nil
}
