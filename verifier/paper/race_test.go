//go:build race

package paper

// raceDetector: reading a page takes ten times as long. A part of the papers is read
// then, and make test reads all of them without it.
const raceDetector = true
