package paper

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// Limits of drawing the pages of one PDF.
const (
	drawingTime   = 5 * time.Second
	drawingMemory = 768 << 20 // bytes of address space, where prlimit is installed
)

// drawnSides are the lengths of the longer side of the drawn pages, in pixels: 150 and 300 dots per inch for A4. The length
// is given instead of the resolution because it holds for a page of any size; a page may claim to be 5 metres wide.
var drawnSides = []int{1754, 3508}

// drawnCodes draws the first pages and reads the QR codes on them. It is for PDFs whose QR code is made of shapes, for
// damaged PDFs that viewers still open, and for picture formats not decoded here.
//
// The drawing is done by pdftoppm in a process of its own, which gets the PDF through a pipe: nothing is written to disk.
// The error matches ErrNoDrawing when pdftoppm is not installed. Texts and an error may both be given.
func drawnCodes(ctx context.Context, data []byte) ([]string, error) {
	pdftoppm, err := exec.LookPath("pdftoppm")
	if err != nil {
		return nil, ErrNoDrawing
	}
	ctx, cancel := context.WithTimeout(ctx, drawingTime)
	defer cancel()

	var failed error
	for _, side := range drawnSides {
		texts, err := drawnCodesAt(ctx, pdftoppm, data, side)
		if len(texts) > 0 {
			return texts, err
		}
		if failed = errors.Join(failed, err); ctx.Err() != nil {
			break
		}
	}
	return nil, failed
}

// drawnCodesAt draws the pages at one size and stops at the first page with a QR code.
func drawnCodesAt(ctx context.Context, pdftoppm string, data []byte, side int) (texts []string, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	args := []string{pdftoppm, "-q", "-gray", "-scale-to", strconv.Itoa(side), "-f", "1", "-l", strconv.Itoa(MaxDrawnPages), "-"}
	if prlimit, err := exec.LookPath("prlimit"); err == nil {
		args = append([]string{prlimit, "--as=" + strconv.Itoa(drawingMemory), "--cpu=" + strconv.Itoa(int(drawingTime.Seconds())), "--core=0", "--fsize=0"}, args...)
	}
	command := exec.CommandContext(ctx, args[0], args[1:]...)
	command.Env = []string{"LC_ALL=C", "PATH=" + os.Getenv("PATH")} // no HOME: no font cache is written
	command.Stdin = bytes.NewReader(data)
	command.WaitDelay = time.Second
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("drawing the pages: %w", err)
	}

	pages := bufio.NewReader(out)
	var failed error
	drawn := 0
	for drawn < MaxDrawnPages && len(texts) == 0 && failed == nil {
		var g *image.Gray
		if g, failed = readPGM(pages, side); failed == nil {
			drawn++
			texts = readQR(ctx, g)
		}
	}
	if failed == nil {
		cancel() // further pages are not wanted
	}
	ended := command.Wait()
	switch {
	case len(texts) > 0, drawn > 0 && (failed == nil || failed == io.EOF):
		return texts, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("drawing the pages: %w", ctx.Err())
	}
	return nil, fmt.Errorf("drawing the pages: %w", errors.Join(failed, ended))
}

// readPGM reads one drawn page (netpbm, "P5" with 8 bits). The error is io.EOF if there is none.
func readPGM(r *bufio.Reader, side int) (*image.Gray, error) {
	if _, err := r.Peek(1); err != nil {
		return nil, err
	}
	var width, height, white int
	if _, err := fmt.Fscanf(r, "P5\n%d %d\n%d", &width, &height, &white); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if _, err := r.ReadByte(); err != nil { // the one blank after the header
		return nil, err
	}
	if width < 1 || height < 1 || width > side+1 || height > side+1 || white != 255 {
		return nil, fmt.Errorf("%d × %d pixels: %w", width, height, ErrTooLarge)
	}
	g := image.NewGray(image.Rect(0, 0, width, height))
	if _, err := io.ReadFull(r, g.Pix); err != nil {
		return nil, err
	}
	return g, nil
}
