package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
)

// Limits is what one client may take of a server.
type Limits struct {
	ReadHeader  time.Duration // until the head of a request has come
	Read        time.Duration // until all of it has come
	Write       time.Duration // until the answer is sent
	Idle        time.Duration // between two requests
	Stop        time.Duration // for running requests, once the server is to stop
	HeaderBytes int           // of a request's head; net/http allows 4 KiB more
	Connections int           // at one time; further ones wait to be accepted
}

// DefaultLimits are those of [Serve]. Every request is small, and so is nearly
// every answer: whoever takes longer is not reading.
var DefaultLimits = Limits{
	ReadHeader:  5 * time.Second,
	Read:        15 * time.Second,
	Write:       30 * time.Second,
	Idle:        60 * time.Second,
	Stop:        10 * time.Second,
	HeaderBytes: 16 << 10,
	Connections: 1024,
}

// Serve serves h with the [DefaultLimits] until ctx is done, then lets running
// requests finish. It closes ln. It returns nil if it was ctx that ended it and
// every request was answered.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, log *slog.Logger) error {
	return DefaultLimits.Serve(ctx, ln, h, log)
}

// Serve is the function [Serve] with other limits.
func (l Limits) Serve(ctx context.Context, ln net.Listener, h http.Handler, log *slog.Logger) error {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: l.ReadHeader,
		ReadTimeout:       l.Read,
		WriteTimeout:      l.Write,
		IdleTimeout:       l.Idle,
		MaxHeaderBytes:    l.HeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(netutil.LimitListener(ln, l.Connections)) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	// Not derived from ctx, which is done: requests have this long to finish.
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.Stop)
	defer cancel()
	err := srv.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		srv.Close()
		err = fmt.Errorf("requests were still running after %s and were cut off", l.Stop)
	}
	<-ended
	if err != nil {
		return fmt.Errorf("stop serving %s: %w", ln.Addr(), err)
	}
	return nil
}
