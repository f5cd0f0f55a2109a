package keys_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/testamur/testamur/keys"
)

const (
	alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	strange  = ".=\n\r\x00\xff+/ %"
	inserted = "\r\n =\t\x00."
)

// TestNoMutantOpens changes one byte of a token in every position, and inserts
// and takes away one. The replacements are all of the alphabet where that is
// cheap (the header, and the signature of 86 characters), a few of it elsewhere.
func TestNoMutantOpens(t *testing.T) {
	for _, alg := range algorithms {
		t.Run(string(alg), func(t *testing.T) {
			k := generated(t, alg, keys.ForCredential)
			r := ring(t, k)
			token, err := r.Sign(t.Context(), keys.ForCredential, keys.TypeVC, []byte(certificate))
			if err != nil {
				t.Fatal(err)
			}
			set := r.Set()
			if _, err := open(set, token, keys.ForCredential, keys.TypeVC); err != nil {
				t.Fatalf("the token itself: %v", err)
			}
			payload, signature := strings.Index(token, "."), strings.LastIndex(token, ".")
			few := 6
			if alg != keys.ES256 {
				few = 2
			}
			if testing.Short() {
				few = 1
			}
			random := rand.New(rand.NewPCG(1, uint64(len(token))))
			tried, accepted := 0, 0
			try := func(mutant, what string, at int) {
				tried++
				if _, err := open(set, mutant, keys.ForCredential, keys.TypeVC); err == nil {
					accepted++
					if accepted < 10 {
						t.Errorf("accepted with %s at %d", what, at)
					}
				}
			}
			for i := range token {
				head, tail := token[:i], token[i+1:]
				use := alphabet
				if i > payload && i < signature || i > signature && alg == keys.RS256 {
					start := random.IntN(len(alphabet))
					use = (alphabet + alphabet)[start : start+few]
					// The neighbour differs in the last bit only, which is where stray bits hide.
					use += string(alphabet[(strings.IndexByte(alphabet, token[i])+64)%64^1])
				}
				for _, c := range []byte(use + strange) {
					if c != token[i] {
						try(head+string([]byte{c})+tail, "a replacement", i)
					}
				}
				try(head+tail, "a deletion", i)
			}
			for i := range len(token) + 1 {
				for _, c := range []byte(inserted) {
					try(token[:i]+string([]byte{c})+token[i:], "an insertion", i)
				}
			}
			t.Logf("%d mutants, %d accepted", tried, accepted)
		})
	}
}

// TestStrayBitsDoNotOpen goes through the 15 other spellings of the last
// character of each part: a lax decoder reads the same bytes from all of them.
func TestStrayBitsDoNotOpen(t *testing.T) {
	for _, alg := range algorithms {
		f := newForger(t, alg)
		seen := 0
		for extra := range 3 { // so that each part ends in every way
			token := f.token(t, f.header()[:len(f.header())-1]+strings.Repeat(" ", extra)+"}", certificate+strings.Repeat(" ", extra))
			if _, err := open(f.set, token, keys.ForCredential, keys.TypeVC); err != nil {
				t.Fatal(err)
			}
			parts := strings.Split(token, ".")
			for p, part := range parts {
				spare := map[int]int{2: 16, 3: 4}[len(part)%4] // spellings of the last character
				last := strings.IndexByte(alphabet, part[len(part)-1])
				for bits := 1; bits < spare; bits++ {
					twin := append([]string(nil), parts...)
					twin[p] = part[:len(part)-1] + string(alphabet[last^bits])
					if string(unb64(t, twin[p])) != string(unb64(t, part)) {
						t.Fatal("the twin is not another spelling of the same bytes")
					}
					seen++
					if _, err := open(f.set, strings.Join(twin, "."), keys.ForCredential, keys.TypeVC); err == nil {
						t.Errorf("%s: part %d opens in another spelling", alg, p)
					}
				}
			}
		}
		if seen == 0 {
			t.Fatal("no other spellings tried")
		}
	}
}
