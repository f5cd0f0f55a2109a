package paper_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/testamur/testamur/verifier/paper"
)

// bake puts chunks into a PNG, behind its header.
func bake(picture []byte, chunks ...[]byte) []byte {
	const header = 8 + 25
	return append(append(bytes.Clone(picture[:header]), bytes.Join(chunks, nil)...), picture[header:]...)
}

func itxt(keyword, flags, text string) []byte {
	return chunk("iTXt", []byte(keyword+"\x00"+flags+"\x00\x00"+text))
}

func TestBakedTokenIsFound(t *testing.T) {
	tok := token(1200)
	for name, baked := range map[string][]byte{
		"alone":          itxt("openbadgecredential", "\x00\x00", tok),
		"with line end":  itxt("openbadgecredential", "\x00\x00", tok+"\n"),
		"with languages": chunk("iTXt", []byte("openbadgecredential\x00\x00\x00en-GB\x00Credential\x00"+tok)),
		"among others":   bytes.Join([][]byte{itxt("Comment", "\x00\x00", token(5)), itxt("openbadgecredential", "\x00\x00", tok), chunk("tEXt", []byte("openbadgecredential\x00"+token(9)))}, nil),
	} {
		t.Run(name, func(t *testing.T) {
			want(t, read(t, bake(pngQR(t, link, 300), baked)), paper.KindPNG, []string{tok}, nil)
		})
	}
}

func TestTwiceBakedPictureIsRefused(t *testing.T) {
	one, two := itxt("openbadgecredential", "\x00\x00", token(10)), itxt("openbadgecredential", "\x00\x00", token(20))
	refused(t, bake(pngQR(t, link, 300), one, two), paper.ErrAmbiguous)
	refused(t, bake(pngQR(t, link, 300), one, one), paper.ErrAmbiguous)
}

func TestDamagedBakingIsRefused(t *testing.T) {
	compressed := chunk("iTXt", append([]byte("openbadgecredential\x00\x01\x00\x00\x00"), flate([]byte(token(10)))...))
	wrongSum := itxt("openbadgecredential", "\x00\x00", token(10))
	wrongSum[len(wrongSum)-1]++
	for name, baked := range map[string][]byte{
		"compressed": compressed,
		"wrong sum":  wrongSum,
		"no text":    chunk("iTXt", []byte("openbadgecredential\x00\x00\x00")),
		"cut off":    chunk("iTXt", []byte("openbadgecredential\x00")),
		"too long":   itxt("openbadgecredential", "\x00\x00", strings.Repeat("A", 70<<10)),
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, bake(pngQR(t, link, 300), baked), paper.ErrUnreadable)
		})
	}
}

func TestBakedJSONFallsBackToTheQRCodeWithANote(t *testing.T) {
	baked := itxt("openbadgecredential", "\x00\x00", `{"@context":["https://www.w3.org/ns/credentials/v2"]}`)
	found := read(t, bake(pngQR(t, link, 300), baked))
	want(t, found, paper.KindPNG, nil, []string{link})
	if len(found.Notes) != 1 {
		t.Errorf("notes %q", found.Notes)
	}
}

func TestChunksAfterTheEndAreNotLookedAt(t *testing.T) {
	picture := append(pngQR(t, link, 300), itxt("openbadgecredential", "\x00\x00", token(10))...)
	found, err := paper.Read(t.Context(), picture)
	if err != nil && !errors.Is(err, paper.ErrUnreadable) || err == nil && len(found.Tokens) > 0 {
		t.Errorf("found %+v, error %v", found, err)
	}
}
