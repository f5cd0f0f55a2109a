//go:build !race

package typeface

const raceDetector = false
