package server

import (
	"log/slog"
	"strings"
	"testing"
)

func TestTheErrorLogNamesNoClient(t *testing.T) {
	out := &lockedBuffer{}
	log := errorLog(slog.New(slog.NewJSONHandler(out, nil)))
	log.Printf("http: panic serving 203.0.113.7:60174: %v", "invalid concurrent Body.Read call")
	log.Printf("http: TLS handshake error from [2001:db8::1]:443: EOF")
	text := out.String()
	if strings.Contains(text, "203.0.113") || strings.Contains(text, "2001:db8") || !strings.Contains(text, "panic serving [client]: invalid") || !strings.Contains(text, "from [client]: EOF") {
		t.Errorf("%s", text)
	}
}
