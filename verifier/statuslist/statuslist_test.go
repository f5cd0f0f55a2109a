package statuslist_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/testamur/testamur/verifier/statuslist"
)

// pack writes bytes as an encodedList, as any issuer may.
func pack(t testing.TB, raw []byte) string {
	t.Helper()
	return "u" + base64.RawURLEncoding.EncodeToString(zip(t, raw))
}

func zip(t testing.TB, raw []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func fresh(t testing.TB, n int) statuslist.Bits {
	t.Helper()
	b, err := statuslist.New(n)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// W3C Bitstring Status List §3.2: index 0 is the left-most bit.
func TestTheFirstEntryIsTheLeftMostBit(t *testing.T) {
	for _, c := range []struct {
		index int
		at    int
		value byte
	}{
		{0, 0, 0x80}, {1, 0, 0x40}, {2, 0, 0x20}, {6, 0, 0x02}, {7, 0, 0x01},
		{8, 1, 0x80}, {15, 1, 0x01}, {94567, 11820, 0x01}, {94560, 11820, 0x80}, {131071, 16383, 0x01}, {131064, 16383, 0x80},
	} {
		b := fresh(t, statuslist.MinEntries)
		b.Set(c.index)
		for i, v := range b {
			if want := map[bool]byte{true: c.value}[i == c.at]; v != want {
				t.Errorf("entry %d: byte %d is %#02x, want %#02x", c.index, i, v, want)
			}
		}
		if on, err := b.Get(c.index); err != nil || !on {
			t.Errorf("entry %d: %v, %v", c.index, on, err)
		}
	}
}

// The encodedList of the example in W3C Bitstring Status List §2.2: 131,072
// entries, none set.
func TestThePublishedExampleIsAnEmptyList(t *testing.T) {
	b, err := statuslist.Decode("uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA")
	if err != nil {
		t.Fatal(err)
	}
	if b.Len() != 131_072 {
		t.Errorf("%d entries", b.Len())
	}
	for i := range b.Len() {
		if on, err := b.Get(i); err != nil || on {
			t.Fatalf("entry %d: %v, %v", i, on, err)
		}
	}
}

// naive is a list as its definition says it: a text of 0 and 1, from left to
// right.
type naive []byte

func (n naive) raw() []byte {
	out := make([]byte, 0, len(n)/8)
	for i := 0; i < len(n); i += 8 {
		v := byte(0)
		for _, digit := range n[i : i+8] {
			v = 2*v + digit - '0'
		}
		out = append(out, v)
	}
	return out
}

func TestBitsAgreeWithTheirDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := statuslist.MinEntries + 8*rapid.IntRange(0, 64).Draw(t, "further bytes")
		plain := naive(strings.Repeat("0", entries))
		b, err := statuslist.New(entries)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, entries-1), 0, 200).Draw(t, "set") {
			plain[i] = '1'
			b.Set(i)
		}
		if !bytes.Equal(b, plain.raw()) {
			t.Fatal("other bytes")
		}
		back, err := statuslist.Decode(b.Encode())
		if err != nil || !bytes.Equal(back, b) {
			t.Fatalf("decoded to something else, %v", err)
		}
		i := rapid.IntRange(0, entries-1).Draw(t, "asked")
		if on, err := back.Get(i); err != nil || on != (plain[i] == '1') {
			t.Fatalf("entry %d: %v, %v", i, on, err)
		}
	})
}

func TestARandomListReadsAsItsDefinitionDoes(t *testing.T) {
	const entries = 1 << 20
	random := rand.New(rand.NewPCG(1, 2))
	plain := naive(strings.Repeat("0", entries))
	for range entries / 3 {
		plain[random.IntN(entries)] = '1'
	}
	b, err := statuslist.Decode(pack(t, plain.raw()))
	if err != nil {
		t.Fatal(err)
	}
	differ, lsb := 0, 0
	for range 100_000 {
		i := random.IntN(entries)
		on, err := b.Get(i)
		if err != nil {
			t.Fatal(err)
		}
		if on != (plain[i] == '1') {
			differ++
		}
		if (b[i/8]>>(i%8)&1 == 1) != (plain[i] == '1') { // the order of the IETF's list
			lsb++
		}
	}
	if differ != 0 {
		t.Errorf("%d of 100,000 indexes differ", differ)
	}
	if lsb < 10_000 {
		t.Error("a list read from the other end would not have been noticed")
	}
}

func TestGetOutsideIsAnError(t *testing.T) {
	b := fresh(t, statuslist.MinEntries)
	for i := range b {
		b[i] = 0xff
	}
	for _, i := range []int{-1, -8, -1 << 31, b.Len(), b.Len() + 1, 1e9, 1 << 62} {
		if on, err := b.Get(i); err == nil || on {
			t.Errorf("entry %d: %v, %v", i, on, err)
		}
	}
}

func TestSizesOfAList(t *testing.T) {
	for _, n := range []int{statuslist.MinEntries, statuslist.MinEntries + 8, statuslist.MaxEntries} {
		b, err := statuslist.New(n)
		if err != nil || b.Len() != n {
			t.Errorf("%d entries: %d, %v", n, b.Len(), err)
			continue
		}
		back, err := statuslist.Decode(b.Encode())
		if err != nil || back.Len() != n {
			t.Errorf("%d entries came back as %d, %v", n, back.Len(), err)
		}
	}
	for _, n := range []int{-8, 0, 8, statuslist.MinEntries - 8, statuslist.MinEntries + 1, statuslist.MaxEntries + 8, 1 << 40} {
		if _, err := statuslist.New(n); err == nil {
			t.Errorf("made a list of %d entries", n)
		}
	}
}

func TestTheSameBitsGiveTheSameText(t *testing.T) {
	b := fresh(t, statuslist.MinEntries)
	b.Set(7)
	first := b.Encode()
	if again := b.Encode(); again != first {
		t.Error("two texts")
	}
}

func TestBadTextIsRefused(t *testing.T) {
	good := make([]byte, statuslist.MinEntries/8)
	good[3] = 1
	packed := zip(t, good)
	enc := base64.RawURLEncoding.EncodeToString
	text := "u" + enc(packed)
	if _, err := statuslist.Decode(text); err != nil {
		t.Fatalf("the good list: %v", err)
	}
	damaged := func(at int) string {
		twin := bytes.Clone(packed)
		twin[(at+len(twin))%len(twin)] ^= 1
		return "u" + enc(twin)
	}
	stray := func() string {
		twin := bytes.Clone(good)
		for i := range twin { // until the last character has bits to spare
			twin[i] = byte(7 * i)
			p := zip(t, twin)
			if s := enc(p); len(s)%4 != 0 {
				return "u" + s[:len(s)-1] + string(s[len(s)-1]+1)
			}
		}
		t.Fatal("no spare bits")
		return ""
	}
	for name, bad := range map[string]string{
		"empty":                        "",
		"multibase mark only":          "u",
		"not multibase":                enc(packed),
		"another multibase":            "z" + enc(packed),
		"base64 multibase":             "m" + base64.RawStdEncoding.EncodeToString(packed),
		"mark twice":                   "u" + text,
		"mark in upper case":           "U" + enc(packed),
		"padding":                      text + "=",
		"CR inside":                    text[:9] + "\r" + text[9:],
		"LF inside":                    text[:9] + "\n" + text[9:],
		"LF at the end":                text + "\n",
		"LF before the mark":           "\n" + text,
		"space inside":                 text[:9] + " " + text[9:],
		"standard alphabet":            "u" + base64.StdEncoding.EncodeToString(append(packed[:len(packed):len(packed)], 0xfb, 0xff)),
		"stray bits":                   stray(),
		"not compressed":               "u" + enc(good),
		"bits without compression":     "u" + enc(good[:16]),
		"zlib instead of gzip":         "u" + enc([]byte{0x78, 0x9c, 0x03, 0, 0, 0, 0, 1}),
		"gzip header only":             "u" + enc(packed[:10]),
		"truncated in the middle":      "u" + enc(packed[:len(packed)/2]),
		"truncated by a byte":          "u" + enc(packed[:len(packed)-1]),
		"without its checksum":         "u" + enc(packed[:len(packed)-8]),
		"wrong checksum":               damaged(-8),
		"wrong length":                 damaged(-1),
		"wrong magic number":           damaged(0),
		"a trailing zero":              "u" + enc(append(bytes.Clone(packed), 0)),
		"trailing text":                "u" + enc(append(bytes.Clone(packed), "more"...)),
		"a second member":              "u" + enc(append(bytes.Clone(packed), packed...)),
		"an empty second member":       "u" + enc(append(bytes.Clone(packed), zip(t, nil)...)),
		"an empty member first":        "u" + enc(append(zip(t, nil), packed...)),
		"two halves in two members":    "u" + enc(append(zip(t, good[:len(good)/2]), zip(t, good[len(good)/2:])...)),
		"no entries":                   pack(t, nil),
		"one byte too short":           pack(t, good[1:]),
		"one byte too long":            pack(t, make([]byte, statuslist.MaxEntries/8+1)),
		"8 times too long":             pack(t, make([]byte, statuslist.MaxEntries)),
		"long and its checksum broken": pack(t, make([]byte, statuslist.MaxEntries/8))[:60],
	} {
		if b, err := statuslist.Decode(bad); err == nil {
			t.Errorf("%s: accepted with %d entries", name, b.Len())
		} else if b != nil {
			t.Errorf("%s: bits beside the error", name)
		}
	}
}

// zeros is an endless source of nothing.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestABombCostsLittle(t *testing.T) {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	size := int64(512 << 20)
	if testing.Short() {
		size = 64 << 20
	}
	if _, err := io.Copy(w, io.LimitReader(zeros{}, size)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	bomb := "u" + base64.RawURLEncoding.EncodeToString(packed.Bytes())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b, err := statuslist.Decode(bomb)
	runtime.ReadMemStats(&after)
	if err == nil || b != nil {
		t.Fatalf("got %d entries, %v", b.Len(), err)
	}
	used := after.TotalAlloc - before.TotalAlloc
	t.Logf("%d bytes of text that unpack to %d: %d bytes allocated", len(bomb), size, used)
	if limit := uint64(8<<20 + len(bomb)); used > limit {
		t.Errorf("%d bytes were allocated, more than %d", used, limit)
	}
}

// FuzzDecode: what is accepted is a list of a size that is taken, and can be
// written and read again.
func FuzzDecode(f *testing.F) {
	one := make([]byte, statuslist.MinEntries/8)
	f.Add(pack(f, one))
	one[1] = 7
	f.Add(pack(f, one))
	f.Add("uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA")
	f.Add("u")
	f.Add(pack(f, one)[1:])
	f.Fuzz(func(t *testing.T, text string) {
		b, err := statuslist.Decode(text)
		if err != nil {
			return
		}
		if b.Len() < statuslist.MinEntries || b.Len() > statuslist.MaxEntries {
			t.Fatalf("accepted a list of %d entries", b.Len())
		}
		again, err := statuslist.Decode(b.Encode())
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("came back as something else, %v", err)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	bits := fresh(b, statuslist.MinEntries)
	for range 2000 {
		bits.Set(random.IntN(bits.Len()))
	}
	text := bits.Encode()
	for b.Loop() {
		if _, err := statuslist.Decode(text); err != nil {
			b.Fatal(err)
		}
	}
}
