package templates

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"text/template/parse"

	"golang.org/x/text/language"
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
// told to run none but those beside them (CSP default-src 'none'; style-src
// 'self'; img-src 'self').
type Web struct {
	site      Site
	languages []*Language
	byTag     map[string]*Language
	liked     *liker
	matcher   language.Matcher
	pages     map[string]map[string]*template.Template // by language and name
	files     map[string]File
	refusals  map[string]map[int][]byte // by language and status
}

// File is something that pages refer to.
type File struct {
	Body []byte
	Type string // media type
	ETag string // of Body, quoted
}

// NewWeb reads the pages for the site. It fails only when the program was built
// with pages that do not parse, or lack words in one of the languages.
func NewWeb(site Site) (*Web, error) {
	w := &Web{
		site: site, byTag: map[string]*Language{}, files: map[string]File{},
		pages: map[string]map[string]*template.Template{}, refusals: map[string]map[int][]byte{},
	}
	w.liked, w.matcher = newLiker()
	var err error
	if w.languages, err = Languages(); err != nil {
		return nil, fmt.Errorf("read the languages: %w", err)
	}
	for _, l := range w.languages {
		w.byTag[l.Tag], w.pages[l.Tag], w.refusals[l.Tag] = l, map[string]*template.Template{}, map[int][]byte{}
	}
	err = fs.WalkDir(web, "web", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		short := strings.TrimPrefix(name, "web/")
		if page, ok := strings.CutSuffix(short, ".html"); ok {
			for _, l := range w.languages {
				t := template.New("layout.html").Funcs(functions(l))
				if w.pages[l.Tag][page], err = t.ParseFS(web, "web/layout.html", name); err != nil {
					return err
				}
			}
			return nil
		}
		body, err := web.ReadFile(name)
		sum := sha256.Sum256(body)
		w.files[short] = File{body, mediaType(name), `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the pages: %w", err)
	}
	if err := w.worded(); err != nil {
		return nil, fmt.Errorf("read the pages: %w", err)
	}
	for _, l := range w.languages {
		for status, r := range refusals {
			if w.refusals[l.Tag][status], err = w.PageIn(View{Language: l, Chosen: l != w.languages[0]}, "refusal", r); err != nil {
				return nil, err
			}
		}
	}
	return w, nil
}

// functions are those that templates call.
func functions(l *Language) template.FuncMap {
	return template.FuncMap{
		"t":       l.Text,
		"say":     l.Say,
		"address": func(s string) Word { return Word{Text: Visible(s), Kind: Address} },
	}
}

// worded reports the messages of the pages that no catalogue has.
func (w *Web) worded() error {
	var faults []error
	for name, page := range w.pages[Tags[0]] {
		for _, t := range page.Templates() {
			if t.Tree == nil {
				continue
			}
			for _, message := range messages(t.Tree.Root) {
				if !w.languages[1].Has(message) {
					faults = append(faults, fmt.Errorf("page %s: no language has %q", name, message))
				}
			}
		}
	}
	return errors.Join(faults...)
}

// messages returns what a template gives to t and say.
func messages(node parse.Node) (found []string) {
	branch := func(b *parse.BranchNode) {
		found = append(found, messages(b.Pipe)...)
		found = append(found, messages(b.List)...)
		if b.ElseList != nil {
			found = append(found, messages(b.ElseList)...)
		}
	}
	switch n := node.(type) {
	case *parse.ListNode:
		for _, child := range n.Nodes {
			found = append(found, messages(child)...)
		}
	case *parse.ActionNode:
		found = messages(n.Pipe)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			found = messages(n.Pipe)
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.PipeNode:
		for _, command := range n.Cmds {
			found = append(found, messages(command)...)
		}
	case *parse.CommandNode:
		if f, ok := n.Args[0].(*parse.IdentifierNode); ok && (f.Ident == "t" || f.Ident == "say") && len(n.Args) > 1 {
			if text, ok := n.Args[1].(*parse.StringNode); ok {
				found = append(found, text.Text)
			}
		}
		for _, arg := range n.Args {
			found = append(found, messages(arg)...)
		}
	}
	return found
}

// mediaType does not ask the machine, whose tables differ.
func mediaType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".wasm":
		return "application/wasm" // exactly, or browsers do not compile it as it comes
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return mime.FormatMediaType("application/octet-stream", nil)
}

// Page returns the named page with the content in English, whole or not at all.
func (w *Web) Page(name string, content any) ([]byte, error) {
	return w.PageIn(View{Language: w.languages[0]}, name, content)
}

// PageIn returns the named page with the content as it is to be seen, whole or
// not at all.
func (w *Web) PageIn(v View, name string, content any) ([]byte, error) {
	t, ok := w.pages[v.Language.Tag][name]
	if !ok || name == "layout" {
		return nil, fmt.Errorf("there is no page %q", name)
	}
	var out bytes.Buffer
	out.Grow(24 << 10)
	if err := t.Execute(&out, frame{w.site, v, w, content}); err != nil {
		return nil, fmt.Errorf("page %s: %w", name, err)
	}
	return out.Bytes(), nil
}

// frame is what a template is given.
type frame struct {
	Site
	View
	web  *Web
	Page any
}

// Style is the path of the style sheet.
func (f frame) Style() string { return f.web.Style() }

// Script is the path of a script, which changes with its content, or "" if there
// is none of that name.
func (f frame) Script(name string) string {
	file, ok := f.web.files["script/"+name+".js"]
	if !ok {
		return ""
	}
	return f.Base + "/script/" + name + ".js?" + strings.Trim(file.ETag, `"`)
}

// Languages are the links to the same page in each language.
func (f frame) Languages() (links []otherLanguage) {
	for _, l := range f.web.languages {
		links = append(links, otherLanguage{l, f.in(l.Tag), l == f.Language})
	}
	return links
}

type otherLanguage struct {
	*Language
	Query   string
	Current bool
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
	Title string
	Text  []string
}

// refusals are the words for each status that a site answers beside 200. That
// for 404 is the same for everything that is not there: what was asked for
// cannot be told from it.
var refusals = map[int]refusal{
	http.StatusBadRequest: {"This request cannot be read", []string{
		"What was sent is not in a form that is understood here."}},
	http.StatusNotFound: {"Nothing is found at this address", []string{
		"If you typed the address, compare it with the paper, character by character.",
		"If it came from a QR code, or a paper shows exactly this address, do not rely on that paper: there is no certificate of ours behind it."}},
	http.StatusMethodNotAllowed: {"This cannot be done here", []string{
		"This address can only be looked at."}},
	http.StatusRequestEntityTooLarge: {"Too much was sent", []string{
		"What was sent is larger than anything that is accepted here.",
		"Documents of up to 16 MB are checked."}},
	http.StatusTooManyRequests: {"Too many requests", []string{
		"Please wait a minute, then try again."}},
	http.StatusInternalServerError: {"Could not be checked", []string{
		"Something went wrong on our side. This is no verdict on a certificate: do not take it for a good one or a bad one.",
		"Please try again in a few minutes."}},
	http.StatusServiceUnavailable: {"Could not be checked", []string{
		"What is needed for the check is not available at the moment. This is no verdict on a certificate: do not take it for a good one or a bad one.",
		"Please try again in a few minutes."}},
}

// Refuse answers with the page for the status in English, 500 if it has none. The
// same status is always answered with the same bytes.
func (w *Web) Refuse(rw http.ResponseWriter, status int) { w.refuse(rw, w.languages[0], status) }

// RefuseIn is Refuse in the language that the request wants. The same status and
// language are always answered with the same bytes.
func (w *Web) RefuseIn(rw http.ResponseWriter, req *http.Request, status int) {
	w.refuse(rw, w.View(req).Language, status)
}

func (w *Web) refuse(rw http.ResponseWriter, l *Language, status int) {
	body, ok := w.refusals[l.Tag][status]
	if !ok {
		status = http.StatusInternalServerError
		body = w.refusals[l.Tag][status]
	}
	h := rw.Header()
	for _, name := range []string{"Access-Control-Allow-Origin", "Content-Disposition", "Etag"} { // of what was meant to be answered
		h.Del(name)
	}
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		h.Set("Retry-After", "60")
	}
	Private(h)
	Spoken(h, l)
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

// Spoken marks an answer as one in the language, which the request has decided.
func Spoken(h http.Header, l *Language) {
	h.Set("Content-Language", l.Tag)
	h.Set("Vary", "Accept-Language")
}
