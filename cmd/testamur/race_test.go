//go:build race

package main

// raceDetector: reading a page takes ten times as long. The suites of papers then
// take a part of theirs, and make test runs them whole without it.
const raceDetector = true
