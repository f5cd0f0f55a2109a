package server

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

// Tracer sends traces of requests to a collector. A nil Tracer traces nothing.
type Tracer struct{ provider *trace.TracerProvider }

// NewTracer returns the tracer of a program that sends to an OTLP endpoint, or to
// that of $OTEL_EXPORTER_OTLP_ENDPOINT if it is "". Without either it returns nil.
func NewTracer(ctx context.Context, program, endpoint string) (*Tracer, error) {
	var options []otlptracehttp.Option
	switch {
	case endpoint != "":
		options = append(options, otlptracehttp.WithEndpointURL(strings.TrimSuffix(endpoint, "/")+"/v1/traces"))
	case os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "":
		return nil, nil
	}
	exporter, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	return newTracer(program, trace.NewBatchSpanProcessor(discreet{exporter})), nil
}

func newTracer(program string, p trace.SpanProcessor) *Tracer {
	return &Tracer{trace.NewTracerProvider(
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
