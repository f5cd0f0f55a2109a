package paper

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// idle waits until no reader is left: all places can be taken. A reader that never ends would make it time out.
func idle(t *testing.T) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for range maxReaders {
		select {
		case readers <- struct{}{}:
		case <-limit:
			t.Fatal("a reader is still at work")
		}
	}
	for range maxReaders {
		<-readers
	}
}

func TestPanicBecomesAnError(t *testing.T) {
	_, err := atMostAFew(t.Context(), func(context.Context) (*Found, error) { panic("index out of range") })
	if !errors.Is(err, ErrUnreadable) || !strings.Contains(err.Error(), "index out of range") {
		t.Errorf("error is %v", err)
	}
	idle(t)
}

func TestEndlessReadersAreGivenUpAndCannotPileUp(t *testing.T) {
	idle(t)
	release := make(chan struct{})
	for range maxReaders {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		_, err := atMostAFew(ctx, func(context.Context) (*Found, error) { <-release; return &Found{Text: "late"}, nil })
		cancel()
		if !errors.Is(err, ErrUnreadable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v", err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := Read(ctx, []byte("%PDF-1.4")); !errors.Is(err, ErrBusy) {
		t.Errorf("error is %v, want ErrBusy", err)
	}
	if found, err := Read(t.Context(), []byte("17")); err != nil || found.Text != "17" {
		t.Errorf("a text needs no place: %+v, %v", found, err)
	}
	close(release)
	idle(t)
	if _, err := Read(t.Context(), []byte("%PDF-1.4")); errors.Is(err, ErrBusy) {
		t.Error("places were not given back")
	}
}

func TestNoReaderIsLeftBehind(t *testing.T) {
	for _, s := range []string{"%PDF-1.4\n", pngSignature, "\xff\xd8\xff", "text"} {
		_, _ = Read(t.Context(), []byte(s))
	}
	idle(t)
	if len(large) != 0 {
		t.Error("the place for large pictures is still taken")
	}
}

func TestInputEndsWithTheContextAndTheBudget(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in := &stoppable{strings.NewReader(strings.Repeat("x", 100)), ctx, 60}
	if n, err := in.Read(make([]byte, 50)); n != 50 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := in.Read(make([]byte, 50)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("error is %v", err)
	}
	cancel()
	if _, err := io.ReadAll(in); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}
