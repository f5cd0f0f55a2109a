package render

import (
	"iter"
	"math/bits"
	"slices"
	"sync"

	"github.com/testamur/testamur/templates/certificate"
)

// An alphabet is the letters, beyond those of ASCII, of languages that are often
// met together. Fonts are prepared with whole alphabets, so that few kinds of
// documents have to be prepared, and with no more of them than a certificate
// needs, so that it is small. They may overlap.
var alphabetLetters = []string{
	western: "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿŒœŸ¡¿ªº«»",
	central: "ÁÂÄÇÉËÍÎÓÔÖÚÜÝßáâäçéëíîóôöúüýĄąĆćČčĎďĐđĘęĚěĹĺĽľŁłŃńŇňŐőŔŕŘřŚśŠšŤťŮůŰűŹźŻżŽžĂăȘșȚțŞşŢţ",
	// The Baltic states, Turkey, Malta, Wales, the Sámi, Esperanto, and who writes Arabic or Indic names in Latin letters.
	outer: "ÂÄÇËÎÕÖÛÜâäçëîõöûüĀāĂăĄąĈĉĊċČčĐđĒēĖėĘęĞğĜĝĠġĢģĤĥĦħĨĩĪīĬĭĮįİıĴĵĶķĻļŅņŊŋŌōŎŏŖŗŚśŜŝŞşŠšŢţŦŧŨũŪūŬŭŲųŴŵŶŷŻżŽžƏəǦǧḌḍḤḥḲḳḶḷṂṃṆṇṚṛṢṣṬṭẒẓ",
	greek: "ΆΈΉΊΌΎΏΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΪΫάέήίΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώ«»",
	cyrillic: "ЀЁЂЃЄЅІЇЈЉЊЋЌЍЎЏАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя" +
		"ѐёђѓєѕіїјљњћќѝўџҐґҒғҚқҢңҮүҰұҺһӘәӨө«»",
	vietnamese: "ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúýĂăĐđĨĩŨũƠơƯưẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ",
}

// commonSigns go with every alphabet.
const commonSigns = "§©®°·–—‘’‚“”„…€™№"

// alphabets is a set of alphabets, one bit each.
type alphabets uint8

const (
	western = iota
	central
	outer
	greek
	cyrillic
	vietnamese
)

// all gives the letters of the alphabets, some of them twice.
func (a alphabets) all() iter.Seq[rune] {
	return func(yield func(rune) bool) {
		for i, letters := range alphabetLetters {
			if a>>i&1 == 0 {
				continue
			}
			for _, r := range letters {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// alphabetTable tells which alphabets have a letter.
var alphabetTable = sync.OnceValue(func() map[rune]alphabets {
	table := map[rune]alphabets{}
	for i, letters := range alphabetLetters {
		for _, r := range letters {
			table[r] |= 1 << i
		}
	}
	return table
})

// alphabetsOf chooses alphabets that have the letters of all facts on a page, as
// few as a simple choice finds.
func alphabetsOf(page *certificate.Page) alphabets {
	var chosen alphabets
	var several [8]alphabets // of letters that more than one alphabet has
	open := several[:0]
	for i := range page.Texts {
		t := &page.Texts[i]
		if t.Fact == "" {
			continue
		}
		for _, r := range t.Line.Text {
			if r < 0x80 {
				continue
			}
			switch in := alphabetTable()[r]; {
			case bits.OnesCount8(uint8(in)) == 1:
				chosen |= in
			case in != 0 && !slices.Contains(open, in):
				open = append(open, in)
			}
		}
	}
	for _, in := range open {
		if chosen&in == 0 {
			chosen |= in & -in
		}
	}
	return chosen
}
