package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/gin-gonic/gin"
)

// Rows and the document itself are compared as texts.
func init() {
	for _, media := range []string{"application/x-ndjson", "application/yaml"} {
		openapi3filter.RegisterBodyDecoder(media, openapi3filter.PlainBodyDecoder)
	}
}

// described is the document, read.
func described(t *testing.T, text []byte) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

var parameter = regexp.MustCompile(`[:*](\w+)`)

// disagree compares the routes of a mounted service with the document.
func disagree(e *gin.Engine, doc *openapi3.T) (faults []string) {
	named := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			named[method+" "+path] = true
		}
	}
	served := map[string]bool{}
	for _, r := range e.Routes() {
		served[r.Method+" "+parameter.ReplaceAllString(r.Path, "{$1}")] = true
	}
	for route := range served {
		if get, ok := strings.CutPrefix(route, "HEAD "); ok { // as the document says of all
			if !served["GET "+get] {
				faults = append(faults, route+" has no GET")
			}
		} else if !named[route] {
			faults = append(faults, route+" is not described")
		}
	}
	for route := range named {
		if !served[route] {
			faults = append(faults, route+" is described and not served")
		}
	}
	slices.Sort(faults)
	return faults
}

func TestDescriptionNamesEveryRoute(t *testing.T) {
	h := newAPIHouse(t)
	e := h.handler.(*gin.Engine)
	doc := described(t, openAPI)
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	for _, fault := range disagree(e, doc) {
		t.Error(fault)
	}
	// A route that is left out, and one that is made up, are noticed.
	doc.Paths.Delete("/v1/verify")
	doc.Paths.Set("/v1/search", &openapi3.PathItem{Get: &openapi3.Operation{}})
	if faults := disagree(e, doc); !slices.Equal(faults, []string{"GET /v1/search is described and not served", "POST /v1/verify is not described"}) {
		t.Errorf("%q", faults)
	}
}

// holds asks the service and compares its answer with the document.
func holds(t *testing.T, doc *openapi3.T, h *apiHouse, path string, status int, req *http.Request) error {
	t.Helper()
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, req)
	if w.Code != status {
		t.Fatalf("%s %s: %d %s", req.Method, req.URL.Path, w.Code, w.Body)
	}
	return holdsAnswer(t, doc, path, req, w)
}

func holdsAnswer(t *testing.T, doc *openapi3.T, path string, req *http.Request, w *httptest.ResponseRecorder) error {
	item := doc.Paths.Find(path)
	if item == nil || item.GetOperation(req.Method) == nil {
		return fmt.Errorf("%s %s is not described", req.Method, path)
	}
	return openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: req, Route: &routers.Route{Spec: doc, Path: path, PathItem: item, Method: req.Method, Operation: item.GetOperation(req.Method)},
		},
		Status: w.Code, Header: w.Header(), Body: io.NopCloser(bytes.NewReader(w.Body.Bytes())),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
}

func post(target, body, media string, headers ...string) *http.Request {
	r := httptest.NewRequest("POST", target, strings.NewReader(body))
	r.Header.Set("Content-Type", media)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// answers are requests of every kind of answer that the API gives.
func answers(h *apiHouse, good string) map[string]struct {
	path   string
	status int
	req    *http.Request
} {
	const verify, batch, one = "/v1/verify", "/v1/verify/batch", "/v1/certificates/{id}"
	get := func(target string) *http.Request { return httptest.NewRequest("GET", target, nil) }
	return map[string]struct {
		path   string
		status int
		req    *http.Request
	}{
		"valid":           {verify, 200, post(verify+"?receipt=1", asJSON(fields{"credential": good, "name": apiHolder}), "application/json")},
		"past":            {verify, 200, post(verify, asJSON(fields{"credential": good, "at": "2020-01-01"}), "application/json")},
		"malformed":       {verify, 200, post(verify, "abc", "text/plain")},
		"undecided":       {verify, 200, post(verify, "CM-00001-7Q2F9", "text/plain")},
		"bad request":     {verify, 400, post(verify, asJSON(fields{"credential": good, "at": "x"}), "application/json")},
		"large":           {verify, 413, post(verify, strings.Repeat("x", MaxSmall+1), "text/plain")},
		"other media":     {verify, 415, post(verify, "x", "text/xml")},
		"rows":            {batch, 200, post(batch, `["`+good+`",{"credential":"x","id":1},3]`, "application/json", "Accept", "application/json")},
		"lines":           {batch, 200, post(batch, `["`+good+`"]`, "application/json")},
		"table":           {batch, 200, post(batch, `["`+good+`"]`, "application/json", "Accept", "text/csv")},
		"no rows":         {batch, 400, post(batch, "", "application/json")},
		"rows of others":  {batch, 415, post(batch, "x", "image/png")},
		"by id":           {one, 200, get("/v1/certificates/" + apiID)},
		"by id, name":     {one, 200, post("/v1/certificates/"+apiID, `{"name":"x"}`, "application/json")},
		"by id, wrong":    {one, 400, get("/v1/certificates/" + apiID + "?name=x")},
		"no id":           {one, 404, get("/v1/certificates/0")},
		"no id, name":     {one, 404, post("/v1/certificates/0", `{"name":"x"}`, "application/json")},
		"by id, no JSON":  {one, 400, post("/v1/certificates/"+apiID, `[]`, "application/json")},
		"by id, large":    {one, 413, post("/v1/certificates/"+apiID, strings.Repeat("x", MaxSmall+1), "application/json")},
		"by id, as text":  {one, 415, post("/v1/certificates/"+apiID, "x", "text/plain")},
		"the description": {"/openapi.yaml", 200, get("/openapi.yaml")},
	}
}

func TestAnswersAreAsDescribed(t *testing.T) {
	h := newAPIHouse(t)
	good := h.token(t, "GOOD", nil)
	doc := described(t, openAPI)
	for name, c := range answers(h, good) {
		if err := holds(t, doc, h, c.path, c.status, c.req); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	h.down = errors.New("away")
	h.mount()
	for _, req := range []*http.Request{httptest.NewRequest("GET", "/v1/certificates/"+apiID, nil), post("/v1/certificates/"+apiID, "{}", "application/json")} {
		if err := holds(t, doc, h, "/v1/certificates/{id}", 503, req); err != nil {
			t.Errorf("undecided: %v", err)
		}
	}
	// What the server in front of the service answers.
	for _, path := range []string{"/v1/verify", "/v1/verify/batch", "/v1/certificates/{id}"} {
		for _, status := range []int{408, 413, 429, 500, 503} {
			if path == "/v1/certificates/{id}" && status == 408 {
				continue
			}
			req := httptest.NewRequest("POST", "/v1/x", nil)
			w := httptest.NewRecorder()
			h.service.Refuse(w, req, status)
			if err := holdsAnswer(t, doc, path, req, w); err != nil {
				t.Errorf("%s %d: %v", path, status, err)
			}
		}
	}
}

// The comparison is worth something only if it notices a difference.
func TestAnswersThatAreNotAsDescribedAreNoticed(t *testing.T) {
	h := newAPIHouse(t)
	good := h.token(t, "GOOD", nil)
	for name, change := range map[string][2]string{
		"a field of another type": {"valid: { type: boolean, description:", "valid: { type: string, description:"},
		"a field left out":        {"        checkedAt: { type: string, format: date-time }\n        at: { type: string, format: date-time, description: \"The moment asked about, where it is not checkedAt.\" }\n        statusAsOf:", "        statusAsOf:"},
		"a field made up":         {"required: [valid, verdict, reason, checkedAt, checks]", "required: [valid, verdict, reason, checkedAt, checks, score]"},
		"a verdict less":          {"enum: [valid, invalid, indeterminate]", "enum: [invalid, indeterminate]"},
		"another media type":      {"        application/json:\n          schema: { $ref: \"#/components/schemas/Report\" }", "        text/json:\n          schema: { $ref: \"#/components/schemas/Report\" }"},
	} {
		text := bytes.Replace(openAPI, []byte(change[0]), []byte(change[1]), 1)
		if bytes.Equal(text, openAPI) {
			t.Errorf("%s: there is nothing to change", name)
			continue
		}
		if err := holds(t, described(t, text), h, "/v1/verify", 200, answers(h, good)["valid"].req); err == nil {
			t.Errorf("%s is not noticed", name)
		}
	}
}

func TestDescriptionIsServed(t *testing.T) {
	h := newAPIHouse(t)
	w := h.ask("GET", "/openapi.yaml", "")
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/yaml" || !bytes.Equal(w.Body.Bytes(), openAPI) {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := h.ask("GET", "/openapi.yaml", "", "If-None-Match", w.Header().Get("ETag")); w.Code != http.StatusNotModified {
		t.Errorf("%d", w.Code)
	}
}
