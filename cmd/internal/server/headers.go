package server

import "github.com/gin-gonic/gin"

// headers are those of every answer. A route may loosen what concerns it, such
// as the caching of what is public; one that forgets to gets the strict ones.
var headers = map[string]string{
	"Cache-Control":                "no-store",
	"Content-Security-Policy":      "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()",
	"Referrer-Policy":              "no-referrer",
	"X-Content-Type-Options":       "nosniff",
	"X-Robots-Tag":                 "noindex, nofollow, noarchive",
}

// A year, which is what browsers ask for (RFC 6797 §6.1.1). Subdomains are the
// affair of whoever owns the domain.
const strictTransport = "max-age=31536000"

func securityHeaders(https bool) gin.HandlerFunc {
	type header struct {
		name  string
		value []string // shared by all answers: Set replaces it, Add makes a new one
	}
	var list []header
	for name, value := range headers {
		list = append(list, header{name, []string{value}})
	}
	if https {
		list = append(list, header{"Strict-Transport-Security", []string{strictTransport}})
	}
	return func(c *gin.Context) {
		h := c.Writer.Header()
		for _, one := range list {
			h[one.name] = one.value
		}
	}
}
