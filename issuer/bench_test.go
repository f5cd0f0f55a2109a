package issuer_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/keys"
)

// BenchmarkIssue stands beside the two things that no way of issuing can do
// without, so that it is their ratio that is read, on whatever machine.
func BenchmarkIssue(b *testing.B) {
	d := newDesk(b, "", november)
	payload := d.grant(b, foundation(b, "a", "c")).Payload
	n := 0
	b.Run("Issue", func(b *testing.B) {
		for b.Loop() {
			n++
			b.StopTimer()
			a := foundation(b, fmt.Sprint("a", n), fmt.Sprint("c", n))
			b.StartTimer()
			d.grant(b, a)
		}
	})
	b.Run("IssueAgain", func(b *testing.B) {
		a := foundation(b, "a", "c")
		for b.Loop() {
			d.grant(b, a)
		}
	})
	b.Run("Revoke", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			n++
			cert := d.grant(b, foundation(b, fmt.Sprint("a", n), fmt.Sprint("c", n)))
			b.StartTimer()
			if _, err := d.Revoke(b.Context(), clerk, issuer.Change{Number: cert.Number, Reason: "error"}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Signature", func(b *testing.B) {
		for b.Loop() {
			if _, err := d.Signer.Sign(b.Context(), keys.ForCredential, keys.TypeVC, payload); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("AppendAndSync", func(b *testing.B) {
		f, err := os.OpenFile(filepath.Join(b.TempDir(), "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		page := bytes.Repeat([]byte("x"), 4096)
		for b.Loop() {
			if _, err := f.Write(page); err != nil {
				b.Fatal(err)
			}
			if err := f.Sync(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
