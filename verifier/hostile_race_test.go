//go:build race

package verifier_test

// slowed says that this is a build with the race detector, which takes its time.
const slowed = true
