package verifier_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/forgery"
)

// breeder makes mutants of a few certificates of one body.
type breeder struct {
	body   *forgery.Body
	tokens []string
	parts  [][3]string
	own    map[string]bool
}

func newBreeder(alg keys.Algorithm) *breeder {
	br := &breeder{body: forgery.NewBody(bodyURL, alg, noon), own: map[string]bool{}}
	for i := range 8 { // of lengths that leave every number of stray bits
		token := br.body.Certificate(forgery.Set("credentialSubject.licenseNumber", "SPEC "+strings.Repeat("7", i)))
		br.tokens = append(br.tokens, token)
		p := strings.Split(token, ".")
		br.parts = append(br.parts, [3]string{p[0], p[1], p[2]})
		br.own[token] = true
	}
	return br
}

const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// strange are bytes that have no place in a token.
const strange = ".=\n\r\t \x00\xff+/%~,\u200b{\"'"

// mutant is one of a kind; "" if the kind has none of this token.
func (br *breeder) mutant(random *rand.Rand, kind int) string {
	n := random.IntN(len(br.tokens))
	token, parts := br.tokens[n], br.parts[n]
	other := br.parts[random.IntN(len(br.parts))]
	at := random.IntN(len(token))
	letter := func() byte { return base64url[random.IntN(64)] }
	text := []byte(token)
	// edited changes the bytes that a part stands for.
	edited := func(part int, change func(b []byte) []byte) string {
		b, err := base64.RawURLEncoding.DecodeString(parts[part])
		if err != nil {
			panic(err)
		}
		parts[part] = base64.RawURLEncoding.EncodeToString(change(b))
		return strings.Join(parts[:], ".")
	}
	switch kind {
	case 0: // a bit
		text[at] ^= 1 << random.IntN(8)
		return string(text)
	case 1: // a letter for another
		text[at] = letter()
		return string(text)
	case 2: // several bytes
		for range 2 + random.IntN(7) {
			text[random.IntN(len(text))] = letter()
		}
		return string(text)
	case 3: // a strange byte in place of one
		text[at] = strange[random.IntN(len(strange))]
		return string(text)
	case 4: // one that is added
		return token[:at] + string([]byte{letter()}) + token[at:]
	case 5: // a strange one that is added
		return token[:at] + string([]byte{strange[random.IntN(len(strange))]}) + token[at:]
	case 6: // some that are gone
		return token[:at] + token[min(len(token), at+1+random.IntN(4)):]
	case 7: // two that change places
		to := random.IntN(len(text))
		text[at], text[to] = text[to], text[at]
		return string(text)
	case 8: // parts of two tokens
		mask := 1 + random.IntN(6)
		for i := range parts {
			if mask>>i&1 == 1 {
				parts[i] = other[i]
			}
		}
		return strings.Join(parts[:], ".")
	case 9: // parts in another order, or twice
		return parts[random.IntN(3)] + "." + parts[random.IntN(3)] + "." + parts[random.IntN(3)]
	case 10: // stray bits at the end of a part
		i := random.IntN(3)
		last := strings.IndexByte(base64url, parts[i][len(parts[i])-1])
		spare := map[int]int{0: 1, 2: 16, 3: 4}[len(parts[i])%4]
		parts[i] = parts[i][:len(parts[i])-1] + string(base64url[last^random.IntN(spare)])
		return strings.Join(parts[:], ".")
	case 11: // the end is missing
		return token[:at]
	case 12: // the beginning is missing
		return token[at:]
	case 13: // a byte of the header, of the payload or of the signature
		return edited(random.IntN(3), func(b []byte) []byte {
			b[random.IntN(len(b))] ^= 1 << random.IntN(8)
			return b
		})
	case 14: // a member of the header or payload is renamed, doubled, taken away or added
		return edited(random.IntN(2), func(b []byte) []byte {
			names := [][]byte{[]byte(`"typ"`), []byte(`"alg"`), []byte(`"kid"`), []byte(`"iss"`), []byte(`"exp"`), []byte(`"validUntil"`), []byte(`"issuer"`), []byte(`"credentialStatus"`)}
			name := names[random.IntN(len(names))]
			switch random.IntN(4) {
			case 0:
				return bytes.Replace(b, name, bytes.ToUpper(name), 1)
			case 1:
				return bytes.Replace(b, name, append(append([]byte{}, name...), append([]byte(":null,"), name...)...), 1)
			case 2:
				return bytes.Replace(b, []byte(","), nil, 1)
			}
			return append(fmt.Appendf(nil, `{"x%d":%d,`, random.IntN(99), random.IntN(99)), b[1:]...)
		})
	case 15: // white space and other spellings of the same JSON
		return edited(random.IntN(2), func(b []byte) []byte {
			switch random.IntN(3) {
			case 0:
				return append(b, " \n\t\r"[random.IntN(4)])
			case 1:
				return bytes.Replace(b, []byte(`":`), []byte(`": `), 1+random.IntN(3))
			}
			return bytes.Replace(b, []byte("a"), []byte(`\u0061`), 1+random.IntN(3))
		})
	case 16: // the header of another algorithm
		algs := []string{"none", "HS256", "ES256", "RS256", "EdDSA", "PS256", "ES384", ""}
		return edited(0, func(b []byte) []byte {
			return bytes.Replace(b, []byte(br.body.Credential.Algorithm), []byte(algs[random.IntN(len(algs))]), 1)
		})
	case 17: // a length of the signature that is wrong
		return edited(2, func(b []byte) []byte { return append(b, b...)[:random.IntN(2*len(b))+1] })
	case 18: // a run of bytes twice
		to := min(len(token), at+1+random.IntN(40))
		return token[:to] + token[at:]
	case 19: // padding and the other alphabet
		i := random.IntN(3)
		parts[i] = strings.NewReplacer("-", "+", "_", "/").Replace(parts[i]) + strings.Repeat("=", (4-len(parts[i])%4)%4)
		return strings.Join(parts[:], ".")
	}
	return ""
}

const kindsOfMutants = 20

// P7: mutants of certificates, none of which is valid. There are 60,000 of them,
// fewer with the race detector, or as many as TESTAMUR_MUTANTS says: make mutants
// goes through a million. The other ECDSA signature, which anybody can make, gives
// the same certificate.
func TestNoMutantIsValid(t *testing.T) {
	wanted := 60_000
	if slowed || testing.Short() {
		wanted = 12_000
	}
	full := os.Getenv("TESTAMUR_MUTANTS") != ""
	if n, err := strconv.Atoi(os.Getenv("TESTAMUR_MUTANTS")); err == nil {
		wanted = n
	}
	start := time.Now()
	before := resident(t)
	var tried, twins, next, altered atomic.Int64
	breeders := map[keys.Algorithm]*breeder{}
	verifiers := map[keys.Algorithm]*verifier.Verifier{}
	for _, alg := range forgery.Algorithms {
		breeders[alg] = newBreeder(alg)
		v := believer(breeders[alg].body)
		v.Statuses = &verifier.Lists{Source: breeders[alg].body.Trust()}
		verifiers[alg] = v
		for _, token := range breeders[alg].tokens {
			if verdict, _, err := judged(t, v, token); verdict != verifier.Valid || err != nil {
				t.Fatalf("%s: %s, %v", alg, verdict, err)
			}
		}
	}
	var other forgery.Attack
	for _, a := range forgery.Attacks {
		if a.Same {
			other = a
		}
	}
	const batch = 500
	var wg sync.WaitGroup
	for worker := range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					t.Errorf("panic: %v\n%s", p, debug.Stack())
				}
			}()
			random := rand.New(rand.NewPCG(7, uint64(worker)))
			for n := next.Add(batch) - batch; n < int64(wanted); n = next.Add(batch) - batch {
				alg := forgery.Algorithms[int(n/batch)%len(forgery.Algorithms)]
				br, v := breeders[alg], verifiers[alg]
				for i := 0; i < batch; {
					m := br.mutant(random, random.IntN(kindsOfMutants))
					if br.own[strings.Trim(m, " \t\r\n\ufeff")] {
						continue // nothing was changed
					}
					i++
					c, err := v.Verify(t.Context(), m)
					var not *verifier.NotValidError
					if c != nil || !errors.As(err, &not) {
						t.Errorf("%s: valid: %q", alg, m)
					} else if not.Report.Reason == verifier.Altered {
						altered.Add(1)
					}
				}
				tried.Add(batch)
				if alg == keys.ES256 {
					for _, m := range other.Tokens(br.body) {
						twins.Add(1)
						if c, err := v.Verify(t.Context(), m); err != nil || c.ID != br.body.URL+"/certificates/"+forgery.ID {
							t.Errorf("the other signature of the payload: %v, %v", c, err)
						}
					}
				}
			}
		})
	}
	wg.Wait()
	took, peak := time.Since(start), resident(t)
	if tried.Load() < int64(wanted) {
		t.Errorf("%d of %d were tried", tried.Load(), wanted)
	}
	if altered.Load() < tried.Load()/20 {
		t.Errorf("only %d have come as far as the signature", altered.Load())
	}
	// The peak of the process is that of this test alone where it runs alone.
	if limit := 256; full && !slowed && peak > limit || peak-before > limit {
		t.Errorf("%d MiB were resident, %d before; %d are allowed", peak, before, limit)
	}
	t.Logf("%d mutants in %v (%.0f a second), %d refused by their signature, and %d other signatures; at most %d MiB resident, %d before",
		tried.Load(), took.Round(time.Millisecond), float64(tried.Load())/took.Seconds(), altered.Load(), twins.Load(), peak, before)
}

// resident is the most memory that the process has had so far, in MiB.
func resident(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		var kib int
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 {
			return kib >> 10
		}
	}
	t.Fatal("the system does not tell the memory of a process")
	return 0
}

// Breeding is worth something only if a lax reader takes mutants: a reader that
// decodes base64 as the Go library does by default takes some.
func TestALaxReaderTakesMutants(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, alg := range forgery.Algorithms {
		br := newBreeder(alg)
		taken := map[int]int{}
		for range 800 {
			kind := random.IntN(kindsOfMutants)
			m := br.mutant(random, kind)
			if !br.own[strings.Trim(m, " \t\r\n\ufeff")] && (careless(br.body, "J14", m) || careless(br.body, "J15", m)) {
				taken[kind]++
			}
		}
		if len(taken) < 2 {
			t.Errorf("%s: only %v", alg, taken)
		}
		t.Logf("%s: of each kind %v", alg, taken)
	}
}
