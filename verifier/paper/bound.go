package paper

import (
	"context"
	"fmt"
	"io"
)

// maxReaders is how many PDFs and pictures are read at once in this process, those given up included.
const maxReaders = 4

var (
	readers = make(chan struct{}, maxReaders)

	// large admits one picture of more than largePixels at a time: decoding 40 megapixels can take some 640 MB
	// (a progressive CMYK JPEG keeps 16 bytes of coefficients for each pixel).
	large = make(chan struct{}, 1)
)

// aloneIfLarge waits until no other large picture is being decoded. The caller calls done when it has decoded its own.
func aloneIfLarge(ctx context.Context, pixels int) (done func(), err error) {
	if pixels <= largePixels {
		return func() {}, nil
	}
	select {
	case large <- struct{}{}:
		return func() { <-large }, nil
	case <-ctx.Done():
		return nil, unreadableInTime(ctx)
	}
}

const largePixels = 12_000_000

// atMostAFew runs read in a goroutine of its own, as one of at most maxReaders, and turns a panic into an error. When ctx
// ends first, the goroutine is left to itself and keeps its place until it ends.
func atMostAFew(ctx context.Context, read func(context.Context) (*Found, error)) (*Found, error) {
	select {
	case readers <- struct{}{}:
	case <-ctx.Done():
		return nil, &Error{
			Reason: ErrBusy,
			Words:  "Too many documents are being read at the moment.",
			Try:    "Try again in a minute, or type the address printed beside the QR code.",
			Cause:  ctx.Err(),
		}
	}

	type outcome struct {
		found *Found
		err   error
	}
	done := make(chan outcome, 1) // buffered: an abandoned reader must still be able to end
	go func() {
		defer func() { <-readers }()
		var o outcome
		o.err = unpanicked(func() (err error) { o.found, err = read(ctx); return })
		if o.err != nil {
			o.found = nil
		}
		done <- o
	}()

	select {
	case o := <-done:
		if o.err != nil && ctx.Err() != nil {
			return nil, unreadableInTime(ctx) // whatever failed, failed because time was up
		}
		return o.found, o.err
	case <-ctx.Done():
		return nil, unreadableInTime(ctx)
	}
}

// unpanicked runs f and turns a panic into an error.
func unpanicked(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Error{Reason: ErrUnreadable, Words: "The document is damaged.", Try: tryAnotherCopy, Cause: fmt.Errorf("panic: %v", p)}
		}
	}()
	return f()
}

// stoppable is an input that ends when ctx does, or when more was asked of it than any honest document needs. It is how a
// parser that knows nothing of contexts is brought to an end, and how one that loads the same bytes again and again is
// kept from filling the memory. The budget counts the bytes asked for, because that is what the parser set memory aside for.
type stoppable struct {
	io.ReadSeeker
	ctx    context.Context
	budget int64
}

func (s *stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	if s.budget -= int64(len(p)); s.budget < 0 {
		return 0, fmt.Errorf("the parser asked for too much: %w", ErrTooLarge)
	}
	return s.ReadSeeker.Read(p)
}
