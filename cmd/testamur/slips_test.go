package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/issuer/seal"
)

// A service runs for long: once the certificate has run out nothing is sealed any
// more, and it is said weeks before.
func TestNothingIsSealedAfterTheCertificateHasRunOut(t *testing.T) {
	dir, number := sealedBody(t)
	b, err := openBody(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	cert, err := b.find(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	if b.seals.notice() != "" {
		t.Errorf("a certificate without an end: %q", b.seals.notice())
	}
	begin := time.Now().Truncate(time.Second).Add(-time.Hour)
	const day = 24 * time.Hour
	until := begin.Add(100 * day)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Seal"}, NotBefore: begin, NotAfter: until}
	raw, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(raw); err != nil {
		t.Fatal(err)
	}
	if b.seals.plain, err = seal.New(key, []*x509.Certificate{c}, nil); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		now    time.Time
		prints bool
		notice string
	}{
		{begin.Add(-time.Minute), false, ""},
		{begin, true, ""},
		{until.Add(-43 * day), true, ""},
		{until.Add(-41 * day), true, "in 41 days"},
		{until, true, "in 0 days"},
		{until.Add(time.Second), false, ""},
	} {
		b.seals.now = func() time.Time { return row.now }
		paper, err := b.present(t.Context(), cert, "pdf")
		if row.prints != (err == nil) || err != nil && (len(paper) > 0 || !strings.Contains(err.Error(), "out of order") || !strings.Contains(err.Error(), "testamur keys seal")) {
			t.Errorf("at %s, of a certificate until %s: %v", row.now, until, err)
		}
		if got := b.seals.notice(); (row.notice == "") != (got == "") || !strings.Contains(got, row.notice) {
			t.Errorf("at %s, of a certificate until %s: %q", row.now, until, got)
		}
	}
	// A seal that was out of order from the beginning is told of by the service.
	var log strings.Builder
	(&seals{err: outOfOrder(os.ErrNotExist), now: time.Now}).watch(t.Context(), slog.New(slog.NewTextHandler(&log, nil)))
	if !strings.Contains(log.String(), "no paper is printed") {
		t.Errorf("the log says %q", log.String())
	}
}

// batchOf is a run of the body that prints into a folder, and the rows that it tells.
func batchOf(b *body, folder string) (m *many, rows *[]row) {
	rows = new([]row)
	m = &many{body: b, manyFlags: manyFlags{papers: folder}, words: io.Discard, progress: term.NewProgress(io.Discard, "", 0), sources: map[*issuer.Application]string{}, count: map[string]int{}}
	m.tell = func(r row) error { *rows = append(*rows, r); return nil }
	return m, rows
}

// A run that is interrupted says of what it has issued that it is issued.
func TestWhatIsIssuedAndNotPrintedIsSaidToBeIssued(t *testing.T) {
	dir, number := sealedBody(t)
	b, err := openBody(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	folder := t.TempDir()
	m, rows := batchOf(b, folder)
	a, err := issuer.ParseApplication(scheme.Examples()[0].JSON)
	if err != nil {
		t.Fatal(err)
	}
	interrupted, interrupt := context.WithCancel(t.Context())
	err = b.IssueAll(t.Context(), staff(), slices.Values([]*issuer.Application{a}), issuer.Batch{}, func(o issuer.Outcome) error {
		interrupt()
		return m.take(interrupted, o)
	})
	if err != nil || len(*rows) != 1 {
		t.Fatalf("%v, %d rows", err, len(*rows))
	}
	r := (*rows)[0]
	if r.Verdict != wasUnprinted || r.Number != number || !strings.Contains(r.Error, "it is issued") || strings.Contains(r.Error, "context canceled") {
		t.Errorf("%+v", r)
	}
	var words strings.Builder
	m.words = &words
	if err := m.conclude(nil); err == nil || !strings.Contains(err.Error(), "of 1 that are issued") || !strings.Contains(words.String(), "1 issued, but not printed") {
		t.Errorf("%v, %q", err, &words)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("%v, left %v", err, left)
	}
}

// What a killed run has left of its papers is removed by the next, and nothing else.
func TestWhatAKilledRunHasLeftIsRemoved(t *testing.T) {
	dir, number := sealedBody(t)
	b, err := openBody(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	folder := filepath.Join(t.TempDir(), "[papers]*")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * time.Minute)
	stays := map[string]bool{
		"." + number + ".123456789":            false, // as os.CreateTemp names it
		"." + number + ".1":                    true,  // of another run, and younger
		number + ".pdf":                        true,
		"." + number + ".pdf":                  true,
		"." + number:                           true,
		"." + number[:len(number)-1] + "?.123": true, // no number
		".notes.123":                           true,
		"notes.123":                            true,
	}
	for name := range stays {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if name != "."+number+".1" {
			if err := os.Chtimes(path, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	m, rows := batchOf(b, folder)
	file := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(file, scheme.Examples()[0].JSON, 0o600); err != nil {
		t.Fatal(err)
	}
	m.files = []string{file}
	if err := m.run(t.Context()); err != nil || len(*rows) != 1 || (*rows)[0].Verdict != wasBefore {
		t.Fatalf("%v, %+v", err, *rows)
	}
	for name, there := range stays {
		if _, err := os.Lstat(filepath.Join(folder, name)); (err == nil) != there {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A folder of designs is read when something is to be printed, and not before.
func TestDesignsAreReadWhenSomethingIsPrinted(t *testing.T) {
	dir, _ := sealedBody(t)
	read := 0
	p := newPrinter(func() (*looks, error) { read++; return openLooks(dir) }, nil)
	if read > 0 {
		t.Error("read before anything is printed")
	}
	if err := p.Check(issuer.Paper{}); err == nil || read != 1 {
		t.Errorf("%v, read %d times", err, read)
	}
	if _, err := p.Render(t.Context(), issuer.Paper{}); err == nil || read != 1 {
		t.Errorf("%v, read %d times", err, read)
	}
}
