package paper

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func isSound(t testing.TB, data []byte) bool {
	t.Helper()
	d, err := openPDF(t.Context(), data)
	return err == nil && d.soundly(data)
}

// What the press writes is sound, and what qpdf makes of it.
func TestFilesThatAllReadAlikeAreSound(t *testing.T) {
	if _, err := exec.LookPath("qpdf"); err != nil {
		t.Fatal("qpdf is not installed (Debian package qpdf): make deps")
	}
	_, _, data := originalFile(t)
	if !isSound(t, data) {
		t.Error("the file of the press is not")
	}
	in := filepath.Join(t.TempDir(), "in.pdf")
	if err := os.WriteFile(in, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, how := range []string{
		"--linearize", "--object-streams=generate", "--linearize --object-streams=generate", "--qdf", "--qdf --object-streams=generate", "--stream-data=uncompress",
		"--encrypt  owner 256 --", "--object-streams=generate --encrypt  owner 256 --", "--linearize --object-streams=generate --encrypt  owner 256 --",
	} {
		out := filepath.Join(t.TempDir(), "out.pdf")
		if text, err := exec.Command("qpdf", append(strings.Split(how, " "), in, out)...).CombinedOutput(); err != nil {
			t.Fatalf("qpdf %s: %v\n%s", how, err, text)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if !isSound(t, data) {
			t.Errorf("qpdf %s: not sound", how)
		}
	}
}

// Objects within objects, as many as there can be, cost no more than the file.
func TestUnsoundFilesAreRefusedInTime(t *testing.T) {
	const count = 50_000
	var b, table bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	fmt.Fprintf(&table, "xref\n0 %d\n0000000000 65535 f \n", count+1)
	for n := 1; n <= count; n++ {
		fmt.Fprintf(&table, "%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj (%s", n, strings.Repeat(" ", 99))
	}
	b.WriteString(strings.Repeat(")", count) + " endobj\n")
	start := b.Len()
	b.Write(table.Bytes())
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", count+1, start)
	began := time.Now()
	if d := (&document{ctx: t.Context()}); d.soundly(b.Bytes()) {
		t.Error("sound")
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

// However a file is cut or changed, reading its structure comes to an end.
func FuzzSound(f *testing.F) {
	_, _, data := originalFile(f)
	f.Add(data)
	f.Add([]byte("%PDF-1.7\n1 0 obj<</A[1 0 R]/B<</C(d)>>>>endobj\nxref\n0 2\n0000000000 65535 f \n0000000009 00000 n \ntrailer<</Root 1 0 R>>\nstartxref\n51\n%%EOF"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b := build{data: data, places: map[int]place{}, lengths: map[int]int{}, opened: func(int) []byte { return nil }}
		b.read()
	})
}
