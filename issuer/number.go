package issuer

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// alphabet is Crockford's base 32: no I, L, O and U, which are misread or
// spell words. A character stands for an element of GF(32).
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// A certificate number is short and typeable and tells nothing of order or
// volume: nine random characters (45 bits) and a check character in two groups,
// behind the prefix of the body, "SCB-7Q2F9-KXM4C".
const numberLength = 10

// linkLength characters carry 130 random bits: nobody guesses the address of a
// certificate.
const linkLength = 26

// newNumber draws a certificate number.
func newNumber(random io.Reader, prefix string) (string, error) {
	s, err := draw(random, numberLength-1)
	if err != nil {
		return "", err
	}
	return formatNumber(prefix, s+string(alphabet[check(s)])), nil
}

// newLink draws the id of a certificate in links.
func newLink(random io.Reader) (string, error) { return draw(random, linkLength) }

func draw(random io.Reader, n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("draw a random id: %w", err)
	}
	for i := range b {
		b[i] = alphabet[b[i]%32] // 256 is a multiple of 32: even
	}
	return string(b), nil
}

func formatNumber(prefix, s string) string {
	return prefix + "-" + s[:numberLength/2] + "-" + s[numberLength/2:]
}

// ErrNumber says that a text cannot be a certificate number: it was mistyped.
var ErrNumber = errors.New("not a certificate number")

// ParseNumber reads a certificate number as people type it: in any case, with
// or without hyphens and spaces, with O for 0 and I or L for 1. It returns the
// number as issued. The check character finds every single wrong character and
// every pair of characters in each other's place; the error wraps [ErrNumber].
func ParseNumber(text, prefix string) (string, error) {
	s := strings.Map(func(r rune) rune {
		switch r {
		case '-', ' ', '\u2010', '\u2011', '\u2013':
			return -1
		}
		return r
	}, strings.ToUpper(strings.TrimSpace(text)))
	if len(s) > numberLength {
		s = strings.TrimPrefix(s, strings.ToUpper(prefix))
	}
	s = strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(s)
	if len(s) != numberLength {
		return "", fmt.Errorf("%w: %q; it looks like %s", ErrNumber, text, formatNumber(prefix, "7Q2F9KXM4C"))
	}
	for _, c := range s {
		if !strings.ContainsRune(alphabet, c) {
			return "", fmt.Errorf("%w: %q has %q in it", ErrNumber, text, c)
		}
	}
	if s[numberLength-1] != alphabet[check(s[:numberLength-1])] {
		return "", fmt.Errorf("%w: %q has a typing mistake: its last character does not fit the others", ErrNumber, text)
	}
	return formatNumber(prefix, s), nil
}

// check returns the check character of s as an index into the alphabet: the sum
// of its characters, each multiplied by another power of a generator of GF(32).
// One changed character changes the sum, and so do two in each other's place,
// as the powers differ and none of them is one, the weight of the check itself.
func check(s string) int {
	sum, weight := 0, 1
	for i := 0; i < len(s); i++ {
		weight = mul32(weight, 2)
		sum ^= mul32(strings.IndexByte(alphabet, s[i]), weight)
	}
	return sum
}

// mul32 multiplies in GF(32) with the primitive polynomial x⁵ + x² + 1.
func mul32(a, b int) int {
	p := 0
	for ; b > 0; b >>= 1 {
		if b&1 == 1 {
			p ^= a
		}
		a <<= 1
		if a&0x20 != 0 {
			a ^= 0x25
		}
	}
	return p
}
