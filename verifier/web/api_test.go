package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/receipt"
)

// reply is what programs read of an answer.
type reply struct {
	Valid       bool
	Verdict     string
	Reason      string
	NameMatches *bool
	Credential  json.RawMessage
	Receipt     string
	// of a problem
	Type   string
	Status int
	Detail string
	Errors []FieldError
	Report json.RawMessage
}

func readReply(t *testing.T, w *httptest.ResponseRecorder) (r reply) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
		t.Fatalf("%d %q: %v", w.Code, w.Body, err)
	}
	want := "application/json"
	if w.Code != http.StatusOK {
		want = MediaTypeProblem
		if r.Status != w.Code || !strings.HasPrefix(r.Type, "/problems/") {
			t.Errorf("problem %+v with the status %d", r, w.Code)
		}
	}
	if got := w.Header().Get("Content-Type"); got != want {
		t.Errorf("%d is %q", w.Code, got)
	}
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control: %q", got)
	}
	return r
}

func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

type fields = map[string]any

func TestVerifyAnswersWhateverTheVerdict(t *testing.T) {
	h := newAPIHouse(t)
	good := h.token(t, "GOOD", nil)
	expired := h.token(t, "EXPIRED", func(c *credential.Credential) {
		c.ValidFrom = credential.Time{Time: apiNoon.AddDate(-2, 0, 0)}
		c.ValidUntil = &credential.Time{Time: apiNoon.AddDate(-1, 0, 0)}
	})
	altered := good[:strings.LastIndex(good, ".")+1] + strings.Repeat("A", 86)
	link := strings.ToUpper(apiBody) + "/C/" + apiID
	for name, c := range map[string]struct {
		body, media string
		verdict     string
		reason      verifier.Reason
	}{
		"JSON":                              {asJSON(fields{"credential": good}), "application/json", "valid", ""},
		"JSON by its shape":                 {" " + asJSON(fields{"credential": good}), "", "valid", ""},
		"token":                             {good, "application/vc+jwt", "valid", ""},
		"token as text":                     {good + "\n", "text/plain; charset=utf-8", "valid", ""},
		"token by its shape":                {good, "", "valid", ""},
		"token of any kind":                 {good, "application/octet-stream", "valid", ""},
		"link":                              {asJSON(fields{"link": link}), "application/json", "valid", ""},
		"link as text":                      {link, "text/plain", "valid", ""},
		"text around a token":               {"see " + good + " please", "text/plain", "valid", ""},
		"name":                              {asJSON(fields{"credential": good, "name": strings.ToUpper(apiHolder)}), "application/json", "valid", ""},
		"another name":                      {asJSON(fields{"credential": good, "name": "Grace Specimen"}), "application/json", "invalid", verifier.NameMismatch},
		"code":                              {asJSON(fields{"credential": good, "certificate": "cm"}), "application/json", "valid", ""},
		"another code":                      {asJSON(fields{"credential": good, "certificate": "XX"}), "application/json", "invalid", verifier.PolicyNotMet},
		"before its first day":              {asJSON(fields{"credential": good, "at": "2020-01-01"}), "application/json", "invalid", verifier.NotYetValid},
		"after its last day":                {asJSON(fields{"credential": good, "at": "2035-01-01T00:00:00Z"}), "application/json", "invalid", verifier.Expired},
		"today":                             {asJSON(fields{"credential": good, "at": "2026-11-20"}), "application/json", "valid", ""},
		"expired":                           {expired, "application/jwt", "invalid", verifier.Expired},
		"altered":                           {asJSON(fields{"credential": altered}), "application/json", "invalid", verifier.Altered},
		"no token":                          {asJSON(fields{"credential": "abc"}), "application/json", "invalid", verifier.Malformed},
		"unknown link":                      {asJSON(fields{"link": apiBody + "/c/0000"}), "application/json", "invalid", verifier.Unknown},
		"link elsewhere":                    {asJSON(fields{"link": "https://certs.example.org.evil.example/c/0000"}), "application/json", "invalid", verifier.UntrustedIssuer},
		"number":                            {"CM-00001-7Q2F9", "text/plain", "indeterminate", verifier.NoCredential},
		"damaged PDF":                       {"%PDF-1.7 nothing", "application/pdf", "indeterminate", verifier.NoCredential},
		"text that calls itself a picture":  {good, "image/png", "valid", ""},
		"drawing":                           {svg(good), "image/svg+xml", "valid", ""},
		"drawing by its shape":              {svg(good), "application/octet-stream", "valid", ""},
		"drawing larger than a text may be": {svg(good) + "<!--" + strings.Repeat(" ", MaxSmall) + "-->", "application/octet-stream", "valid", ""},
		"drawing of an altered one":         {svg(altered), "image/svg+xml; charset=utf-8", "invalid", verifier.Altered},
		"drawing of nothing":                {strings.Replace(svg(good), "openbadges:credential ", "g ", 1), "image/svg+xml", "indeterminate", verifier.NoCredential},
	} {
		w := h.ask("POST", "/v1/verify", c.body, "Content-Type", c.media)
		r := readReply(t, w)
		if w.Code != http.StatusOK || r.Verdict != c.verdict || r.Reason != string(c.reason) || r.Valid != (c.verdict == "valid") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if !strings.HasPrefix(w.Body.String(), `{"valid":`) {
			t.Errorf("%s: %.40s", name, w.Body)
		}
	}
}

// The days in the answer are those of the body, as its paper shows them.
func TestVerifyTellsTheDaysOfTheBody(t *testing.T) {
	h := newAPIHouse(t)
	for _, zone := range []*time.Location{time.FixedZone("", 9*3600), time.FixedZone("", -5*3600)} {
		token := h.token(t, "ZONE", func(c *credential.Credential) {
			c.ValidFrom = credential.Time{Time: time.Date(2025, 11, 20, 0, 0, 0, 0, zone)}
			c.ValidUntil = &credential.Time{Time: time.Date(2028, 11, 19, 23, 59, 59, 0, zone)}
		})
		for at, want := range map[string]string{
			"2026-11-20": "It is valid from 20 November 2025 through 19 November 2028.",
			"2025-11-19": "It takes effect on 20 November 2025.",
			"2028-11-20": "It expired: its last day was 19 November 2028.",
		} {
			if w := h.ask("POST", "/v1/verify", asJSON(fields{"credential": token, "at": at}), "Content-Type", "application/json"); !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s, about %s: %q is not there: %s", zone, at, want, w.Body)
			}
		}
	}
}

// svg is a drawing that carries the token (Open Badges 3.0 §5.3.2).
func svg(token string) string {
	return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0"><openbadges:credential verify="` + token + `"/></svg>`
}

func TestVerifyReadsFiles(t *testing.T) {
	h := newAPIHouse(t)
	matrix, err := qrcode.NewQRCodeWriter().Encode(apiBody+"/c/"+apiID, gozxing.BarcodeFormat_QR_CODE, 300, 300, nil)
	if err != nil {
		t.Fatal(err)
	}
	picture := image.NewGray(image.Rect(0, 0, 300, 300))
	for y := range 300 {
		for x := range 300 {
			if !matrix.Get(x, y) {
				picture.Pix[y*picture.Stride+x] = 0xff
			}
		}
	}
	var code bytes.Buffer
	if err := png.Encode(&code, picture); err != nil {
		t.Fatal(err)
	}
	form := func(parts ...string) (string, string) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for i := 0; i < len(parts); i += 2 {
			if parts[i] == "file" {
				part, _ := w.CreateFormFile("file", "certificate.png")
				part.Write([]byte(parts[i+1]))
			} else {
				w.WriteField(parts[i], parts[i+1])
			}
		}
		w.Close()
		return b.String(), w.FormDataContentType()
	}
	body, media := form("name", apiHolder, "file", code.String(), "receipt", "true")
	for name, w := range map[string]*httptest.ResponseRecorder{
		"raw":      h.ask("POST", "/v1/verify?receipt=1", code.String(), "Content-Type", "image/png"),
		"form":     h.ask("POST", "/v1/verify", body, "Content-Type", media),
		"by shape": h.ask("POST", "/v1/verify?receipt=true", code.String()),
	} {
		r := readReply(t, w)
		if w.Code != http.StatusOK || !r.Valid || name == "form" && (r.NameMatches == nil || !*r.NameMatches) {
			t.Fatalf("%s: %d %s", name, w.Code, w.Body)
		}
		if p := openReceipt(t, h, r.Receipt); p.Presented != credential.Digest(code.Bytes()) || p.Verdict != "valid" {
			t.Errorf("%s: receipt %+v", name, p)
		}
	}
	for name, parts := range map[string][]string{
		"no file": {"name", "x"}, "two files": {"file", "a", "file", "b"}, "odd field": {"file", "a", "nmae", "x"}, "odd receipt": {"file", "a", "receipt", "perhaps"},
		"empty file": {"file", ""}, "odd date": {"file", "a", "at", "soon"},
	} {
		body, media := form(parts...)
		if w := h.ask("POST", "/v1/verify", body, "Content-Type", media); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if w := h.ask("POST", "/v1/verify", body[:len(body)/2], "Content-Type", media); w.Code != http.StatusBadRequest {
		t.Errorf("half a form: %d %s", w.Code, w.Body)
	}
}

func openReceipt(t *testing.T, h *apiHouse, text string) *receipt.Receipt {
	t.Helper()
	ring := h.service.Receipts.Signer.(*keys.Ring).Set()
	trust, err := verifier.NewTrust([]*verifier.Issuer{{ID: apiService, Keys: ring}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := receipt.Open(trust, text)
	if err != nil {
		t.Fatalf("receipt: %v", err)
	}
	return r
}

func TestVerifyRefusesWhatIsNoQuestion(t *testing.T) {
	h := newAPIHouse(t)
	good := h.token(t, "GOOD", nil)
	for name, c := range map[string]struct {
		target, body, media string
		status              int
		field               string
	}{
		"nothing":                 {"/v1/verify", "", "", 400, ""},
		"empty PDF":               {"/v1/verify", "", "application/pdf", 400, ""},
		"no JSON":                 {"/v1/verify", "{", "application/json", 400, ""},
		"null":                    {"/v1/verify", "null", "application/json", 400, ""},
		"two values":              {"/v1/verify", asJSON(fields{"credential": good}) + "{}", "application/json", 400, ""},
		"member twice":            {"/v1/verify", `{"credential":"a","credential":"b"}`, "application/json", 400, ""},
		"unknown member":          {"/v1/verify", asJSON(fields{"credential": good, "nmae": "x"}), "application/json", 400, ""},
		"other case":              {"/v1/verify", asJSON(fields{"Credential": good}), "application/json", 400, ""},
		"wrong type":              {"/v1/verify", asJSON(fields{"credential": 1}), "application/json", 400, ""},
		"presents nothing":        {"/v1/verify", asJSON(fields{"name": "x"}), "application/json", 400, "credential"},
		"presents two things":     {"/v1/verify", asJSON(fields{"credential": good, "link": apiBody + "/c/1"}), "application/json", 400, "link"},
		"no link":                 {"/v1/verify", asJSON(fields{"link": "javascript:1"}), "application/json", 400, "link"},
		"no date":                 {"/v1/verify", asJSON(fields{"credential": good, "at": "20.11.2026"}), "application/json", 400, "at"},
		"no date in the address":  {"/v1/verify?at=tomorrow", good, "text/plain", 400, "at"},
		"the moment that is none": {"/v1/verify", asJSON(fields{"credential": good, "at": "0001-01-01T00:00:00Z"}), "application/json", 400, "at"},
		"a year of five digits":   {"/v1/verify", asJSON(fields{"credential": good, "at": "9999-12-31T23:59:59-23:00"}), "application/json", 400, "at"},
		"name in the address":     {"/v1/verify?name=Ada", good, "text/plain", 400, "name"},
		"unknown in the address":  {"/v1/verify?when=2020", good, "text/plain", 400, ""},
		"twice in the address":    {"/v1/verify?at=2020-01-01&at=2021-01-01", good, "text/plain", 400, "at"},
		"broken address":          {"/v1/verify?at=%zz", good, "text/plain", 400, ""},
		"name of nobody":          {"/v1/verify", asJSON(fields{"credential": good, "name": "  "}), "application/json", 400, "name"},
		"name without end":        {"/v1/verify", asJSON(fields{"credential": good, "name": strings.Repeat("x", 2000)}), "application/json", 400, "name"},
		"code of nothing":         {"/v1/verify", asJSON(fields{"credential": good, "certificate": " "}), "application/json", 400, "certificate"},
		"odd receipt":             {"/v1/verify?receipt=maybe", good, "text/plain", 400, "receipt"},
		"large JSON":              {"/v1/verify", asJSON(fields{"credential": strings.Repeat("x", MaxSmall)}), "application/json", 413, ""},
		"large text":              {"/v1/verify", strings.Repeat("x", MaxSmall+1), "", 413, ""},
		"large file":              {"/v1/verify", "%PDF-" + strings.Repeat("x", MaxDocument), "application/pdf", 413, ""},
		"form of the web":         {"/v1/verify", "credential=x", "application/x-www-form-urlencoded", 415, ""},
		"XML":                     {"/v1/verify", "<x/>", "text/xml", 415, ""},
		"no media type":           {"/v1/verify", "x", "///", 415, ""},
		"form without boundary":   {"/v1/verify", "x", "multipart/form-data", 400, ""},
	} {
		w := h.ask("POST", c.target, c.body, "Content-Type", c.media)
		r := readReply(t, w)
		if w.Code != c.status {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if c.field != "" && (len(r.Errors) != 1 || r.Errors[0].Field != c.field) {
			t.Errorf("%s: %+v", name, r.Errors)
		}
		for _, secret := range []string{"Ada", good} {
			if strings.Contains(w.Body.String(), secret) {
				t.Errorf("%s: the problem repeats %.20q", name, secret)
			}
		}
	}
	h.service.Receipts = nil
	if r := readReply(t, h.ask("POST", "/v1/verify?receipt=1", good)); r.Status != 400 || r.Errors[0].Field != "receipt" {
		t.Errorf("receipt where none are given: %+v", r)
	}
}

// An employer's question about a person is answered with yes or no.
func TestNameIsComparedAndNotTold(t *testing.T) {
	h := newAPIHouse(t)
	w := h.ask("POST", "/v1/certificates/"+apiID, asJSON(fields{"name": apiHolder, "receipt": true}), "Content-Type", "application/json")
	r := readReply(t, w)
	if w.Code != 200 || !r.Valid || r.NameMatches == nil || !*r.NameMatches {
		t.Errorf("%s", w.Body)
	}
	if p := openReceipt(t, h, r.Receipt); p.Presented != "" || strings.Contains(asJSON(p), "Łukasiewicz") {
		t.Errorf("receipt %+v", p)
	}
	w = h.ask("POST", "/v1/certificates/"+apiID, asJSON(fields{"name": "Grace Specimen"}))
	if r := readReply(t, w); r.Valid || r.Reason != string(verifier.NameMismatch) {
		t.Errorf("%s", w.Body)
	}
	for body, status := range map[string]int{"": 400, `{"credential":"x"}`: 400, `{"name":"x","at":"never"}`: 400} {
		if w := h.ask("POST", "/v1/certificates/"+apiID, body, "Content-Type", "application/json"); w.Code != status {
			t.Errorf("%q: %d %s", body, w.Code, w.Body)
		}
	}
	if w := h.ask("POST", "/v1/certificates/"+apiID, "x", "Content-Type", "text/plain"); w.Code != 415 {
		t.Errorf("text: %d", w.Code)
	}
	if w := h.ask("POST", "/v1/certificates/"+apiID, strings.Repeat(" ", MaxSmall+1)); w.Code != 413 {
		t.Errorf("large: %d", w.Code)
	}
}

// T28: what is not found is answered alike whatever it was.
func TestCertificatesThatAreNotThereAreAllAlike(t *testing.T) {
	h := newAPIHouse(t)
	none := h.ask("GET", "/v1/certificates/0000000000000000000000000", "")
	if none.Code != http.StatusNotFound {
		t.Fatalf("%d %s", none.Code, none.Body)
	}
	for _, id := range []string{"x", "%00", "..%2f", "%F0%9F%98%80", strings.Repeat("A", 500), apiID + "0", "%20", "*"} {
		w := h.ask("GET", "/v1/certificates/"+id, "")
		if w.Code != none.Code || w.Body.String() != none.Body.String() || !reflect.DeepEqual(w.Header(), none.Header()) {
			t.Errorf("%q: %d %v %s", id, w.Code, w.Header(), w.Body)
		}
	}
}

func TestCertificateByItsID(t *testing.T) {
	h := newAPIHouse(t)
	for _, id := range []string{apiID, strings.ToLower(apiID), "7Q2F9-KXM31-PDA8Z-C7Q2F-9KXM3-1", "7q2f9kxm3lpda8zc7q2f9kxm3i"} {
		w := h.ask("GET", "/v1/certificates/"+id, "")
		if r := readReply(t, w); w.Code != 200 || !r.Valid || !bytes.Contains(r.Credential, []byte("Łukasiewicz")) {
			t.Errorf("%s: %d %s", id, w.Code, w.Body)
		}
	}
	if w := h.ask("HEAD", "/v1/certificates/"+apiID, ""); w.Code != 200 {
		t.Errorf("HEAD: %d", w.Code)
	}
	w := h.ask("GET", "/v1/certificates/"+apiID+"?at=2020-01-01&receipt=1", "")
	if r := readReply(t, w); r.Reason != string(verifier.NotYetValid) || openReceipt(t, h, r.Receipt).At == nil {
		t.Errorf("%s", w.Body)
	}
	// Another certificate under the id.
	h.certificates["ABCD"] = h.certificates[apiID]
	if r := readReply(t, h.ask("GET", "/v1/certificates/ABCD", "")); r.Valid || r.Reason != string(verifier.Altered) {
		t.Errorf("a substituted certificate: %+v", r)
	}
	h.down = errors.New("records are away")
	h.mount()
	w = h.ask("GET", "/v1/certificates/"+apiID, "")
	r := readReply(t, w)
	var inner reply
	if err := json.Unmarshal(r.Report, &inner); err != nil || w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || inner.Valid || inner.Verdict != "indeterminate" {
		t.Errorf("issuer away: %d %v %s", w.Code, w.Header(), w.Body)
	}
	h.service.Publication = nil
	h.mount()
	if w := h.ask("GET", "/v1/certificates/"+apiID, ""); w.Code != http.StatusServiceUnavailable {
		t.Errorf("without a network: %d %s", w.Code, w.Body)
	}
	if r := readReply(t, h.ask("POST", "/v1/verify", asJSON(fields{"link": apiBody + "/c/" + apiID}))); r.Verdict != "indeterminate" || r.Reason != string(verifier.Unavailable) {
		t.Errorf("link without a network: %+v", r)
	}
}

// What is kept of a certificate spares the arithmetic of its signature and nothing
// else.
func TestKeptCertificateIsJudgedAnew(t *testing.T) {
	h := newAPIHouse(t)
	body := asJSON(fields{"credential": h.token(t, "GOOD", nil)})
	verdict := func() (string, string) {
		r := readReply(t, h.ask("POST", "/v1/verify", body))
		return r.Verdict, r.Reason
	}
	if v, _ := verdict(); v != "valid" {
		t.Fatal(v)
	}
	h.now = apiNoon.Add(10 * time.Minute) // the lists are asked for again
	h.publish(t, 94567)
	if v, reason := verdict(); v != "invalid" || reason != string(verifier.Revoked) {
		t.Errorf("after its withdrawal: %s %s", v, reason)
	}
	h.now = apiNoon.AddDate(4, 0, 0)
	if v, _ := verdict(); v != "invalid" {
		t.Errorf("after its last day: %s", v)
	}
	h.now = apiNoon
	if r := readReply(t, h.ask("POST", "/v1/verify", body[:len(body)-1]+`,"certificate":"XX"}`)); r.Reason != string(verifier.Revoked) && r.Reason != string(verifier.PolicyNotMet) {
		t.Errorf("another code: %+v", r)
	}
	trust, err := verifier.NewTrust(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	h.service.Trust = trust // kept certificates are of a service whose trust has changed
	if v, reason := verdict(); v != "invalid" || reason != string(verifier.UntrustedIssuer) {
		t.Errorf("once its issuer is not trusted: %s %s", v, reason)
	}
}

func TestDocumentsWaitForTheirTurn(t *testing.T) {
	h := newAPIHouse(t)
	a := &api{Service: h.service, common: &common{documents: make(chan struct{}, 1)}}
	a.documents <- struct{}{}
	ctx := t.Context()
	if enter(ctx, a.documents, time.Millisecond) {
		t.Error("two have one place")
	}
	<-a.documents
	if !enter(ctx, a.documents, time.Millisecond) {
		t.Error("a free place is not taken")
	}
}

func TestRefusalsForProgramsAndPeople(t *testing.T) {
	h := newAPIHouse(t)
	for _, status := range []int{400, 404, 405, 408, 413, 429, 500, 503} {
		w := httptest.NewRecorder()
		h.service.Refuse(w, httptest.NewRequest("GET", "/v1/x", nil), status)
		readReply(t, w)
		if w.Code != status {
			t.Errorf("%d: %d", status, w.Code)
		}
		w = httptest.NewRecorder()
		h.service.Refuse(w, httptest.NewRequest("GET", "/c/x", nil), status)
		if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/html") || w.Code >= 500 && status < 500 {
			t.Errorf("%d is a %s with %d for people", status, got, w.Code)
		}
	}
}

// The routes under a path are those of the path.
func TestServiceUnderAPath(t *testing.T) {
	h := newAPIHouse(t)
	h.service.URL = apiService + "/check"
	h.mount()
	if w := h.ask("POST", "/check/v1/verify", h.token(t, "GOOD", nil)); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if _, ok := h.service.Demands()["POST /check/v1/verify"]; !ok {
		t.Errorf("%v", h.service.Demands())
	}
}

func TestVerdictsAreTallied(t *testing.T) {
	h := newAPIHouse(t)
	var mu sync.Mutex
	counted := map[string]int{}
	e := gin.New()
	e.Use(func(c *gin.Context) {
		c.Set(Tally, func(v verifier.Verdict, r verifier.Reason) {
			mu.Lock()
			defer mu.Unlock()
			counted[v.String()+" "+string(r)]++
		})
	})
	h.service.Mount(e)
	h.handler = e
	good := h.token(t, "GOOD", nil)
	h.ask("POST", "/v1/verify", good)
	h.ask("GET", "/v1/certificates/"+apiID, "")
	h.ask("POST", "/v1/verify/batch", `["`+good+`","x"]`)
	if want := map[string]int{"valid ": 3, "invalid malformed": 1}; !reflect.DeepEqual(counted, want) {
		t.Errorf("%v", counted)
	}
}
