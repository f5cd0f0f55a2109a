package server

import (
	"log"
	"log/slog"
	"regexp"
	"strings"
)

// errorLog is where net/http tells of connections that it could not serve. It names
// their addresses, which the log does not.
func errorLog(to *slog.Logger) *log.Logger { return log.New(nameless{to}, "", 0) }

type nameless struct{ to *slog.Logger }

var clientAddress = regexp.MustCompile(`(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-fA-F:.%a-z]+\]):\d+`)

// Write logs one message.
func (n nameless) Write(message []byte) (int, error) {
	n.to.Warn(clientAddress.ReplaceAllString(strings.TrimSpace(string(message)), "[client]"))
	return len(message), nil
}
