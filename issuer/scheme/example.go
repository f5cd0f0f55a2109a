package scheme

import (
	"embed"
	"encoding/json"
	"regexp"
)

//go:embed example/*.json
var examples embed.FS

// Example is one worked application, as docs/application.md describes them.
type Example struct {
	File        string // its file, e.g. "08-CM.json"
	Certificate string // code of the certificate applied for
	// Main marks the one example per certificate that goes the regular way;
	// the others show side entries and what they build on.
	Main bool
	JSON []byte // the application
}

var mainFile = regexp.MustCompile(`^\d+-[A-Z]+(-[A-Z]+)*\.json$`)

// Examples returns the worked applications, of specimen candidates, for every
// certificate of the built-in catalogue. Issuing all of them in this order
// works: what each asks to be held was issued to the same candidate before it.
func Examples() []Example {
	files, err := examples.ReadDir("example")
	if err != nil {
		panic(err) // they are part of the program
	}
	list := make([]Example, len(files))
	for i, f := range files {
		data, err := examples.ReadFile("example/" + f.Name())
		if err != nil {
			panic(err)
		}
		var a struct{ Certificate string }
		if err := json.Unmarshal(data, &a); err != nil {
			panic(err)
		}
		list[i] = Example{File: f.Name(), Certificate: a.Certificate, Main: mainFile.MatchString(f.Name()), JSON: data}
	}
	return list
}
