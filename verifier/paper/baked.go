package paper

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

const pngSignature = "\x89PNG\r\n\x1a\n"

// bakedKeyword names the iTXt chunk that holds the credential (Open Badges 3.0, baking into PNG).
const bakedKeyword = "openbadgecredential"

// readPNG looks for a baked credential first and, without one, for QR codes in the picture.
func readPNG(ctx context.Context, data []byte) (*Found, error) {
	found := &Found{Kind: KindPNG}
	baked, has, err := bakedText(data)
	if err != nil {
		return nil, err
	}
	if has {
		if found.addTokens(tokensIn(baked)...); found.anything() {
			return found, nil
		}
		found.note("The badge carries its credential in a form that is not a signed token.")
	}
	return readPicture(ctx, data, found)
}

// bakedText gives the text of the one openbadgecredential chunk of a PNG. It walks the chunks itself, because picture
// decoders throw away what they do not draw. What follows IEND, or a chunk that is cut off, is not looked at.
func bakedText(data []byte) (text string, has bool, err error) {
	rest := data[len(pngSignature):]
	for len(rest) >= 12 { // length, type, CRC
		size := binary.BigEndian.Uint32(rest)
		if uint64(size) > uint64(len(rest)-12) {
			break // cut off: whether it still is a picture is for the decoder to say
		}
		kind, body, sum := string(rest[4:8]), rest[8:8+size], binary.BigEndian.Uint32(rest[8+size:])
		covered := rest[4 : 8+size]
		rest = rest[12+size:]

		if kind == "IEND" {
			break
		}
		if kind != "iTXt" {
			continue
		}
		keyword, content, ok := bytes.Cut(body, []byte{0})
		if !ok || string(keyword) != bakedKeyword {
			continue
		}
		if has {
			// Open Badges 3.0 allows the keyword once. Two readers that chose differently would report two people.
			return "", false, &Error{
				Reason: ErrAmbiguous,
				Words:  "The badge picture holds more than one credential, which is not allowed.",
				Try:    "Ask the holder for the picture as it was issued.",
			}
		}
		has = true
		if crc32.ChecksumIEEE(covered) != sum {
			return "", false, damagedBadge(errors.New("wrong CRC of the iTXt chunk"))
		}
		if text, err = itxtText(content); err != nil {
			return "", false, damagedBadge(err)
		}
	}
	return text, has, nil
}

// itxtText gives the text of an iTXt chunk after its keyword: compression flag, compression method, language tag, 0,
// translated keyword, 0, text (PNG, third edition, §11.3.3.4). Open Badges 3.0 forbids compression.
func itxtText(content []byte) (string, error) {
	if len(content) < 2 {
		return "", errors.New("iTXt chunk cut off")
	}
	if content[0] != 0 {
		return "", errors.New("iTXt chunk is compressed")
	}
	_, content, ok := bytes.Cut(content[2:], []byte{0})
	if !ok {
		return "", errors.New("iTXt chunk without language tag")
	}
	_, content, ok = bytes.Cut(content, []byte{0})
	if !ok {
		return "", errors.New("iTXt chunk without translated keyword")
	}
	if len(content) > MaxAttachment {
		return "", fmt.Errorf("%d bytes of text: %w", len(content), ErrTooLarge)
	}
	return string(content), nil
}

func damagedBadge(cause error) error {
	return &Error{
		Reason: ErrUnreadable,
		Words:  "The credential inside the badge picture is damaged.",
		Try:    "Ask the holder for the picture as it was issued; apps that resize pictures destroy it.",
		Cause:  cause,
	}
}
