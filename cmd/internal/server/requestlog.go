package server

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// requestLog logs every request by the pattern of its route. The address itself
// is not logged: the link of a certificate opens it, and a query may hold
// anything. Neither is who asked: a verdict is nobody's business but theirs.
func requestLog(log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		start := time.Now()
		defer func() { // also when the connection is given up
			route := c.FullPath()
			if route == "" {
				route = "none"
			}
			log.LogAttrs(c.Request.Context(), slog.LevelInfo, "request",
				slog.String("method", method(c.Request.Method)),
				slog.String("route", route),
				slog.Int("status", c.Writer.Status()),
				slog.Duration("duration", time.Since(start)),
				slog.Int("bytes", max(0, c.Writer.Size())),
			)
		}()
		c.Next()
	}
}

// method keeps out of the log what clients make up.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}
