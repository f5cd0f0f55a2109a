package templates

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// The pages, each a file beside layout.html, the style sheet and the icons.
//
//go:embed web
var web embed.FS

// Site is what all pages of one web site have in common.
type Site struct {
	Name string // whose site it is, at the head of every page
	Base string // path under which it stands, without a final slash: "" or "/certs"
}

// Web is the pages of a site, with their style sheet and icons. It is not
// changed once made, and may be used from several goroutines.
//
// Pages are html/template: whatever is put into them is text, never markup.
// They hold neither scripts nor styles of their own, so that a browser may be
// told to run none (CSP default-src 'none'; style-src 'self'; img-src 'self').
type Web struct {
	site     Site
	pages    map[string]*template.Template
	files    map[string]File
	refusals map[int][]byte
}

// File is something that pages refer to.
type File struct {
	Body []byte
	Type string // media type
	ETag string // of Body, quoted
}

// NewWeb reads the pages for the site. It fails only when the program was built
// with pages that do not parse.
func NewWeb(site Site) (*Web, error) {
	w := &Web{site: site, pages: map[string]*template.Template{}, files: map[string]File{}, refusals: map[int][]byte{}}
	err := fs.WalkDir(web, "web", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		short := strings.TrimPrefix(name, "web/")
		if page, ok := strings.CutSuffix(short, ".html"); ok {
			w.pages[page], err = template.New("layout.html").ParseFS(web, "web/layout.html", name)
			return err
		}
		body, err := web.ReadFile(name)
		sum := sha256.Sum256(body)
		w.files[short] = File{body, mediaType(name), `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the pages: %w", err)
	}
	for status, r := range refusals {
		if w.refusals[status], err = w.Page("refusal", r); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// mediaType does not ask the machine, whose tables differ.
func mediaType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.FormatMediaType("application/octet-stream", nil)
}

// Page returns the named page with the content, whole or not at all.
func (w *Web) Page(name string, content any) ([]byte, error) {
	t, ok := w.pages[name]
	if !ok || name == "layout" {
		return nil, fmt.Errorf("there is no page %q", name)
	}
	var out bytes.Buffer
	err := t.Execute(&out, struct {
		Site
		Style string
		Page  any
	}{w.site, w.Style(), content})
	if err != nil {
		return nil, fmt.Errorf("page %s: %w", name, err)
	}
	return out.Bytes(), nil
}

// Style is the path of the style sheet. It changes with its content, so that no
// page is ever shown in the style of another release.
func (w *Web) Style() string {
	return w.site.Base + "/style.css?" + strings.Trim(w.files["style.css"].ETag, `"`)
}

// File returns the file of that name: style.css, or an icon, e.g. "icon/valid.svg".
func (w *Web) File(name string) (File, bool) {
	f, ok := w.files[name]
	return f, ok
}

// refusal is a page that says why there is nothing else to see.
type refusal struct {
	Verdict, Title string
	Text           []string
}

// refusals are the words for each status that a site answers beside 200. That
// for 404 is the same for everything that is not there: what was asked for
// cannot be told from it.
var refusals = map[int]refusal{
	http.StatusBadRequest: {"unknown", "This request cannot be read", []string{
		"What was sent is not in a form that is understood here."}},
	http.StatusNotFound: {"unknown", "Nothing is found at this address", []string{
		"If you typed the address, compare it with the paper, character by character.",
		"If it came from a QR code, or a paper shows exactly this address, do not rely on that paper: there is no certificate of ours behind it."}},
	http.StatusMethodNotAllowed: {"unknown", "This cannot be done here", []string{
		"This address can only be looked at."}},
	http.StatusRequestEntityTooLarge: {"unknown", "Too much was sent", []string{
		"What was sent is larger than anything that is accepted here."}},
	http.StatusTooManyRequests: {"unknown", "Too many requests", []string{
		"Please wait a minute, then try again."}},
	http.StatusInternalServerError: {"unknown", "Could not be checked", []string{
		"Something went wrong on our side. This is no verdict on a certificate: do not take it for a good one or a bad one.",
		"Please try again in a few minutes."}},
	http.StatusServiceUnavailable: {"unknown", "Could not be checked", []string{
		"What is needed for the check is not available at the moment. This is no verdict on a certificate: do not take it for a good one or a bad one.",
		"Please try again in a few minutes."}},
}

// Refuse answers with the page for the status, 500 if it has none. The same
// status is always answered with the same bytes.
func (w *Web) Refuse(rw http.ResponseWriter, status int) {
	body, ok := w.refusals[status]
	if !ok {
		status = http.StatusInternalServerError
		body = w.refusals[status]
	}
	h := rw.Header()
	for _, name := range []string{"Access-Control-Allow-Origin", "Content-Disposition", "Etag"} { // of what was meant to be answered
		h.Del(name)
	}
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		h.Set("Retry-After", "60")
	}
	Private(h)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	rw.WriteHeader(status)
	rw.Write(body) // whoever has gone away does not read it
}

// Private marks an answer as one to be kept, listed and passed on by nobody.
func Private(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex, nofollow, noarchive")
}
