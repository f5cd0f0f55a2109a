package scheme

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// joinedSlowly joins all neighbours to see whether s has them as one word.
func joinedSlowly(r, s []word) []word {
	var all []word
	for len(r) > 0 {
		w, used := r[0], 1
		for n, joined := 1, r[0]; n < len(r); n++ {
			joined = joined.join(r[n])
			if slices.ContainsFunc(s, joined.is) {
				w, used = joined, n+1
			}
		}
		all, r = append(all, w), r[used:]
	}
	return all
}

func TestNeighboursAreJoinedThatTheOtherNameWritesAsOneWord(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	pieces := []string{"van", "den", "Berg", "Ö", "Ørsted", "Łuk", "asz", "Anna", "Maria", "æ", "ß", "Αλ"}
	draw := func() []word {
		words := make([]word, 1+random.IntN(6))
		for i := range words {
			text := ""
			for range 1 + random.IntN(3) {
				text += pieces[random.IntN(len(pieces))]
			}
			words[i] = spellings(text)
		}
		return words
	}
	changed := 0
	for range 20_000 {
		r, s := draw(), draw()
		if random.IntN(2) > 0 && len(r) > 1 { // s writes two of r as one
			at := random.IntN(len(r) - 1)
			s = slices.Concat(s, []word{r[at].join(r[at+1])})
		}
		before := slices.Clone(r)
		got, want := joinedLike(r, s), joinedSlowly(r, s)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q like %q: %q, want %q", r, s, got, want)
		}
		if !slices.Equal(r, before) {
			t.Fatalf("%q was changed", before)
		}
		if len(want) < len(r) {
			changed++
		}
	}
	if changed < 1000 {
		t.Errorf("in %d cases something is joined: too few to tell", changed)
	}
}

// What looks at first sight like one person's name holds no other.
func TestOnePersonAtFirstSightIsOne(t *testing.T) {
	found := 0
	for _, text := range []string{
		"Ada Specimen", "Ada and Ben", "Ada AND Ben", "Ada et Ben Muster", "Ada und", "and Ada", "Ada; Ben", "Ada；Ben", "Ada / Ben", "Ada & Ben", "Ada + Ben",
		"Specimen, Ada", "Ada Specimen, Ben Muster", "Ada Specimen、Ben Muster", "Ǆ", "ﬁ Ada", "Ada\u00a0Specimen", "  Ada  ", "", "...", "Åsa Ek", "Sandy Anders",
	} {
		if !alone(text) {
			continue
		}
		found++
		for _, piece := range apart(text) {
			if names := commas(piece); len(apart(text)) > 1 || len(names) > 1 {
				t.Errorf("%q is taken for one person, and holds %q", text, names)
			}
		}
		if several(text) {
			t.Errorf("%q is taken for one person, and for several", text)
		}
	}
	if found < 6 {
		t.Errorf("%d names are one person's at first sight", found)
	}
}
