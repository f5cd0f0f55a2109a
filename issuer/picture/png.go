package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"math"
)

// writePNG writes an opaque picture as RGB of 8 bits, with its resolution and
// the chunks given, in that order, before its pixels.
//
// It is not image/png, which tries five ways to write every row: most of a page is
// paper, rows of which are made small best as they are, in half the time.
func writePNG(img *image.RGBA, dpi int, chunks ...chunk) ([]byte, error) {
	wide, high := img.Rect.Dx(), img.Rect.Dy()
	var out bytes.Buffer
	out.Grow(wide * high / 4)
	out.WriteString("\x89PNG\r\n\x1a\n")

	header := binary.BigEndian.AppendUint32(nil, uint32(wide))
	header = binary.BigEndian.AppendUint32(header, uint32(high))
	chunk{"IHDR", append(header, 8, 2, 0, 0, 0)}.write(&out) // depth, RGB, deflate, filters by row, not interlaced
	chunk{"sRGB", []byte{0}}.write(&out)
	perMetre := uint32(math.Round(float64(dpi) / 0.0254))
	size := binary.BigEndian.AppendUint32(nil, perMetre)
	chunk{"pHYs", append(binary.BigEndian.AppendUint32(size, perMetre), 1)}.write(&out)
	for _, c := range chunks {
		c.write(&out)
	}

	// The pixels go straight behind the length and name of their chunk, which are
	// filled in afterwards.
	start := out.Len()
	out.WriteString("\x00\x00\x00\x00IDAT")
	z := zlib.NewWriter(&out)
	row := make([]byte, 1+3*wide) // its first byte says that no filter is used
	for y := range high {
		from := img.Pix[y*img.Stride:][:4*wide]
		for x, to := 0, 1; x < len(from); x, to = x+4, to+3 {
			row[to], row[to+1], row[to+2] = from[x], from[x+1], from[x+2]
		}
		if _, err := z.Write(row); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	data := out.Bytes()[start:]
	binary.BigEndian.PutUint32(data, uint32(len(data)-8))
	out.Write(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(data[4:])))
	chunk{"IEND", nil}.write(&out)
	return out.Bytes(), nil
}

// A chunk is one part of a PNG.
type chunk struct {
	kind string
	data []byte
}

func (c chunk) write(out *bytes.Buffer) {
	out.Write(binary.BigEndian.AppendUint32(nil, uint32(len(c.data))))
	sum := crc32.ChecksumIEEE(append([]byte(c.kind), c.data...))
	out.WriteString(c.kind)
	out.Write(c.data)
	out.Write(binary.BigEndian.AppendUint32(nil, sum))
}

// baked is the chunk that holds the credential (Open Badges 3.0, 5.3.1): an iTXt,
// not compressed, its text the compact JWS.
func baked(token string) chunk { return international("openbadgecredential", "", token) }

// international is a chunk of text in UTF-8 (PNG, third edition, 11.3.3.4). The
// keyword is Latin, the text is not compressed.
func international(keyword, language, text string) chunk {
	var b bytes.Buffer
	b.WriteString(keyword)
	b.WriteString("\x00\x00\x00") // end of the keyword, not compressed, by no method
	b.WriteString(language)
	b.WriteString("\x00\x00") // end of the language, no translation of the keyword
	b.WriteString(text)
	return chunk{"iTXt", b.Bytes()}
}
