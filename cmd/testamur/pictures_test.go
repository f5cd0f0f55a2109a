package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/verifier"
)

// The pictures of every certificate are checked as other documents are: by the
// library, by the command and by the service.
func TestPicturesOfEveryCertificateVerify(t *testing.T) {
	b := allSpecimens(t)
	e := b.examiner(t)
	folder := t.TempDir()
	codes := map[string]bool{}
	ask := service(t, b)
	for _, s := range b.all {
		codes[s.cert.Code] = true
		png, svg := filepath.Join(folder, s.cert.Number+".png"), filepath.Join(folder, s.cert.Number+".svg")
		if err := b.writePictures(t.Context(), s.cert, asPictures{png: png, svg: svg, dpi: 150}); err != nil {
			t.Fatal(err)
		}
		for file, media := range map[string]string{png: "image/png", svg: "image/svg+xml"} {
			data := readFile(t, file)
			r := e.Examine(t.Context(), data)
			if r.Verdict != verifier.Valid || r.Certificate == nil || r.Certificate.ID != s.cred.ID {
				t.Errorf("%s as %s: %s: %s", s.file, media, r.Verdict, r.Summary())
			}
			if c := r.Checks[len(r.Checks)-1]; c.Name != verifier.PaperCheck || c.Outcome != verifier.OutcomeSkipped {
				t.Errorf("%s as %s: what it shows is said to be compared: %+v", s.file, media, c)
			}
			for _, as := range []string{media, "application/octet-stream"} {
				var answer struct {
					Verdict string
				}
				status, body := ask(as, data)
				if err := json.Unmarshal(body, &answer); err != nil || status != http.StatusOK || answer.Verdict != "valid" {
					t.Errorf("%s as %s: the service answers %d %s", s.file, as, status, body)
				}
			}
		}
	}
	if len(codes) != 18 {
		t.Errorf("%d of 18 certificates drawn", len(codes))
	}

	bundle, err := b.Trust(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	trust := filepath.Join(t.TempDir(), "trust.json")
	text, err := json.Marshal(bundle)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(trust, text, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(filepath.Join(verifyFolder, "testamur-verify"), "check", "--offline", "--trust", trust, folder).CombinedOutput()
	if want := fmt.Sprintf("%d checked: %d valid", 2*len(b.all), 2*len(b.all)); err != nil || !strings.Contains(string(out), want) {
		t.Errorf("the command does not say %q (%v):\n%s", want, err, out)
	}
}

// service serves the body and returns how to have a document checked.
func service(t *testing.T, b *specimenBody) func(media string, data []byte) (int, []byte) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{body: b.body, words: io.Discard, ln: ln}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return func(media string, data []byte) (int, []byte) {
		for { // what is asked too often is answered later
			resp, err := http.Post("http://"+ln.Addr().String()+"/v1/verify", media, bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != http.StatusTooManyRequests {
				return resp.StatusCode, body
			}
			select {
			case <-t.Context().Done():
				t.Fatal("the service does not answer any more")
			case <-time.After(200 * time.Millisecond):
			}
		}
	}
}

// One changed byte anywhere in a baked credential: never valid. Every fifth is
// tried; that none of a token may change is held by TestOneChangedByteAnywhereIsRejected.
func TestOneChangedByteOfABakedCredentialIsRejected(t *testing.T) {
	b := allSpecimens(t)
	e := b.examiner(t)
	s := b.all[0]
	folder := t.TempDir()
	pictures := asPictures{png: filepath.Join(folder, "c.png"), svg: filepath.Join(folder, "c.svg"), dpi: 50}
	if err := b.writePictures(t.Context(), s.cert, pictures); err != nil {
		t.Fatal(err)
	}
	for file, sum := range map[string]func([]byte){pictures.svg: func([]byte) {}, pictures.png: sumText} {
		data := readFile(t, file)
		at := bytes.Index(data, []byte(s.cert.Token))
		if at < 0 {
			t.Fatalf("%s does not hold the credential as it was signed", file)
		}
		tried := 0
		for i := 0; i < len(s.cert.Token); i += 5 {
			changed := bytes.Clone(data)
			changed[at+i] = 'A'
			if s.cert.Token[i] == 'A' {
				changed[at+i] = 'B'
			}
			sum(changed)
			tried++
			if r := e.Examine(t.Context(), changed); r.Verdict == verifier.Valid {
				t.Errorf("%s: byte %d changed: valid", filepath.Base(file), i)
			}
		}
		sum(data)
		if r := e.Examine(t.Context(), data); r.Verdict != verifier.Valid {
			t.Errorf("%s unchanged is %s: %s", filepath.Base(file), r.Verdict, r.Summary())
		}
		t.Logf("%s: %d changed credentials", filepath.Base(file), tried)
	}
}

// sumText puts the sum of the first iTXt chunk right.
func sumText(data []byte) {
	at := bytes.Index(data, []byte("iTXt"))
	size := binary.BigEndian.Uint32(data[at-4:])
	end := at + 4 + int(size)
	binary.BigEndian.PutUint32(data[end:], crc32.ChecksumIEEE(data[at:end]))
}
