package server

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/web"
)

// Metrics counts what is served. Its labels hold patterns of routes, statuses and
// verdicts: neither ids nor names, and nothing that clients make up. A nil Metrics
// counts nothing.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
	refused  *prometheus.CounterVec
	verdicts *prometheus.CounterVec
}

// NewMetrics returns metrics of their own registry. lists, if not nil, is asked for
// the status lists that are kept each time the metrics are read.
func NewMetrics(lists func() []verifier.ListHealth) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "testamur_http_requests_total", Help: "Requests answered.",
		}, []string{"route", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "testamur_http_request_duration_seconds", Help: "Time from the head of a request to the end of its answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"route", "method"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "testamur_http_requests_in_flight", Help: "Requests being answered.",
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "testamur_http_requests_refused_total", Help: "Requests refused because their client asked too often (limited) or too much was in work (shed).",
		}, []string{"reason"}),
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "testamur_verdicts_total", Help: "Verdicts on certificates.",
		}, []string{"verdict", "reason"}),
	}
	m.refused.WithLabelValues("limited")
	m.refused.WithLabelValues("shed")
	m.registry.MustRegister(m.requests, m.duration, m.inFlight, m.refused, m.verdicts,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if lists != nil {
		m.registry.MustRegister(listCollector(lists))
	}
	return m
}

// Handler answers with the metrics in the text format of Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

func (m *Metrics) limit() {
	if m != nil {
		m.refused.WithLabelValues("limited").Inc()
	}
}

func (m *Metrics) shed() {
	if m != nil {
		m.refused.WithLabelValues("shed").Inc()
	}
}

func (m *Metrics) verdict(v verifier.Verdict, r verifier.Reason) {
	m.verdicts.WithLabelValues(v.String(), string(r)).Inc()
}

// count counts the request, and tells the span that is open, if one is, which route
// it is of.
func (s *engine) count(c *gin.Context) {
	route := c.FullPath()
	if route == "" {
		route = "none"
	}
	method := method(c.Request.Method)
	if span := trace.SpanFromContext(c.Request.Context()); span.IsRecording() {
		span.SetName(method + " " + route)
		span.SetAttributes(attribute.String("http.route", route))
	}
	m := s.Metrics
	if m == nil {
		return
	}
	c.Set(web.Tally, m.verdict)
	start := time.Now()
	m.inFlight.Inc()
	defer func() { // also when the connection is given up
		m.inFlight.Dec()
		m.requests.WithLabelValues(route, method, class(c.Writer.Status())).Inc()
		m.duration.WithLabelValues(route, method).Observe(time.Since(start).Seconds())
	}()
	c.Next()
}

// class is the class of a status, as 2xx.
func class(status int) string {
	if status < 100 || status > 599 {
		return "other"
	}
	return string(rune('0'+status/100)) + "xx"
}

// listCollector tells how the status lists fare.
type listCollector func() []verifier.ListHealth

var (
	listAge     = prometheus.NewDesc("testamur_status_list_age_seconds", "Time since the list in use was made.", []string{"list"}, nil)
	listLeft    = prometheus.NewDesc("testamur_status_list_valid_seconds", "Time for which the list in use is still in force; 0 if none is.", []string{"list"}, nil)
	listFailing = prometheus.NewDesc("testamur_status_list_failing", "Whether the last attempt to get the list failed.", []string{"list", "source"}, nil)
	listRefused = prometheus.NewDesc("testamur_status_list_refused", "Whether the list that came last was not taken: unsound, out of date, older than one seen before, or forgetful of a withdrawal.", []string{"list", "source"}, nil)
	listUnsaved = prometheus.NewDesc("testamur_status_list_unsaved", "Whether the list in use could not be kept for later runs.", []string{"list", "source"}, nil)
)

// Describe implements [prometheus.Collector].
func (l listCollector) Describe(out chan<- *prometheus.Desc) {
	out <- listAge
	out <- listLeft
	out <- listFailing
	out <- listRefused
	out <- listUnsaved
}

// Collect implements [prometheus.Collector].
func (l listCollector) Collect(out chan<- prometheus.Metric) {
	now := time.Now()
	best := map[string]verifier.ListHealth{} // of several sources of one list
	type faults struct{ failing, refused, unsaved float64 }
	worst := map[[2]string]faults{} // by list and source
	for _, h := range l() {
		if h.URL == "" || h.Bundle && h.ValidFrom.IsZero() && !h.Refused {
			continue // which is not known, or of which the trust file holds no copy
		}
		if old, ok := best[h.URL]; !ok || h.ValidUntil.After(old.ValidUntil) {
			best[h.URL] = h
		}
		source := [2]string{h.URL, "published"}
		if h.Bundle {
			source[1] = "bundle"
		}
		f := worst[source]
		f.failing = max(f.failing, one(h.Err != nil && !h.Refused))
		f.refused = max(f.refused, one(h.Err != nil && h.Refused))
		f.unsaved = max(f.unsaved, one(h.Saving != nil))
		worst[source] = f
	}
	for url, h := range best {
		left := 0.0
		if !h.ValidFrom.IsZero() {
			left = max(0, h.ValidUntil.Sub(now).Seconds())
			out <- prometheus.MustNewConstMetric(listAge, prometheus.GaugeValue, now.Sub(h.ValidFrom).Seconds(), url)
		}
		out <- prometheus.MustNewConstMetric(listLeft, prometheus.GaugeValue, left, url)
	}
	for of, f := range worst {
		out <- prometheus.MustNewConstMetric(listFailing, prometheus.GaugeValue, f.failing, of[0], of[1])
		out <- prometheus.MustNewConstMetric(listRefused, prometheus.GaugeValue, f.refused, of[0], of[1])
		out <- prometheus.MustNewConstMetric(listUnsaved, prometheus.GaugeValue, f.unsaved, of[0], of[1])
	}
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
