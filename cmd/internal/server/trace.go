package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

// Tracer sends traces of requests to a collector. A nil Tracer traces nothing.
type Tracer struct {
	provider *trace.TracerProvider
	sent     *sent // nil in tests
}

// NewTracer returns the tracer of a program that sends to an OTLP endpoint, or to
// that of $OTEL_EXPORTER_OTLP_ENDPOINT if it is "". Without either it returns nil.
func NewTracer(ctx context.Context, program, endpoint string) (*Tracer, error) {
	var options []otlptracehttp.Option
	if endpoint != "" {
		if err := collector(endpoint); err != nil {
			return nil, err
		}
		options = append(options, otlptracehttp.WithEndpointURL(strings.TrimSuffix(endpoint, "/")+"/v1/traces"))
	} else {
		named := false
		for _, variable := range []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"} {
			text := strings.TrimSpace(os.Getenv(variable))
			if text == "" {
				continue
			}
			if err := collector(text); err != nil {
				return nil, fmt.Errorf("$%s: %w", variable, err)
			}
			named = true
		}
		if !named {
			return nil, nil
		}
	}
	exporter, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	out := &sent{SpanExporter: exporter}
	t := newTracer(program, trace.NewBatchSpanProcessor(discreet{out}))
	t.sent = out
	return t, nil
}

// collector checks the address of a collector. The library would send to another in
// place of one that it cannot read.
func collector(text string) error {
	u, err := url.Parse(text)
	if err == nil && u.Port() != "" {
		_, err = strconv.ParseUint(u.Port(), 10, 16)
	}
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || strings.ContainsAny(text, "?#") {
		return fmt.Errorf("%q is not the address of a collector, such as http://127.0.0.1:4318", text)
	}
	return nil
}

// LogTo says where to log when traces cannot be sent, and when they can again. It is
// to be called before anything is traced.
func (t *Tracer) LogTo(log *slog.Logger) {
	if t == nil || t.sent == nil {
		return
	}
	t.sent.log = log
	var mu sync.Mutex
	last := ""
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { // of the library's own
		mu.Lock()
		defer mu.Unlock()
		if text := err.Error(); text != last {
			last = text
			log.Warn("tracing is in trouble", "error", text)
		}
	}))
}

// sent logs when a collector goes away and when it is back, and not each time that
// it is still away.
type sent struct {
	trace.SpanExporter
	log *slog.Logger // nil: errors are the library's to tell

	mu   sync.Mutex
	away bool
}

// ExportSpans implements [trace.SpanExporter].
func (s *sent) ExportSpans(ctx context.Context, spans []trace.ReadOnlySpan) error {
	err := s.SpanExporter.ExportSpans(ctx, spans)
	if s.log == nil || errors.Is(err, context.Canceled) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch was := s.away; {
	case err != nil && !was:
		s.log.Warn("traces cannot be sent", "error", err.Error())
	case err == nil && was:
		s.log.Info("traces are sent again")
	}
	s.away = err != nil
	return nil
}

func newTracer(program string, p trace.SpanProcessor) *Tracer {
	return &Tracer{provider: trace.NewTracerProvider(
		trace.WithSpanProcessor(p),
		trace.WithResource(resource.NewSchemaless(attribute.String("service.name", program))),
	)}
}

// Handler traces the requests that h answers. The route gives a span its name once
// it is known (see count). Nobody who asks decides what is traced: ids of traces in
// requests are not looked at.
func (t *Tracer) Handler(h http.Handler) http.Handler {
	if t == nil {
		return h
	}
	return otelhttp.NewHandler(h, "request",
		otelhttp.WithTracerProvider(t.provider),
		otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()),
		otelhttp.WithSpanNameFormatter(func(string, *http.Request) string { return "request" }),
	)
}

// Stop sends what has not been sent yet.
func (t *Tracer) Stop(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// told are the attributes that leave the process. Addresses of certificates, which
// open them, and whatever clients say about themselves do not.
var told = map[attribute.Key]bool{
	"http.request.method":       true,
	"http.response.status_code": true,
	"http.response.body.size":   true,
	"http.request.body.size":    true,
	"http.route":                true,
	"network.protocol.version":  true,
	"url.scheme":                true,
}

// discreet exports spans with the attributes told, and without events.
type discreet struct{ trace.SpanExporter }

// ExportSpans implements [trace.SpanExporter].
func (d discreet) ExportSpans(ctx context.Context, spans []trace.ReadOnlySpan) error {
	bare := make([]trace.ReadOnlySpan, len(spans))
	for i, s := range spans {
		bare[i] = bareSpan{s}
	}
	return d.SpanExporter.ExportSpans(ctx, bare)
}

type bareSpan struct{ trace.ReadOnlySpan }

// Attributes implements [trace.ReadOnlySpan].
func (b bareSpan) Attributes() []attribute.KeyValue {
	var list []attribute.KeyValue
	for _, a := range b.ReadOnlySpan.Attributes() {
		if told[a.Key] {
			list = append(list, a)
		}
	}
	return list
}

// Events implements [trace.ReadOnlySpan].
func (b bareSpan) Events() []trace.Event { return nil }

// Links implements [trace.ReadOnlySpan].
func (b bareSpan) Links() []trace.Link { return nil }

// Status implements [trace.ReadOnlySpan].
func (b bareSpan) Status() trace.Status {
	s := b.ReadOnlySpan.Status()
	s.Description = ""
	return s
}
