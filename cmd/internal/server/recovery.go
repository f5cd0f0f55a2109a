package server

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/templates"
)

// recovery answers a panic with the error page, and tells the log alone what it
// was. If the answer has begun, the connection is cut instead: half an answer
// must not pass for a whole one.
func recovery(log *slog.Logger, pages *templates.Web) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler {
				panic(p)
			}
			log.ErrorContext(c.Request.Context(), "panic", "route", c.FullPath(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			if c.Writer.Written() {
				panic(http.ErrAbortHandler)
			}
			pages.Refuse(c.Writer, http.StatusInternalServerError)
			c.Abort()
		}()
		c.Next()
	}
}
