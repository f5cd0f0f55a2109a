package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// BenchmarkColdStart takes turns between a whole run of the command, which checks one
// signed file, and node importing jose, which checks nothing yet.
func BenchmarkColdStart(b *testing.B) {
	program := filepath.Join(b.TempDir(), "testamur-verify")
	build := exec.Command("go", "build", "-trimpath", "-tags", "nomsgpack", "-ldflags", "-s -w", "-o", program, ".") // as make build
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	o := newOffice(b, "https://certs.example.org")
	trust := o.trust(b, o.lists(b, o.now))
	file := filepath.Join(o.dir, "certificate.jws")
	if err := os.WriteFile(file, []byte(o.certificate(b, 4711)), 0o600); err != nil {
		b.Fatal(err)
	}
	run := func(dir string, args ...string) time.Duration {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = dir
		began := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		return time.Since(began)
	}
	var ours, node []time.Duration
	for b.Loop() {
		ours = append(ours, run("", program, "check", "--offline", "--trust", trust, file))
		node = append(node, run("../../verifier/testdata/npm", "node", "--input-type=module", "-e", "import 'jose'"))
	}
	slices.Sort(ours)
	slices.Sort(node)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(ours[len(ours)/2].Microseconds())/1000, "ours-ms")
	b.ReportMetric(float64(node[len(node)/2].Microseconds())/1000, "node-ms")
	b.ReportMetric(float64(ours[len(ours)/2])/float64(node[len(node)/2]), "ratio")
}
