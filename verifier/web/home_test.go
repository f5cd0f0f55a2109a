package web

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/skip2/go-qrcode"

	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/verifier"
)

// multi is a form as browsers send it. A value for "file" is a file.
func multi(t testing.TB, fields map[string]string) (body io.Reader, header string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, name := range []string{"q", "file", "name", "at"} {
		value, ok := fields[name]
		var part io.Writer
		var err error
		if name == "file" {
			part, err = w.CreateFormFile(name, map[bool]string{true: "certificate", false: ""}[ok])
		} else {
			part, err = w.CreateFormField(name)
		}
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(part, value)
	}
	w.Close()
	return &b, "Content-Type: " + w.FormDataContentType()
}

func (o *office) present(t testing.TB, fields map[string]string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	body, header := multi(t, fields)
	return o.ask(t, "POST", "/", body, append(headers, header)...)
}

// attached is the smallest PDF with the token attached to it.
func attached(token string) string {
	var b strings.Builder
	var at []int
	object := func(text string) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(at), text)
	}
	b.WriteString("%PDF-1.7\n")
	object("<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [(credential.jws) 4 0 R] >> >> >>")
	object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> >>")
	object("<< /Type /Filespec /F (credential.jws) /UF (credential.jws) /EF << /F 5 0 R >> >>")
	object(fmt.Sprintf("<< /Type /EmbeddedFile /Length %d >>\nstream\n%s\nendstream", len(token), token))
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return b.String()
}

// baked is a picture that carries the token (Open Badges 3.0 §5.3.1).
func baked(t testing.TB, token string) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	data := []byte("openbadgecredential\x00\x00\x00\x00\x00" + token)
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	chunk = append(append(chunk, "iTXt"...), data...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	const head = 8 + 25 // signature and IHDR
	return string(b.Bytes()[:head]) + string(chunk) + string(b.Bytes()[head:])
}

// Of two things given it would be guessing which one is asked about.
func TestOneThingIsPresented(t *testing.T) {
	o := newOffice(t)
	got := o.present(t, map[string]string{"file": o.tokens[idExpired], "q": o.tokens[idValid]})
	if page := got.Body.String(); got.Code != http.StatusBadRequest || !strings.Contains(page, "Two things were given to check") || strings.Contains(page, `class="verdict`) {
		t.Errorf("%d %.400s", got.Code, text(page))
	}
}

func TestWhatIsNoCertificateIsCalledThat(t *testing.T) {
	o := newOffice(t)
	for what, fields := range map[string]map[string]string{
		"Not a certificate": {"file": "PK\x03\x04 a document of another kind, of some length and with no code in it"},
		"which is not an address of an issuer trusted here":  {"q": "www.certs.example.com/c/" + idValid},
		"This is our address, but not that of a certificate": {"q": officeURL + "/"},
	} {
		if page := o.present(t, fields).Body.String(); !strings.Contains(text(page), what) || strings.Contains(page, "three parts") {
			t.Errorf("%v: does not say %q: %.400s", fields, what, text(page))
		}
	}
}

func TestWhatIsPresentedIsJudged(t *testing.T) {
	o := newOffice(t)
	code, err := qrcode.Encode(strings.ToUpper(officeURL+"/c/"+idWithdrawn), qrcode.Medium, 400)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := qrcode.Encode("https://certs.example.org.evil.example/c/"+idValid, qrcode.Medium, 400)
	if err != nil {
		t.Fatal(err)
	}
	blank := new(bytes.Buffer)
	if err := png.Encode(blank, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	token, expired := o.tokens[idValid], o.tokens[idExpired]
	for name, c := range map[string]struct {
		fields map[string]string
		status int
		kind   string
		says   string
	}{
		"token":                {map[string]string{"q": token}, 200, "valid", "Dr. Ada Łukasiewicz"},
		"token with blanks":    {map[string]string{"q": "\n " + token + " \n"}, 200, "valid", "Nothing of it was kept here."},
		"altered token":        {map[string]string{"q": o.tokens[idAltered]}, 200, "altered", "The signature does not fit"},
		"signed file":          {map[string]string{"file": token}, 200, "valid", "Signed receipt of this check"},
		"expired file":         {map[string]string{"file": expired}, 200, "expired", "Expired on 17 November 2026"},
		"PNG badge":            {map[string]string{"file": baked(t, token)}, 200, "valid", "Dr. Ada Łukasiewicz"},
		"PNG of a QR code":     {map[string]string{"file": string(code)}, 200, "withdrawn", "Withdrawn on 17 November 2026"},
		"QR code to another":   {map[string]string{"file": string(elsewhere)}, 200, "altered", "which is not an address of an issuer trusted here"},
		"PNG of nothing":       {map[string]string{"file": blank.String()}, 200, "unknown", "No QR code could be read in the picture."},
		"name that matches":    {map[string]string{"file": token, "name": "Dr. Ada Łukasiewicz"}, 200, "valid", "The name matches"},
		"name that does not":   {map[string]string{"file": token, "name": "Grace Hopper"}, 200, "altered", "The name does not match"},
		"link and name":        {map[string]string{"q": officeURL + "/c/" + idValid, "name": "Grace Hopper"}, 200, "altered", "The name does not match"},
		"link elsewhere":       {map[string]string{"q": "https://certs.example.org.evil.example/c/" + idValid}, 200, "altered", "which is not an address of an issuer trusted here"},
		"day":                  {map[string]string{"file": token, "at": "2020-06-30"}, 200, "early", "This answer is about 30 June 2020, not about today."},
		"status not known":     {map[string]string{"file": o.tokens[idUncertain]}, 503, "unknown", "This is no verdict"},
		"issuer not answering": {map[string]string{"q": "see " + officeURL + "/c/" + idSilent + " for it"}, 503, "unknown", "This is no verdict"},
	} {
		for _, tag := range []string{"en", "ar"} {
			got := o.present(t, c.fields, "Accept-Language: "+tag)
			page := got.Body.String()
			kind, _ := shown(t, page)
			if got.Code != c.status || kind != c.kind || tag == "en" && !strings.Contains(text(page), c.says) {
				t.Errorf("%s in %s: %d %s %.400s", name, tag, got.Code, kind, text(page))
			}
			if got.Header().Get("Cache-Control") != "no-store" || got.Header().Get("Location") != "" || strings.Contains(page, token) {
				t.Errorf("%s: the answer may be kept, or holds what was presented", name)
			}
			sound(t, tag, page)
		}
	}
	if log := o.log.String(); strings.Contains(log, "Ada") || strings.Contains(log, "Hopper") || strings.Contains(log, token[:20]) {
		t.Error(log)
	}
}

// The PDF is not one of the press, so that its page is not what the certificate
// says; what is attached to it is read all the same.
func TestAPDFIsRead(t *testing.T) {
	o := newOffice(t)
	got := o.present(t, map[string]string{"file": attached(o.tokens[idExpired])})
	page := text(got.Body.String())
	if got.Code != http.StatusOK || !strings.Contains(page, "It expired: its last day was 17 November 2026.") || strings.Contains(got.Body.String(), "verdict valid") {
		t.Errorf("%d %s", got.Code, page)
	}
}

func TestQuestionsLeadToThePage(t *testing.T) {
	o := newOffice(t)
	page := "/c/" + idValid
	for q, want := range map[string]string{
		officeURL + page:                                         page,
		strings.ToUpper(officeURL + page):                        page,
		"certs.example.org" + page:                               page,
		"http://certs.example.org/C/" + strings.ToLower(idValid): page,
		"  " + officeURL + page + "/?utm=1#x ":                   page,
		officeURL + "/certificates/" + idValid + ".pdf":          page,
		idValid:                                       page,
		idValid[:13] + "-" + idValid[13:]:             page,
		officeURL + "/c/" + idNone:                    "/c/" + idNone,
		"https://certs.example.org.evil/c/" + idValid: "", "https://evil.example/" + officeURL + page: "", "//evil.example/c/" + idValid: "",
		"https://user@certs.example.org/c/" + idValid: "", "javascript:alert(1)": "", "ftp://certs.example.org" + page: "", "https:certs.example.org" + page: "",
		"SCB-7Q2F9-KXM31": "", "scb 7q2f9 kxm31": "", "hello": "", "": "", "https://certs.example.org/c/": "", "/c/" + idValid: "",
	} {
		for _, way := range []string{"GET", "POST", "multipart"} {
			var got *httptest.ResponseRecorder
			switch way {
			case "GET":
				got = o.get(t, "/?lang=de&q="+url.QueryEscape(q))
			case "POST":
				got = o.ask(t, "POST", "/?lang=de", strings.NewReader(url.Values{"q": {q}}.Encode()), "Content-Type: application/x-www-form-urlencoded")
			default:
				body, header := multi(t, map[string]string{"q": q})
				got = o.ask(t, "POST", "/?lang=de", body, header)
			}
			to := got.Header().Get("Location")
			if want == "" && (to != "" || got.Code == 303) || want != "" && (got.Code != 303 || to != want+"?lang=de") {
				t.Errorf("%s %q: %d %q, want %q", way, q, got.Code, to, want)
			}
			if strings.Contains(got.Body.String(), "verdict valid") {
				t.Errorf("%s %q is shown as valid", way, q)
			}
		}
	}
	if to := o.get(t, "/?q="+idValid+"&at=2026-06-30").Header().Get("Location"); to != page+"?at=2026-06-30" {
		t.Errorf("with a day, it leads to %q", to)
	}
	if to := o.get(t, "/?q="+idValid+"&name=Ada").Header().Get("Location"); to != page {
		t.Errorf("with a name in the address, it leads to %q", to)
	}
	got := o.get(t, "/?q=SCB-7Q2F9-KXM31")
	if words := text(got.Body.String()); got.Code != 200 || !strings.Contains(words, "A number alone does not open a certificate") || !strings.Contains(words, "printed beside the QR code") {
		t.Errorf("a number: %d %s", got.Code, words)
	}
	if got := o.get(t, "/?q="+o.tokens[idValid]); got.Code != 200 || got.Header().Get("Location") != "" || !strings.Contains(got.Body.String(), "verdict valid") {
		t.Errorf("a token in an address: %d %v", got.Code, got.Header())
	}
}

func TestHomeAsksInEveryLanguage(t *testing.T) {
	o := newOffice(t)
	for _, tag := range templates.Tags {
		home := o.get(t, "/", "Accept-Language: "+tag+"-XX")
		if h := home.Header(); home.Code != 200 || h.Get("Content-Language") != tag || h.Get("Cache-Control") != "public, max-age=300" || h.Get("X-Robots-Tag") != "" || !strings.Contains(home.Body.String(), `content="index"`) {
			t.Errorf("%s: %d %v", tag, home.Code, h)
		}
		sound(t, tag, home.Body.String())
		for _, fields := range []map[string]string{{}, {"q": "hello"}, {"q": "SCB-7Q2F9-KXM31"}, {"q": idValid, "at": "soon"}} {
			got := o.present(t, fields, "Accept-Language: "+tag)
			page := got.Body.String()
			sound(t, tag, page)
			if got.Header().Get("Cache-Control") != "no-store" || !strings.Contains(page, `role="alert"`) || !strings.Contains(page, `aria-invalid="true"`) || strings.Contains(page, `content="index"`) {
				t.Errorf("%v in %s: %d %v", fields, tag, got.Code, got.Header())
			}
			if tag != "en" && strings.Contains(text(page), "Back to the field") {
				t.Errorf("%v in %s is answered in English", fields, tag)
			}
		}
		for _, other := range templates.Tags {
			if !strings.Contains(home.Body.String(), `<a href="?lang=`+other+`" lang="`+other+`"`) {
				t.Errorf("%s: %s is not offered", tag, other)
			}
		}
	}
	if page := o.get(t, "/?lang=fr").Body.String(); !strings.Contains(page, `action="/?lang=fr"`) || !strings.Contains(page, `href="/?lang=fr"`) {
		t.Error("the language chosen is not kept by the links")
	}
}

func TestWhatIsTooMuchIsRefused(t *testing.T) {
	o := newOffice(t)
	big := strings.Repeat("x", 17<<20)
	for name, c := range map[string]struct {
		path, media string
		body        string
		status      int
	}{
		"file too large":      {"/", "multipart", big, 413},
		"field too large":     {"/", "application/x-www-form-urlencoded", "q=" + big[:1<<20], 413},
		"name too large":      {"/c/" + idValid, "application/x-www-form-urlencoded", "name=" + big[:1<<20], 413},
		"no media type":       {"/", "", "q=x", 400},
		"another media type":  {"/", "application/json", "{}", 400},
		"no boundary":         {"/", "multipart/form-data", "x", 400},
		"parts cut off":       {"/", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\nhalf", 400},
		"not escaped":         {"/", "application/x-www-form-urlencoded", "q=%zz", 400},
		"hundreds of parts":   {"/", "multipart/form-data; boundary=x", strings.Repeat("--x\r\nContent-Disposition: form-data; name=\"z\"\r\n\r\n1\r\n", 500) + "--x--\r\n", 400},
		"name as a file only": {"/c/" + idValid, "text/plain", "Ada", 400},
	} {
		for _, announced := range []bool{true, false} {
			var body io.Reader = strings.NewReader(c.body)
			header := "Content-Type: " + c.media
			if c.media == "multipart" {
				body, header = multi(t, map[string]string{"file": c.body})
			}
			if !announced {
				body = io.MultiReader(body) // of a length that is not known
			}
			got := o.ask(t, "POST", c.path, body, header, "Accept-Language: es")
			if got.Code != c.status || got.Header().Get("Content-Language") != "es" {
				t.Errorf("%s: %d, want %d", name, got.Code, c.status)
			}
		}
	}
	for _, route := range []string{"PUT /", "DELETE /c/" + idValid} {
		method, path, _ := strings.Cut(route, " ")
		if got := o.ask(t, method, path, nil); got.Code != 404 && got.Code != 405 {
			t.Errorf("%s: %d", route, got.Code)
		}
	}
}

// The memory for what is presented is shared by all: who comes when it is used up
// is told to come again, and what was used is given back.
func TestMemoryForWhatIsPresentedIsBounded(t *testing.T) {
	o := newOffice(t)
	p := newPages(o.service, newCommon(o.service))
	o.engine = newEngine(p)
	if !p.memory.TryAcquire(maxPresentedBytes - memoryStep) {
		t.Fatal("not all is free")
	}
	got := o.present(t, map[string]string{"file": strings.Repeat("x", 4*memoryStep)})
	if got.Code != 503 || got.Header().Get("Retry-After") == "" {
		t.Errorf("without memory: %d", got.Code)
	}
	p.memory.Release(maxPresentedBytes - memoryStep)
	for range 3 {
		if got := o.present(t, map[string]string{"file": o.tokens[idValid]}); got.Code != 200 {
			t.Errorf("with memory: %d", got.Code)
		}
	}
	if !p.memory.TryAcquire(maxPresentedBytes) {
		t.Error("memory was not given back")
	}
	for range maxDocuments {
		p.documents <- struct{}{}
	}
	p.memory.Release(maxPresentedBytes)
	if got := o.present(t, map[string]string{"file": o.tokens[idValid]}); got.Code != 503 {
		t.Errorf("with too many at work: %d", got.Code)
	}
}

// The certificates of other issuers are asked for at them, and kept for a while.
func TestOtherIssuersAreAsked(t *testing.T) {
	asked, down := 0, false
	var token func(id string) string
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		id, ok := strings.CutPrefix(strings.TrimSuffix(r.URL.Path, ".jws"), "/certificates/")
		switch {
		case down:
			w.WriteHeader(http.StatusBadGateway)
		case !ok || token(id) == "":
			w.WriteHeader(http.StatusNotFound)
		default:
			io.WriteString(w, token(id))
		}
	}))
	t.Cleanup(site.Close)
	o, other := newOffice(t), newOfficeAt(t, site.URL)
	token = func(id string) string {
		if id == idForever {
			return "" // is the own one
		}
		return other.tokens[id]
	}
	for _, id := range []string{idExpired, idSuspended} {
		delete(o.tokens, id)
	}
	mute := other.issuer()
	mute.ID, mute.StatusLists = "https://mute.example.org", nil
	trust, err := verifier.NewTrust([]*verifier.Issuer{o.issuer(), other.issuer(), mute}, nil)
	if err != nil {
		t.Fatal(err)
	}
	o.serve(t, trust, verifier.NewPublication(trust).Own(o.url, o))
	for url, list := range other.lists {
		o.lists[url] = list
	}
	o.service.Lists = &office{lists: o.lists}

	got := o.get(t, "/c/"+idExpired)
	page := got.Body.String()
	if kind, _ := shown(t, page); got.Code != 200 || kind != "expired" {
		t.Fatalf("%d %s", got.Code, kind)
	}
	for _, want := range []string{`href="` + site.URL + `/certificates/` + idExpired + `.pdf"`, `href="` + site.URL + `/certificates/` + idExpired + `.jws"`, strings.TrimPrefix(site.URL, "http://")} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not hold %s", want)
		}
	}
	if !strings.Contains(text(page), "Checked by Specimen Certification Body") || strings.Contains(page, "The paper prints the same address") {
		t.Error("the page does not tell who checks from who has issued")
	}
	if o.get(t, "/c/"+idNone).Code != 404 {
		t.Error("unknown to all, but not unknown")
	}
	if kind, _ := shown(t, o.get(t, "/c/"+idSuspended).Body.String()); kind != "suspended" {
		t.Errorf("suspended by another issuer, it is %s", kind)
	}
	before := asked
	for range 3 {
		o.get(t, "/c/"+idExpired)
	}
	if asked != before {
		t.Errorf("the issuer was asked %d times again at once", asked-before)
	}
	o.now = o.now.Add(keepForeign)
	if o.get(t, "/c/"+idExpired); asked != before+1 {
		t.Errorf("after a while the issuer was asked %d times", asked-before)
	}
	down = true
	if kind, _ := shown(t, o.get(t, "/c/"+idForever).Body.String()); kind != "valid" {
		t.Errorf("with the other issuer away, the own certificate is %s", kind)
	}
	if got := o.get(t, "/c/"+idNone); got.Code != 503 {
		t.Errorf("with an issuer away, an id that nobody else knows: %d", got.Code)
	}
	o.now = o.now.Add(keepForeign + time.Second)
	if kind, _ := shown(t, o.get(t, "/c/"+idExpired).Body.String()); kind != "expired" {
		t.Errorf("with its issuer away, what was seen before is %s", kind)
	}
	if log := o.log.String(); strings.Contains(log, idExpired) || strings.Contains(log, idNone) {
		t.Errorf("an id is in the log: %s", log)
	}
}

// A certificate that another was put in the place of, under its id, is shown no
// more, and what is published unchanged is not verified anew.
func TestWhatIsReplacedAtTheIssuerIsShown(t *testing.T) {
	o := newOffice(t)
	p := newPages(o.service, newCommon(o.service))
	o.engine = newEngine(p)
	o.get(t, "/c/"+idValid)
	first, _ := p.finder.kept.get(idValid)
	o.now = o.now.Add(keepOwn)
	o.get(t, "/c/"+idValid)
	if again, _ := p.finder.kept.get(idValid); again == first || !again.same(first) {
		t.Error("the same certificate is taken for another")
	}
	until := midday.AddDate(2, 0, 0)
	c := o.credential(idValid, "1", 1, midday.AddDate(0, 0, -1), &until)
	c.Subject.Identifier[0].IdentityHash = "Grace Hopper"
	o.tokens[idValid] = o.sign(t, c)
	o.now = o.now.Add(keepOwn)
	if page := o.get(t, "/c/"+idValid).Body.String(); !strings.Contains(page, "Grace Hopper") || strings.Contains(page, "Ada") {
		t.Error("the certificate that was replaced is shown")
	}
}

// What is erased from the records is soon shown no more.
func TestWhatIsErasedIsGone(t *testing.T) {
	o := newOffice(t)
	o.get(t, "/c/"+idValid)
	asked := o.asked
	if o.get(t, "/c/"+idValid); o.asked != asked {
		t.Error("the records are asked for every page")
	}
	o.now = o.now.Add(keepOwn)
	if o.get(t, "/c/"+idValid); o.asked != asked+1 {
		t.Error("the records are not asked again")
	}
	delete(o.tokens, idValid)
	o.now = o.now.Add(keepOwn)
	if got := o.get(t, "/c/"+idValid); got.Code != 404 {
		t.Errorf("%d", got.Code)
	}
}

// junk makes strings that were markup, scripts, addresses or headers elsewhere.
func junk(r *rand.Rand) string {
	parts := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `</title><h1>Valid</h1>`, `</bdi></time>`, `<time id="checked" datetime="`,
		`javascript:alert(1)`, `data:text/html,<b>x`, `{{.Page}}`, `${7*7}`, "\r\nSet-Cookie: a=b", "\r\n\r\n<html>", "%0d%0aX: y", `<!--`, `-->`, `]]>`, `<svg/onload=alert(1)>`,
		"\u202e", "\u2066", "\u2069", "\u200f", "\u061c", "\u0000", "\x1b[31m", "\ufeff", `\u003cb\u003e`, "`", `"`, `'`, `&lt;`, `&#60;b>`, `<bdi dir=rtl>`, `%[1]s`, `%s%d`,
		`<style>*{display:none}</style>`, `<base href=//evil.example>`, `<form action=//evil.example>`, `//evil.example/x`, `https://evil.example/c/x`, "Ada ", "محمد", "שרה", "é", "\u0301", "😀", "a\u2028b",
	}
	var b strings.Builder
	for range 1 + r.IntN(4) {
		b.WriteString(parts[r.IntN(len(parts))])
	}
	return b.String()
}

// harmless finds what came out of a text and is no text any more. The page has
// been parsed by sound, so that only what text must not become is left.
func harmless(t testing.TB, what, page string) {
	t.Helper()
	lower := strings.ToLower(page)
	for _, bad := range []string{"<img src=x", "<svg", "<style", "<base", "<iframe", "onerror=alert(1)>", "href=\"javascript:", "href=\"data:", "action=\"//", "href=\"//", "href=\"https://evil",
		"<bdi dir=rtl", "\x00", "\x1b", "\u202e", "\u2066", "\u2069", "\u200f", "\u061c"} {
		if strings.Contains(lower, bad) {
			t.Fatalf("%q: the page holds %q", what, bad)
		}
	}
	if strings.Count(page, `<time id="checked"`) > 1 || strings.Count(page, "<h1") != 1 {
		t.Fatalf("%q: the page has parts that it was not made of", what)
	}
}

// T19, T20: whatever stands in a signed field or is sent, is text.
func TestHostileTextStaysText(t *testing.T) {
	o := newOffice(t)
	r := rand.New(rand.NewPCG(1, 2))
	signed := 250
	if testing.Short() {
		signed = 50
	}
	until := midday.AddDate(1, 0, 0)
	for i := range signed {
		s := func() string { return strings.ReplaceAll(junk(r), "\x00", "") }
		c := o.credential(idValid, "1", 1, midday.AddDate(0, 0, -1), &until)
		words := []string{s(), s(), s(), s(), s(), s(), s(), s(), s(), s(), s(), s()}
		c.Description, c.Issuer.Name, c.Issuer.OtherIdentifier[0].Identifier = words[0], words[1], words[2]
		c.Subject.Identifier[0].IdentityHash, c.Subject.LicenseNumber = words[3], words[4]
		a := &c.Subject.Achievement
		a.Name, a.HumanCode, a.Version, a.InLanguage, a.Alignment[0].TargetName = words[5], words[6], words[7], words[8], words[9]
		a.ID = o.url + "/schemes/" + strings.TrimSpace(strings.Map(printable, words[10]))
		c.Evidence[0].Description, c.Evidence[1].Name, c.Evidence[1].Narrative, c.Evidence[2].Name = words[11], words[0], words[1], words[2]
		token := o.sign(t, c)
		o.tokens[idValid] = token
		o.now = o.now.Add(keepOwn)
		for _, got := range []*httptest.ResponseRecorder{
			o.get(t, "/c/"+idValid+"?lang=ar"), o.present(t, map[string]string{"file": token}),
			o.ask(t, "POST", "/c/"+idValid, strings.NewReader(url.Values{"name": {words[3]}}.Encode()), "Content-Type: application/x-www-form-urlencoded"),
		} {
			page := got.Body.String()
			tag := got.Header().Get("Content-Language")
			sound(t, tag, page)
			harmless(t, fmt.Sprint(i, words), page)
			for name, values := range got.Header() {
				for _, v := range values {
					if strings.ContainsAny(v, "\r\n") || strings.Contains(v, "Set-Cookie") {
						t.Fatalf("%q: header %s: %q", words, name, v)
					}
				}
			}
		}
		o.publish(t, "1", "revocation", 6, 7)
		o.publish(t, "1-suspension", "suspension", 5)
	}
	for range 8 * signed {
		s := junk(r)
		inputs := []func() *httptest.ResponseRecorder{
			func() *httptest.ResponseRecorder {
				return o.get(t, "/?q="+url.QueryEscape(s)+"&at="+url.QueryEscape(s)+"&lang="+url.QueryEscape(s))
			},
			func() *httptest.ResponseRecorder { return o.get(t, "/c/"+url.PathEscape(s)) },
			func() *httptest.ResponseRecorder {
				return o.get(t, "/c/"+idForever+"?at="+url.QueryEscape(s), "Accept-Language: "+strings.Map(printable, s))
			},
			func() *httptest.ResponseRecorder { return o.present(t, map[string]string{"q": s, "name": s}) },
			func() *httptest.ResponseRecorder { return o.present(t, map[string]string{"q": "x", "at": s}) },
			func() *httptest.ResponseRecorder { return o.present(t, map[string]string{"file": s}) },
		}
		for _, i := range r.Perm(len(inputs))[:2] {
			got := inputs[i]()
			if got.Code == http.StatusSeeOther {
				if to := got.Header().Get("Location"); !strings.HasPrefix(to, "/c/") || strings.ContainsAny(to, "\r\n\\<>\"") {
					t.Fatalf("%q leads to %q", s, to)
				}
				continue
			}
			harmless(t, s, got.Body.String())
		}
	}
}

func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}
