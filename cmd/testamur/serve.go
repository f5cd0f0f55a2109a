package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/server"
	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/issuer/web"
)

// defaultAddr is where pages are served unless told otherwise.
const defaultAddr = "127.0.0.1:8080"

func newServe() *cobra.Command {
	var dir, addr string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Publish the body: certificates by address, keys, status lists",
		Long: `Publish what others need to check this body's certificates, until interrupted:

  /c/{id}                     the verification page that the QR code leads to
  /certificates/{id}.jws      the signed certificate; .pdf the paper
  /keys/{kid}                 one public key; /.well-known/jwks.json all of them
  /status/{list}              the signed status lists
  /schemes/{scheme}/{edition} what the certificates ask for
  /trust.json                 the trust file

Put a web server that speaks https in front of it, at the issuer address.`,
		Example: "  testamur serve --addr 127.0.0.1:8080",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runServe(cmd.Context(), cmd.ErrOrStderr(), dir, addr)
		},
	}
	dirFlag(cmd, &dir)
	cmd.Flags().StringVar(&addr, "addr", defaultAddr, "`address` to listen at")
	return cmd
}

func runServe(ctx context.Context, words io.Writer, dir, addr string) error {
	b, err := openBody(ctx, dir)
	if err != nil {
		return err
	}
	defer b.Close()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return term.Fail(term.No, err, "choose another address with --addr")
	}
	fmt.Fprintf(words, "Serving %s at http://%s until interrupted (Ctrl-C).\n", b.Body.URL, ln.Addr())
	return serve(ctx, words, b, ln)
}

// serve publishes the body at the listener until ctx is done.
func serve(ctx context.Context, words io.Writer, b *body, ln net.Listener) error {
	log := slog.New(slog.NewJSONHandler(words, nil))
	if n, err := b.Resume(ctx); err != nil {
		log.Error("what an earlier run left half done could not be finished", "error", err.Error())
	} else if n > 0 {
		log.Info("finished what an earlier run left half done", "certificates", n)
	}
	pages, err := web.Pages(b.Body)
	if err != nil {
		return term.Fail(term.No, err, "")
	}
	engine := server.Engine(server.Options{Log: log, Pages: pages, HTTPS: strings.HasPrefix(b.Body.URL, "https://")})
	(&web.Publication{Issuer: b.Issuer, Pages: pages, Log: log}).Mount(engine)
	if err := server.Serve(ctx, ln, engine, log); err != nil {
		return term.Fail(term.No, err, "")
	}
	return nil
}
