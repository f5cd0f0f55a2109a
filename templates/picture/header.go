package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"
)

// head is what a picture says of itself before it is decoded.
type head struct {
	format     string
	wide, high int
	turn       int   // EXIF orientation, 1 to 8; 0 where none is given
	memory     int64 // the most that its decoder allocates in all, in bytes
}

// finish is the most that is allocated after decoding: the picture laid on white,
// and the encoder.
func (h head) finish() int64 { return 4*int64(h.wide)*int64(h.high) + 64*int64(h.wide) + 2<<20 }

// Memory that decoders take, from their source. All are upper bounds; a test
// holds them against what is allocated.
const (
	readers = 256 << 10 // buffers, tables and the state of inflating

	// A lossless WebP may have 2600 groups of five Huffman trees. A tree has a
	// table of 512 bytes and nodes, which take up to 330 bytes for each byte of
	// the file.
	webpTrees   = 2600 * 5 * 600
	webpForByte = 330
)

// header reads what data is and how large. The error names what can be given
// instead.
func header(data []byte) (head, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return headerPNG(data)
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return headerJPEG(data)
	case bytes.HasPrefix(data, []byte("GIF8")):
		return headerGIF(data)
	case bytes.HasPrefix(data, []byte("RIFF")) && len(data) >= 12 && string(data[8:12]) == "WEBP":
		return headerWebP(data)
	}
	return head{}, errors.New(unknown(data))
}

// unknown says what data is that cannot be taken.
func unknown(data []byte) string {
	const give = "a PNG, JPEG, GIF or WebP is needed"
	text := bytes.TrimLeft(bytes.TrimPrefix(data[:min(len(data), 512)], []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case bytes.HasPrefix(text, []byte("<")):
		return "the file is an SVG or another text, which may carry programs and addresses: export it as a PNG about 1000 pixels wide"
	case bytes.HasPrefix(data, []byte("%PDF")) || bytes.HasPrefix(data, []byte("%!PS")):
		return "the file is a document, not a picture: export it as a PNG about 1000 pixels wide"
	case bytes.HasPrefix(data, []byte("BM")), bytes.HasPrefix(data, []byte("II*\x00")), bytes.HasPrefix(data, []byte("MM\x00*")):
		return "the file is a BMP or TIFF: save it as a PNG"
	case len(data) >= 12 && string(data[4:8]) == "ftyp":
		return "the file is a HEIC, AVIF or film: save it as a PNG or JPEG"
	}
	return "the file is not a picture that can be read: " + give
}

func cannot(format string, err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("the %s is damaged or cut off: save the picture again from the program it was made with (%w)", format, err)
}

func headerPNG(data []byte) (head, error) {
	h := head{format: "PNG"}
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return h, cannot(h.format, err)
	}
	h.wide, h.high = config.Width, config.Height
	if len(data) < 33 {
		return h, cannot(h.format, io.ErrUnexpectedEOF)
	}
	depth, kind, interlaced := data[24], data[25], data[28] != 0
	perPixel := int64(4)
	switch {
	case depth == 16:
		perPixel = 8
	case kind == 3, kind == 0 && !bytes.Contains(data, []byte("tRNS")):
		perPixel = 1
	}
	row := perPixel * int64(h.wide)
	h.memory = row*int64(h.high) + 4*row + readers
	if interlaced {
		// Seven pictures beside the whole one, which have its pixels together.
		h.memory += row*int64(h.high) + 24*row + 8*perPixel*int64(h.high)
	}
	for rest := data[8:]; len(rest) >= 12; {
		size := int64(binary.BigEndian.Uint32(rest))
		if size > int64(len(rest)-12) {
			break
		}
		if string(rest[4:8]) == "eXIf" {
			h.turn = orientation(rest[8 : 8+size])
		}
		rest = rest[12+size:]
	}
	return h, nil
}

func headerJPEG(data []byte) (head, error) {
	h := head{format: "JPEG"}
	config, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return h, cannot(h.format, err)
	}
	h.wide, h.high = config.Width, config.Height
	// Sizes are those of whole blocks, which are 32 pixels at most.
	padded := (int64(h.wide) + 31) * (int64(h.high) + 31)
	channels := int64(3)
	switch config.ColorModel {
	case color.GrayModel:
		channels = 1
	case color.CMYKModel:
		return h, errors.New("the JPEG is in CMYK, whose colours only its printing house knows: save it in RGB")
	case color.RGBAModel:
		h.memory += 4 * padded
	}
	h.memory += channels*padded + readers
	if bytes.Contains(data, []byte("\xff\xc2")) { // progressive: coefficients are kept
		h.memory += channels * 4 * padded
	}
	// A progressive picture is drawn over as often as it has scans; programs write
	// ten. The marker cannot stand in the data of a scan.
	if bytes.Count(data, []byte("\xff\xda")) > 100 {
		return h, errors.New("the JPEG is drawn in more than 100 passes: save it as a plain JPEG or PNG")
	}
	for rest := data[2:]; len(rest) >= 4 && rest[0] == 0xff && rest[1] != 0xda; {
		size := int(binary.BigEndian.Uint16(rest[2:]))
		if size < 2 || size > len(rest)-2 {
			break
		}
		if exif, ok := bytes.CutPrefix(rest[4:2+size], []byte("Exif\x00\x00")); ok && rest[1] == 0xe1 && h.turn == 0 {
			h.turn = orientation(exif)
		}
		rest = rest[2+size:]
	}
	return h, nil
}

func headerGIF(data []byte) (head, error) {
	h := head{format: "GIF"}
	config, err := gif.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return h, cannot(h.format, err)
	}
	h.wide, h.high = config.Width, config.Height
	h.memory = 2*int64(h.wide)*int64(h.high) + readers
	return h, nil
}

func headerWebP(data []byte) (head, error) {
	h := head{format: "WebP"}
	if bytes.Contains(data, []byte("ANMF")) {
		return h, errors.New("the WebP is animated: save one picture of it as a PNG")
	}
	config, err := webp.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return h, cannot(h.format, err)
	}
	h.wide, h.high = config.Width, config.Height
	padded := (int64(h.wide) + 15) * (int64(h.high) + 15)
	h.memory = 2*padded + 64*int64(h.wide) + int64(len(data)) + readers
	if bytes.Contains(data, []byte("VP8L")) || bytes.Contains(data, []byte("ALPH")) {
		// Pixels twice, since a palette is undone into a new picture, the tables of
		// tiles, and alpha beside.
		h.memory += 12*padded + min(webpTrees+webpForByte*int64(len(data)), 2600*64<<10)
	}
	for rest := data[12:]; len(rest) >= 8; {
		size := int64(binary.LittleEndian.Uint32(rest[4:]))
		if size > int64(len(rest)-8) {
			break
		}
		if string(rest[:4]) == "EXIF" {
			h.turn = orientation(bytes.TrimPrefix(rest[8:8+size], []byte("Exif\x00\x00")))
		}
		rest = rest[min(8+size+size&1, int64(len(rest))):]
	}
	return h, nil
}

// orientation reads how a picture is to be turned from its EXIF data: 1 to 8, or
// 0 where it says nothing (CIPA DC-008 4.6.4, tag 274 of the first directory).
func orientation(exif []byte) int {
	if len(exif) < 8 {
		return 0
	}
	var order binary.ByteOrder
	switch string(exif[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 0
	}
	at := int64(order.Uint32(exif[4:]))
	if at+2 > int64(len(exif)) {
		return 0
	}
	entries := exif[at+2:]
	for range order.Uint16(exif[at:]) {
		if len(entries) < 12 {
			return 0
		}
		if tag, kind, count := order.Uint16(entries), order.Uint16(entries[2:]), order.Uint32(entries[4:]); tag == 274 && kind == 3 && count == 1 {
			if turn := order.Uint16(entries[8:]); turn >= 1 && turn <= 8 {
				return int(turn)
			}
			return 0
		}
		entries = entries[12:]
	}
	return 0
}
