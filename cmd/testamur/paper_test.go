package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/verifier"
)

// Other people's programs read what we print.
func TestEveryPaperIsReadByOthers(t *testing.T) {
	b := allSpecimens(t)
	codes := map[string]bool{}
	for _, s := range b.all {
		codes[s.cert.Code] = true
		t.Run(strings.TrimSuffix(s.file, ".json"), func(t *testing.T) {
			t.Parallel()
			tool(t, "", "qpdf", "--check", s.pdf)

			page := filepath.Join(t.TempDir(), "page")
			tool(t, "", "pdftoppm", "-r", "150", "-png", "-singlefile", s.pdf, page)
			if got := strings.TrimSpace(tool(t, "", "zbarimg", "--quiet", "--raw", page+".png")); got != b.Body.QR(s.cert.Link) {
				t.Errorf("the QR code at 150 dpi reads %q, want %q", got, b.Body.QR(s.cert.Link))
			}

			text := strings.Join(strings.Fields(tool(t, "", "pdftotext", "-layout", s.pdf, "-")), " ")
			p := issuer.PaperOf(s.cred, s.cert.Token)
			want := []string{p.Holder, p.Number, p.Effective.Start(s.cert.ValidFrom.Location()).Format("2 January 2006"), p.Decider, p.Code}
			if p.Expires != nil {
				want = append(want, p.Expires.Start(s.cert.ValidFrom.Location()).Format("2 January 2006"))
			} else {
				want = append(want, "does not expire")
			}
			for _, w := range want {
				if !strings.Contains(text, w) {
					t.Errorf("the text of the page lacks %q:\n%s", w, text)
				}
			}

			attached := filepath.Join(t.TempDir(), "credential.jws")
			tool(t, "", "pdfdetach", "-save", "1", "-o", attached, s.pdf)
			if got := readFile(t, attached); string(got) != s.cert.Token {
				t.Error("the attached credential is not the one that was signed")
			}
		})
	}
	if len(codes) != 18 {
		t.Errorf("%d of 18 certificates printed", len(codes))
	}
}

// One changed byte anywhere in a real token, however it reaches the verifier:
// never valid.
func TestOneChangedByteAnywhereIsRejected(t *testing.T) {
	b := allSpecimens(t)
	e := b.examiner(t)
	token := []byte(b.all[0].cert.Token)
	if r := e.Examine(t.Context(), token); r.Verdict != verifier.Valid {
		t.Fatalf("the unchanged token is %s: %s", r.Verdict, r.Summary())
	}
	tried := 0
	for i, old := range token {
		for _, c := range []byte{'A', '_', '.', '=', '\n', old ^ 1, old ^ 0x80} {
			if c == old {
				continue
			}
			token[i] = c
			tried++
			if r := e.Examine(t.Context(), token); r.Verdict == verifier.Valid {
				t.Errorf("byte %d changed from %q to %q: valid", i, old, c)
			}
		}
		token[i] = old
	}
	t.Logf("%d changed tokens, all %d positions", tried, len(token))
}
