package web

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/testamur/testamur/templates"
)

// MediaTypeProblem is that of an answer that says why there is no other (RFC 9457).
const MediaTypeProblem = "application/problem+json"

// Problem says to a program why its request was not answered. Type is stable, and
// so is Title; Detail is for people. What is wrong with a certificate is no problem
// but an answer.
type Problem struct {
	Type   string       `json:"type"`
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Detail string       `json:"detail,omitempty"`
	Errors []FieldError `json:"errors,omitempty"`
	// Report is that of a certificate which could not be decided.
	Report json.RawMessage `json:"report,omitempty"`

	retry int // seconds after which to try again; 0: not said
}

// FieldError is what is wrong with one field of a request.
type FieldError struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// The problems, by the status with which they are answered.
var problems = map[int]Problem{
	http.StatusBadRequest:            {Type: "/problems/malformed-request", Title: "The request cannot be understood."},
	http.StatusNotFound:              {Type: "/problems/not-found", Title: "Nothing is found at this address."},
	http.StatusMethodNotAllowed:      {Type: "/problems/method-not-allowed", Title: "This cannot be done at this address."},
	http.StatusRequestTimeout:        {Type: "/problems/too-slow", Title: "The request took too long to arrive."},
	http.StatusRequestEntityTooLarge: {Type: "/problems/too-large", Title: "More was sent than is accepted."},
	http.StatusUnsupportedMediaType:  {Type: "/problems/unsupported-media-type", Title: "Documents of this kind are not read."},
	http.StatusTooManyRequests:       {Type: "/problems/too-many-requests", Title: "Too many requests.", retry: 3},
	http.StatusInternalServerError:   {Type: "/problems/internal", Title: "Something went wrong on this side. This is no verdict on a certificate."},
	http.StatusServiceUnavailable:    {Type: "/problems/busy", Title: "The service is busy. This is no verdict on a certificate.", retry: 2},
}

// problemOf returns the problem of a status, 500 if there is none.
func problemOf(status int) *Problem {
	p, ok := problems[status]
	if !ok {
		status = http.StatusInternalServerError
		p = problems[status]
	}
	p.Status = status
	return &p
}

// malformed is the problem of a request that cannot be understood.
func malformed(detail string, errors ...FieldError) *Problem {
	p := problemOf(http.StatusBadRequest)
	p.Detail, p.Errors = detail, errors
	return p
}

// wrongField is malformed for one field.
func wrongField(field, detail string) *Problem {
	return malformed("The field "+field+" cannot be accepted.", FieldError{field, detail})
}

// tooLarge is the problem of a request of which only so many bytes are accepted.
func tooLarge(limit int64) *Problem {
	p := problemOf(http.StatusRequestEntityTooLarge)
	p.Detail = "At most " + strconv.FormatInt(limit>>10, 10) + " KiB are accepted here."
	return p
}

// undecided is the problem of a certificate that is asked for by its id and of
// which nothing can be said now.
func undecided(report []byte) *Problem {
	p := problemOf(http.StatusServiceUnavailable)
	p.Type, p.Title = "/problems/undecided", "The certificate could not be checked. This is no verdict on it."
	p.Report, p.retry = report, 60
	return p
}

// write answers with the problem. The same problem is the same bytes.
func (p *Problem) write(w http.ResponseWriter) {
	body, err := json.Marshal(p)
	if err != nil { // a report that is no JSON
		p = problemOf(http.StatusInternalServerError)
		body, _ = json.Marshal(p)
	}
	h := w.Header()
	for _, name := range []string{"Access-Control-Allow-Origin", "Content-Disposition", "Etag"} { // of what was meant to be answered
		h.Del(name)
	}
	if p.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retry))
	}
	templates.Private(h)
	h.Set("Content-Type", MediaTypeProblem)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(p.Status)
	w.Write(body) // whoever has gone away does not read it
}

// send is write for a handler, after which no other runs. A body that was not read
// to its end is not read for the next request either.
func (p *Problem) send(c *gin.Context) {
	if p.Status == http.StatusRequestEntityTooLarge || p.Status == http.StatusRequestTimeout {
		c.Writer.Header().Set("Connection", "close")
	}
	p.write(c.Writer)
	c.Abort()
}
