package typeface

import (
	"iter"
	"strings"
	"sync"
	"unicode"

	"github.com/go-text/typesetting/language"

	"github.com/testamur/testamur/templates"
)

// A Family is the faces that set one kind of text: the first one wherever it
// can, the others, in order, for what it lacks. It is safe for concurrent use.
type Family struct {
	Name  string // e.g. "serif"
	Faces []*Face

	house bool // what Faces lack, the faces of the house for each script set
}

// The families of the house. A face of another script is opened when a text
// first needs it: starting a program costs none of that.
var (
	serif  = sync.OnceValue(func() *Family { return NewFamily("serif", regular()) })
	italic = sync.OnceValue(func() *Family { return NewFamily("italic", slanted(), regular()) })
	sans   = sync.OnceValue(func() *Family { return NewFamily("sans", grotesque()) })
)

// Serif is the family for everything that is read.
func Serif() *Family { return serif() }

// Italic is the family for connecting words.
func Italic() *Family { return italic() }

// Sans is the family for labels and for what is typed or compared letter by
// letter.
func Sans() *Family { return sans() }

// NewFamily makes a family of a body's own faces. What they lack, the faces of
// the house set.
func NewFamily(name string, faces ...*Face) *Family {
	return &Family{Name: name, Faces: faces, house: true}
}

// The faces of the house.
var (
	regular    = house(templates.FontSerif)
	slanted    = house(templates.FontItalic)
	grotesque  = house(templates.FontSans)
	wide       = house("NotoSerif-Regular.ttf") // Latin, Greek and Cyrillic that the others lack
	naskh      = house("NotoNaskhArabic-Regular.ttf")
	hebrew     = house("NotoSerifHebrew-Regular.ttf")
	devanagari = house("NotoSerifDevanagari-Regular.ttf")
	thai       = house("NotoSerifThai-Regular.ttf")
	armenian   = house("NotoSerifArmenian-Regular.ttf")
	georgian   = house("NotoSerifGeorgian-Regular.ttf")
	simplified = house("NotoSerifSC-Regular.ttf")
	tradition  = house("NotoSerifTC-Regular.ttf")
	japanese   = house("NotoSerifJP-Regular.ttf")
	korean     = house("NotoSerifKR-Regular.ttf")
)

// watch is told of each face of the house that is opened.
var watch = func(string) {}

// house opens an embedded face when it is first needed.
func house(file string) func() *Face {
	return sync.OnceValue(func() *Face {
		watch(file)
		data, err := templates.Font(file)
		if err != nil {
			panic(err) // a test opens each
		}
		f, err := open(file, data)
		if err != nil {
			panic(err)
		}
		return f
	})
}

// candidates are the faces that may have characters of a script, in order. The
// faces for ideographs have an order of their own in each text.
func (f *Family) candidates(script language.Script, ideographs []func() *Face) iter.Seq[*Face] {
	return func(yield func(*Face) bool) {
		for _, face := range f.Faces {
			if !yield(face) {
				return
			}
		}
		if !f.house {
			return
		}
		var more []func() *Face
		switch script {
		case language.Latin, language.Greek, language.Cyrillic, language.Common:
			more = []func() *Face{regular, wide}
		case language.Arabic:
			more = []func() *Face{naskh}
		case language.Hebrew:
			more = []func() *Face{hebrew}
		case language.Devanagari:
			more = []func() *Face{devanagari}
		case language.Thai:
			more = []func() *Face{thai}
		case language.Armenian:
			more = []func() *Face{armenian}
		case language.Georgian:
			more = []func() *Face{georgian}
		default:
			if ideographic(script) {
				more = ideographs
			}
		}
		for _, open := range more {
			if !yield(open()) {
				return
			}
		}
		if !simple(script) {
			yield(regular()) // for spaces and signs
		}
	}
}

// ideographic reports whether a script is set with the faces for Chinese,
// Japanese and Korean.
func ideographic(s language.Script) bool {
	switch s {
	case language.Han, language.Hiragana, language.Katakana, language.Hangul, language.Bopomofo:
		return true
	}
	return false
}

// ideographs gives the order in which the faces for ideographs are asked. The
// same character has other forms in other countries, so the language decides;
// without one, the script that stands beside does; and the first face that has
// all of them comes first, so that no name is patched together.
func ideographs(text []rune, scripts []language.Script, tag string) []func() *Face {
	var (
		zh     = []func() *Face{simplified, tradition, japanese, korean}
		hant   = []func() *Face{tradition, simplified, japanese, korean}
		ja     = []func() *Face{japanese, tradition, simplified, korean}
		ko     = []func() *Face{korean, tradition, japanese, simplified}
		order  []func() *Face
		tagged = strings.Split(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
	)
	switch tagged[0] {
	case "ja":
		order = ja
	case "ko":
		order = ko
	case "yue":
		order = hant
	case "zh":
		order = zh
		for _, part := range tagged[1:] {
			switch part {
			case "hant", "tw", "hk", "mo":
				order = hant
			}
		}
	}
	if order == nil {
		order = zh
	beside:
		for _, s := range scripts {
			switch s {
			case language.Hangul:
				order = ko
				break beside
			case language.Hiragana, language.Katakana:
				order = ja
			case language.Bopomofo:
				order = hant
			}
		}
	}
	for i, open := range order {
		all := true
		for k, r := range text {
			if ideographic(scripts[k]) && !unicode.Is(unicode.Zs, r) && r >= 0x1100 && open().char(r).glyph == 0 {
				all = false
				break
			}
		}
		if all {
			if i > 0 {
				order = append([]func() *Face{open}, append(order[:i:i], order[i+1:]...)...)
			}
			break
		}
	}
	return order
}
