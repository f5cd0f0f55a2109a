package scheme

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// What people put before their names and behind them, and leave out again. Most
// of it is short and also a name or initials somewhere, so what it is depends on
// where it stands and how it is written.
var (
	salutations = map[string]string{
		"mr": "m", "sir": "m", "herr": "m", "herrn": "m", "hr": "m",
		"mrs": "f", "ms": "f", "miss": "f", "dame": "f", "frau": "f", "fraulein": "f", "fraeulein": "f", "fräulein": "f", "fr": "f",
	}
	titles = wordSet("mx dr doktor doctor prof professor ing dipl diplom mag magister univ")
	// What continues a title: "Dr. rer. nat.", "Dipl.-Inf. (FH)". Some of it is
	// also a given name or an initial, and then has to be in small letters.
	faculties = wordSet("h c hc mult habil rer nat pol soc oec phil jur iur med dent techn")
	givenToo  = wordSet("h c nat pol phil")
	trades    = wordSet("ing inf kfm kffr wirt fh")
	degrees   = wordSet("ba bsc beng bba llb ma msc meng mba llm med mphil phd dphil dsc edd md jd fh hons")
	// Degrees that are not written in capitals throughout.
	mixed = wordSet("BSc BEng MSc MEng MEd MPhil PhD DPhil DSc EdD")
)

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// plain is p as the lists above have it. A word with accents keeps them: Bá is
// a name.
func (p part) plain() string {
	if strings.ContainsFunc(norm.NFD.String(p.text), unicode.IsMark) {
		return cases.Fold().String(p.text)
	}
	return spellings(p.text)[0]
}

// withoutTitles leaves out what stands before a name, at its very beginning or
// behind a comma: "Prof. Dr. Eva Examiner", "Examiner, Dr. Eva".
func withoutTitles(segments [][]part) (rest [][]part, salutation string) {
	for _, segment := range segments {
		n := 0
		for after := ""; n < len(segment)-1; n++ {
			w := segment[n].plain()
			small := strings.ToLower(segment[n].text) == segment[n].text
			if g, ok := salutations[w]; ok {
				salutation = g
			} else if !titles[w] &&
				!(w == "pd" && titles[segment[n+1].plain()]) &&
				!(after != "" && faculties[w] && (small || faculties[after] || !givenToo[w])) &&
				!((after == "dipl" || after == "diplom" || trades[after]) && trades[w]) {
				break
			}
			after = w
		}
		rest = append(rest, segment[n:])
	}
	return rest, salutation
}

// single reports whether nothing but a surname is there, and what may follow it.
func single(segments [][]part) bool {
	for i, segment := range segments {
		if i == 0 && slices.ContainsFunc(segment[1:], func(p part) bool { return !p.glued }) {
			return false
		}
		if _, ok := suffix(segment, false); i > 0 && !ok {
			return false
		}
	}
	return len(segments) > 0
}

// withoutDegrees leaves out what stands behind a name of two words or more:
// degrees, and behind a comma also whatever is written in capitals. Letters that
// might be something else are given back.
func withoutDegrees(segments [][]part) (rest [][]part, letters string) {
	if len(segments) == 0 {
		return nil, ""
	}
	shouted := !strings.ContainsFunc(flat(segments), unicode.IsLower)
	rest = [][]part{segments[0]}
	for _, segment := range segments[1:] {
		if found, ok := suffix(segment, shouted); ok && count(rest) >= 2 {
			letters += found
		} else {
			rest = append(rest, segment)
		}
	}
	last := rest[len(rest)-1]
	for longest := 4; longest > 0; {
		keep := len(last) - longest
		if keep < 1 || count(rest[:len(rest)-1])+keep < 2 || !endsInDegree(last[keep:], shouted) {
			longest--
			continue
		}
		letters += initials(last[keep:])
		last = last[:keep]
		rest[len(rest)-1], longest = last, 4
	}
	return rest, letters
}

// suffix reports whether what stands between commas says nothing but what
// somebody is. In a name that is all in capitals, capitals may be a given name.
func suffix(segment []part, shouted bool) (letters string, ok bool) {
	for len(segment) > 0 {
		n := min(4, len(segment))
		for n > 0 && !known(segment[:n]) {
			n--
		}
		switch {
		case n > 0:
			letters += initials(segment[:n])
		case utf8.RuneCountInString(segment[0].text) > 1 && isCapitals(segment[0].text):
			n = 1
			if shouted {
				letters += segment[0].plain()
			}
		default:
			return "", false
		}
		segment = segment[n:]
	}
	return letters, true
}

// known reports whether parts are the pieces of one degree or title, such as
// those of "Ph. D.".
func known(parts []part) bool {
	whole := ""
	for _, p := range parts {
		w := p.plain()
		if len(parts) > 1 && utf8.RuneCountInString(w) > 3 {
			return false
		}
		whole += w
	}
	if degrees[whole] {
		return true
	}
	return len(parts) == 1 && utf8.RuneCountInString(whole) > 1 && (titles[whole] || faculties[whole] || trades[whole])
}

// endsInDegree reports whether parts are the pieces of a degree at the end of a
// name, where no comma says so: by how it is written.
func endsInDegree(parts []part, shouted bool) bool {
	written, folded := "", ""
	for _, p := range parts {
		written += p.text
		folded += p.plain()
	}
	if !known(parts) || !degrees[folded] {
		return false
	}
	if shouted {
		return len(folded) > 2
	}
	return mixed[written] || isCapitals(written)
}

// initials returns single letters, which may be a degree in pieces or initials.
func initials(parts []part) string {
	all := ""
	for _, p := range parts {
		w := p.plain()
		if utf8.RuneCountInString(w) != 1 {
			return ""
		}
		all += w
	}
	return all
}

func isCapitals(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsUpper(r) && !unicode.IsDigit(r) }) &&
		strings.ContainsFunc(text, unicode.IsUpper)
}
