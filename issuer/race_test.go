//go:build race

package issuer_test

// raceDetector: a process takes a second to begin. Fewer are killed then.
const raceDetector = true
