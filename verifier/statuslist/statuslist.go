// Package statuslist is the bitstring of W3C Bitstring Status List v1.0: one
// bit for every certificate of a list, packed, compressed and written as text.
//
// Entry 0 is the left-most bit, the 0x80 of the first byte (§3.2). Both ends
// use this package: the issuer writes with [Bits.Encode], the verifier reads
// with [Decode], which never uses more memory than the longest list it takes.
package statuslist

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Sizes of a list, in entries.
const (
	MinEntries = 131_072 // §2.2: so that an entry hides among many
	MaxEntries = 1 << 23 // what this package takes
)

// Bits is a list of statuses, eight to a byte.
type Bits []byte

// New returns a list of n entries, all clear. n must be a multiple of eight
// within the sizes of a list.
func New(n int) (Bits, error) {
	if n < MinEntries || n > MaxEntries || n%8 != 0 {
		return nil, fmt.Errorf("status list: %d entries; need a multiple of 8 from %d to %d", n, MinEntries, MaxEntries)
	}
	return make(Bits, n/8), nil
}

// Len returns the number of entries.
func (b Bits) Len() int { return 8 * len(b) }

// Get returns entry i, or an error if the list is shorter (§3.2 RANGE_ERROR).
func (b Bits) Get(i int) (bool, error) {
	if i < 0 || i >= b.Len() {
		return false, fmt.Errorf("status list: entry %d is outside its %d entries", i, b.Len())
	}
	return b[i/8]&(0x80>>(i%8)) != 0, nil
}

// Set sets entry i, which must be inside the list.
func (b Bits) Set(i int) { b[i/8] |= 0x80 >> (i % 8) }

// Encode returns the encodedList: multibase base64url of the GZIP of the bits.
// The same bits always give the same text with the same release of Go.
func (b Bits) Encode() string {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(b) // into memory: cannot fail
	w.Close()
	return "u" + base64.RawURLEncoding.EncodeToString(packed.Bytes())
}

var strict = base64.RawURLEncoding.Strict()

// Decode reads an encodedList. A list that is too short, too long, of more than
// one GZIP member or followed by anything is an error.
func Decode(encoded string) (Bits, error) {
	text, ok := strings.CutPrefix(encoded, "u")
	if !ok || strings.ContainsAny(text, "\r\n") {
		return nil, errors.New("status list: not multibase base64url")
	}
	packed, err := strict.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("status list: not base64url: %w", err)
	}
	source := bytes.NewReader(packed) // an io.ByteReader: gzip reads not a byte too many
	r, err := gzip.NewReader(source)
	if err != nil {
		return nil, fmt.Errorf("status list: %w", err)
	}
	r.Multistream(false)
	bits, err := io.ReadAll(io.LimitReader(r, MaxEntries/8+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("status list: %w", err)
	case len(bits) > MaxEntries/8:
		return nil, fmt.Errorf("status list: longer than %d entries", MaxEntries)
	case len(bits) < MinEntries/8: // STATUS_LIST_LENGTH_ERROR
		return nil, fmt.Errorf("status list: %d entries are fewer than %d", 8*len(bits), MinEntries)
	case source.Len() > 0:
		return nil, errors.New("status list: something follows the compressed bits")
	}
	return bits, nil
}
