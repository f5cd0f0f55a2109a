package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/verifier/web"
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
	PerClient   int           // of these, of one client; further ones are closed; 0: any number
	// Proxies may have any number of connections: they speak for others.
	Proxies []netip.Prefix
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
	PerClient:   128,
}

// Serve serves h with the [DefaultLimits] until ctx is done, then lets running
// requests finish, of which those that take long are told of it ([web.WithStop]). It
// closes ln. It returns nil if it was ctx that ended it and
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
		BaseContext:       func(net.Listener) context.Context { return web.WithStop(context.Background(), ctx.Done()) },
		ErrorLog:          errorLog(log),
	}
	ended := make(chan error, 1)
	if l.PerClient > 0 {
		ln = &sharedListener{Listener: ln, limits: l, open: map[netip.Addr]int{}}
	}
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

// Running is the need for a server that is not about to stop, which it is once ctx is
// done: whoever sends it requests is to send them elsewhere while it answers its last.
func Running(ctx context.Context) Need {
	return Need{Name: "running", Ready: func(context.Context) error {
		if ctx.Err() != nil {
			return errors.New("it is about to stop")
		}
		return nil
	}}
}

// NoListener is how a command ends that cannot listen at an address. One that is
// none is a question that cannot be understood; one that somebody else has, or that
// is not of this machine, only could not be had. option is how it was given, and
// example what could be given.
func NoListener(err error, option, example string) error {
	err = fmt.Errorf("%s: %w", option, err)
	if system := (*os.SyscallError)(nil); errors.As(err, &system) {
		return term.Fail(term.Undecided, err, "choose another address with "+option+", or end what listens there")
	}
	return term.Fail(term.Usage, err, "give an address of this machine and a port with "+option+", such as "+example)
}

// sharedListener keeps one client from taking all connections.
type sharedListener struct {
	net.Listener
	limits Limits

	mu   sync.Mutex
	open map[netip.Addr]int
}

// Accept returns the next connection of a client that has not too many.
func (s *sharedListener) Accept() (net.Conn, error) {
	for {
		conn, err := s.Listener.Accept()
		if err != nil {
			return nil, err
		}
		remote, err := netip.ParseAddrPort(conn.RemoteAddr().String())
		if err != nil || within(remote.Addr().Unmap(), s.limits.Proxies) {
			return conn, nil
		}
		client := network(remote.Addr().Unmap())
		s.mu.Lock()
		ok := s.open[client] < s.limits.PerClient
		if ok {
			s.open[client]++
		}
		s.mu.Unlock()
		if ok {
			return &sharedConn{Conn: conn, closed: func() { s.leave(client) }}, nil
		}
		conn.Close()
	}
}

func (s *sharedListener) leave(client netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[client]--; s.open[client] == 0 {
		delete(s.open, client)
	}
}

type sharedConn struct {
	net.Conn
	once   sync.Once
	closed func()
}

// Close implements [net.Conn].
func (c *sharedConn) Close() error {
	c.once.Do(c.closed)
	return c.Conn.Close()
}
