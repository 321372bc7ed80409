//go:build race

package sim

// raceDetector says that this program was built with the race detector.
const raceDetector = true
