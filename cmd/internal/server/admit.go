package server

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// admit lets a request in, or refuses it: with 429 if its client has asked too
// often, with 413 if it sends too much, with 503 if too much is in work already.
//
// What is small is read before it takes a place, so that whoever sends slowly keeps
// nobody waiting but themselves. What is large has places of its own.
func (s *engine) admit(c *gin.Context) {
	if isFile(c) {
		c.Next()
		return
	}
	r := c.Request
	rule := s.rules[pattern{r.Method, c.FullPath()}]
	limit := max(rule.Body, maxBody)
	client := clientOf(r, s.TrustedProxies)
	if !s.Guard.allow(client, 1) {
		s.limited(c)
		return
	}
	if r.ContentLength > limit {
		c.Header("Connection", "close") // what it sends is not read
		s.refuse(c, http.StatusRequestEntityTooLarge)
		return
	}
	head, whole, err := readHead(r, rule.Heavy)
	if err != nil {
		c.Header("Connection", "close")
		if errors.Is(err, os.ErrDeadlineExceeded) {
			s.refuse(c, http.StatusRequestTimeout)
		} else {
			s.refuse(c, http.StatusBadRequest)
		}
		return
	}
	switch {
	case whole:
		if len(head) > 0 {
			r.Body, r.ContentLength = &readBody{Reader: *bytes.NewReader(head), data: head}, int64(len(head))
		}
		end, ok := s.Guard.begin(r.Context(), client)
		if !ok {
			s.shed(c)
			return
		}
		defer end()
	case limit <= maxBody:
		c.Header("Connection", "close")
		s.refuse(c, http.StatusRequestEntityTooLarge)
		return
	default:
		if !s.Guard.allow(client, s.Guard.quota.Large-1) {
			s.limited(c)
			return
		}
		end, ok := s.Guard.upload(client)
		if !ok {
			s.shed(c)
			return
		}
		defer end()
		r.Body = s.upload(c, rule, head, limit)
	}
	c.Next()
}

// limited and shed refuse what could be answered another time. A body that was not
// read is not read for the next request either.
func (s *engine) limited(c *gin.Context) {
	s.Metrics.limit()
	s.unread(c)
	s.refuse(c, http.StatusTooManyRequests)
}

func (s *engine) shed(c *gin.Context) {
	s.Metrics.shed()
	s.unread(c)
	s.refuse(c, http.StatusServiceUnavailable)
}

func (s *engine) unread(c *gin.Context) {
	if _, ok := c.Request.Body.(*readBody); !ok && c.Request.ContentLength != 0 {
		c.Header("Connection", "close")
	}
}

// isFile reports whether a request is for one of the small files that pages refer
// to, of which a browser fetches many at once and which cost nothing.
func isFile(c *gin.Context) bool {
	if c.Request.Method != http.MethodGet && c.Request.Method != http.MethodHead {
		return false
	}
	path := c.FullPath()
	return strings.HasSuffix(path, "/style.css") || strings.Contains(path, "/icon/:") || strings.Contains(path, "/script/:") || strings.Contains(path, "/wasm/*")
}

// readHead reads a body of up to [maxBody] bytes, and says whether that is all of
// it. Memory is taken as bytes come, not as they are announced.
func readHead(r *http.Request, heavy bool) (head []byte, whole bool, err error) {
	switch {
	case r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0:
		return nil, true, nil
	case heavy || r.ContentLength > maxBody:
		return nil, false, nil
	}
	limit := maxBody + 1 // unannounced; one more tells
	if r.ContentLength > 0 {
		limit = int(r.ContentLength)
	}
	head = make([]byte, 0, min(limit, 4<<10))
	for len(head) < limit {
		if len(head) == cap(head) {
			head = append(head, 0)[:len(head)]
		}
		n, err := r.Body.Read(head[len(head):min(cap(head), limit)])
		head = head[:len(head)+n]
		if errors.Is(err, io.EOF) {
			if int64(len(head)) < r.ContentLength {
				err = io.ErrUnexpectedEOF
				return nil, false, err
			}
			return head, true, nil
		}
		if err != nil {
			return nil, false, err
		}
	}
	return head, r.ContentLength > 0, nil
}

// readBody is a body that is in memory. Bytes spares whoever knows of it another
// copy.
type readBody struct {
	bytes.Reader
	data []byte
}

func (b *readBody) Bytes() []byte { return b.data }
func (b *readBody) Close() error  { return nil }

// upload is the body of a large request: its head and what still comes, within the
// time of the rule.
func (s *engine) upload(c *gin.Context, rule Rule, head []byte, limit int64) io.ReadCloser {
	control := http.NewResponseController(c.Writer)
	if rule.Time > 0 && !rule.Heavy {
		now := time.Now()
		control.SetReadDeadline(now.Add(rule.Time)) // a writer in a test has none
		control.SetWriteDeadline(now.Add(rule.Time + DefaultLimits.Write))
	}
	// MaxBytesReader counts the head also; it ends the connection if there is more.
	body := struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), c.Request.Body), c.Request.Body}
	return &arriving{http.MaxBytesReader(c.Writer, body, limit), control}
}

// arriving is a body with a deadline, which ends once all of it has come: it would
// end the request otherwise while that is being worked on.
type arriving struct {
	io.ReadCloser
	control *http.ResponseController
}

func (a *arriving) Read(p []byte) (int, error) {
	n, err := a.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		a.control.SetReadDeadline(time.Time{})
	}
	return n, err
}
