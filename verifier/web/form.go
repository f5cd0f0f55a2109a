package web

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/semaphore"

	"github.com/testamur/testamur/verifier/paper"
)

// form is what the forms of a page show of what was typed, and what is wrong with
// it.
type form struct {
	Q, Holder, At string
	Problem       *problem
	Asks          bool // is there to be answered again
}

// Invalid reports whether the problem is with the field.
func (f form) Invalid(field string) bool { return f.Problem != nil && f.Problem.Field == field }

// problem is what is wrong with a question, as a title and sentences of the
// catalogues, and the field to mend.
type problem struct {
	Title string
	Text  []string
	Field string
}

var (
	problemNumber = problem{"A number alone does not open a certificate", []string{
		"Numbers are found by the body that has issued the certificate, on its own pages only.",
		"It is printed beside the QR code of the paper, and is the link in the PDF. Type it, scan the code, or choose the document.",
	}, "q"}
	problemUnknownNumber = problem{"No certificate has this number", []string{
		"Compare the number with the paper, character by character.",
		"If the paper shows exactly this number, do not rely on that paper.",
	}, "q"}
	problemNeither      = problem{"This is neither an address nor a signed text", []string{"Type the address printed beside the QR code, or choose the document."}, "q"}
	problemNothingOfAll = problem{"This is neither a number nor an address nor a signed text", []string{"Type the number or the address printed on the paper, or choose the document."}, "q"}
	problemAddress      = problem{"This is our address, but not that of a certificate", []string{"Type the address printed beside the QR code, or choose the document."}, "q"}
	problemBoth         = problem{"Two things were given to check", []string{"Give either the document, or what you have typed."}, "q"}
	problemNothing      = problem{"Nothing was given to check", []string{"Type the address printed beside the QR code, or choose the document."}, "q"}
	problemDay          = problem{"This day cannot be read", []string{"Write it as year, month and day, for example 2026-06-30."}, "at"}
	problemNoName       = problem{"No name was given", []string{"Type the name as it stands on the paper."}, "name"}
)

// asking is what was sent with a form.
type asking struct {
	q, name, at string
	file        []byte

	memory *semaphore.Weighted
	taken  int64
}

// Bounds of what is sent.
const (
	maxNamedBytes     = 16 << 10 // of a form with a name alone
	maxAskedField     = paper.MaxText
	maxPresentedBytes = 96 << 20 // in the memory of this service at one time
	memoryStep        = 256 << 10
)

// read reads a form of at most limit bytes as it comes, into memory that all
// requests share: whoever sends slowly holds no more than what has come.
func (p *pages) read(c *gin.Context, limit int64) (*asking, error) {
	if c.Request.ContentLength > limit {
		return nil, refused(http.StatusRequestEntityTooLarge)
	}
	body := http.MaxBytesReader(c.Writer, c.Request.Body, limit)
	media, params, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err != nil {
		return nil, refused(http.StatusBadRequest)
	}
	a := &asking{memory: p.memory}
	switch {
	case media == "application/x-www-form-urlencoded":
		err = a.fields(body)
	case media == "multipart/form-data" && params["boundary"] != "":
		err = a.parts(multipart.NewReader(body, params["boundary"]))
	default:
		err = refused(http.StatusBadRequest)
	}
	var large *http.MaxBytesError
	var status refused
	switch {
	case err == nil:
		return a, nil
	case errors.As(err, &large):
		err = refused(http.StatusRequestEntityTooLarge)
	case !errors.As(err, &status):
		err = refused(http.StatusBadRequest)
	}
	a.release()
	return nil, err
}

func (a *asking) fields(body io.Reader) error {
	text, err := a.all(body, 2*maxAskedField)
	if err != nil {
		return err
	}
	values, err := url.ParseQuery(string(text))
	if err != nil {
		return err
	}
	a.q, a.name, a.at = values.Get("q"), values.Get("name"), values.Get("at")
	return nil
}

func (a *asking) parts(r *multipart.Reader) error {
	for n := 0; ; n++ {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var field *string
		switch part.FormName() {
		case "file":
			data, err := a.all(part, paper.MaxInput)
			if err != nil {
				return err
			}
			if len(data) > 0 { // a form sends an empty part for no file
				a.file = data
			}
			continue
		case "q":
			field = &a.q
		case "name":
			field = &a.name
		case "at":
			field = &a.at
		}
		if n > 16 {
			return refused(http.StatusBadRequest)
		}
		if field == nil {
			continue
		}
		text, err := a.all(part, maxAskedField)
		if err != nil {
			return err
		}
		*field = strings.ToValidUTF8(string(text), "\ufffd")
	}
}

// all reads all of r, or says that it is too much, for one field or for the
// service at this time.
func (a *asking) all(r io.Reader, limit int64) ([]byte, error) {
	var b bytes.Buffer
	for {
		if !a.memory.TryAcquire(memoryStep) {
			return nil, refused(http.StatusServiceUnavailable)
		}
		a.taken += memoryStep
		n, err := io.CopyN(&b, r, memoryStep)
		switch {
		case int64(b.Len()) > limit:
			return nil, refused(http.StatusRequestEntityTooLarge)
		case errors.Is(err, io.EOF):
			return b.Bytes(), nil
		case err != nil:
			return nil, err
		case n < memoryStep:
			return b.Bytes(), nil
		}
	}
}

// release gives the memory back. What was read must not be used after.
func (a *asking) release() {
	if a.memory != nil && a.taken > 0 {
		a.memory.Release(a.taken)
	}
	a.taken, a.file = 0, nil
}
