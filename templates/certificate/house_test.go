package certificate

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestHouseChoosesForEachScheme(t *testing.T) {
	folder := fstest.MapFS{HouseFile: {Data: []byte(`{
		"default": {"page": "Letter", "languages": ["de", "en"]},
		"schemes": {"iso20000": {"design": "classic", "languages": ["fr"]}, "other": {"page": "A4"}}}`)}}
	h, err := ReadHouse(folder, Builtin())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		house  *House
		scheme string
		want   Style
	}{
		{h, "iso20000", Style{"classic", Letter, []string{"fr"}}},
		{h, "citsop", Style{"citsop", Letter, []string{"de", "en"}}},
		{h, "other", Style{"plain", A4, []string{"de", "en"}}},
		{new(House), "iso20000", Style{"iso20000", A4, []string{"en"}}},
		{new(House), "other", Style{"plain", A4, []string{"en"}}},
	} {
		got := test.house.Style(test.scheme, Builtin())
		if got.Design != test.want.Design || got.Size != test.want.Size || !slices.Equal(got.Languages, test.want.Languages) {
			t.Errorf("%s: %+v, want %+v", test.scheme, got, test.want)
		}
	}
	if h, err := ReadHouse(fstest.MapFS{}, Builtin()); err != nil || h.Style("x", Builtin()).Design != "plain" {
		t.Errorf("without a file: %v", err)
	}
	for text, want := range map[string]string{
		`{"default": {"design": "clasic"}}`:                `default: there is no design "clasic" ("classic" was meant?)`,
		`{"default": {"page": "A5"}}`:                      `default.page: there is no size "A5"; there are: A4, Letter`,
		`{"schemes": {"iso20000": {"languages": ["xx"]}}}`: `schemes.iso20000: design iso20000 has no wording in the language "xx"`,
		`{"schemes": {"iso20000": {"language": "de"}}}`:    `schemes.iso20000.language: there is no such member ("languages" was meant?)`,
		`{"schemes": {"../x": {"page": "A4"}}}`:            `schemes: "../x" is not the id of a scheme`,
		`{"defaults": {}}`:                                 `defaults: there is no such member`,
		`{"default": {"languages": ["en", "de", "fr"]}}`:   "one language or two, not 3",
		`{"default": {}, "default": {}}`:                   "default: it stands twice",
		`{`:                                                "it is not JSON",
	} {
		if _, err := ReadHouse(fstest.MapFS{HouseFile: {Data: []byte(text)}}, Builtin()); err == nil || !strings.Contains(err.Error(), HouseFile+": ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestLanguagesAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string][]string{"": nil, "de": {"de"}, "de,en": {"de", "en"}, "de+en": {"de", "en"}, "de, en": {"de", "en"}} {
		if got := ParseLanguages(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q", text, got)
		}
	}
}
