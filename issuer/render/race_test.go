//go:build race

package render

// raceDetector: code of ours is watched and slow, and that of the standard
// library is not.
const raceDetector = true
