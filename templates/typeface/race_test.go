//go:build race

package typeface

// raceDetector: times and memory are not those of the program.
const raceDetector = true
