package scheme

import "golang.org/x/text/cases"

// Letters of the Greek and the Cyrillic script that have the shape of a Latin
// one, each standing before it. The pairs are those of confusables.txt of
// Unicode UTS #39 (version 14.0), which writes l for I, and of which only these
// are identical in shape, and not merely similar, in the usual fonts.
const (
	likeCapital = "ΑAАAΒBВBСCΕEЕEԌGΗHНHΙIІIӀIͿJЈJΚKКKΜMϺMМMΝNΟOОOΡPРPЅSΤTТTΥYҮYУYѴVԜWΧXХXΖZ"
	likeSmall   = "αaаaсcԁdеeһhιiіiϳjјjοoоoρpрpԛqѕsυuνvѵvԝwхxуyүy"
)

// The same letter may look like one Latin letter when it is a capital and like
// another when it is small, such as Greek nu, which is N and v. So one name is
// compared three times: by the shapes as they are written, and, so that case
// goes on making no difference, by the shapes of its capitals and by those of
// its small letters.
var (
	asWritten  = pairs(likeCapital+likeSmall, false)
	asCapitals = pairs(likeCapital, true)
	asSmall    = pairs(likeSmall, true)
)

// pairs reads one of the lists above, with both letters in lower case where it
// is to be used on text that is folded.
func pairs(list string, folded bool) map[rune]rune {
	if folded {
		list = cases.Fold().String(list)
	}
	like := map[rune]rune{}
	for r := []rune(list); len(r) > 0; r = r[2:] {
		like[r[0]] = r[1]
	}
	return like
}
