package server

import "github.com/prometheus/client_golang/prometheus"

// Reloads tells in the metrics whether the trust file could be read when that was
// last tried. If not, the one before is in use.
func (m *Metrics) Reloads(successful func() bool) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "testamur_trust_last_reload_successful", Help: "Whether the trust file could be read when that was last tried; if not, the one before is in use.",
	}, func() float64 {
		if successful() {
			return 1
		}
		return 0
	}))
}
