package web

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/verifier/credential"
)

// rowReply is what programs read of one row.
type rowReply struct {
	Row         int
	Valid       bool
	Verdict     string
	Reason      string
	Summary     string
	Number      string
	NameMatches *bool
	CheckedAt   time.Time
	Input       map[string]any
}

func readRows(t *testing.T, w *httptest.ResponseRecorder) (rows []rowReply) {
	t.Helper()
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(w.Body.Bytes(), &rows); err != nil {
			t.Fatalf("%v: %s", err, w.Body)
		}
		return rows
	}
	for line := range strings.Lines(w.Body.String()) {
		var r rowReply
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		rows = append(rows, r)
	}
	return rows
}

func TestBatchTakesEveryForm(t *testing.T) {
	h := newAPIHouse(t)
	good := h.token(t, "GOOD", nil)
	object := asJSON(fields{"credential": good, "name": apiHolder, "external_id": 7, "tags": []string{"a", "b"}})
	link := apiBody + "/c/" + apiID
	windows := "credential;name;Prüfling\n" + good + ";Jürgen Größe;ü\n"
	latin := bytes.NewBuffer(nil)
	for _, r := range windows {
		latin.WriteByte(byte(r))
	}
	for name, c := range map[string]struct {
		body, media string
		want        []string
	}{
		"array":            {`[ "` + good + `" , ` + object + `,{"link":"` + link + `"} , {"link":"` + link + `","name":"Grace"}]`, "application/json", []string{"valid", "valid", "valid", "invalid name_mismatch"}},
		"array by shape":   {"\ufeff [\"" + good + "\"]", "", []string{"valid"}},
		"empty array":      {"[]", "application/json", nil},
		"lines":            {good64(good) + "\n\n" + object + "\r\n\"x\"", "application/x-ndjson", []string{"valid", "valid", "invalid malformed"}},
		"lines by shape":   {object, "text/plain", []string{"valid"}},
		"commas":           {"credential,name\n" + good + ",\"" + apiHolder + "\"\n" + good + ",Grace\n", "text/csv", []string{"valid", "invalid name_mismatch"}},
		"semicolons, mark": {"\ufeffLink;Name\r\n" + link + ";" + apiHolder + "\r\n;;\r\n\r\n", "text/csv; charset=utf-8", []string{"valid", "indeterminate bad_row"}},
		"tabs":             {"number\tcredential\nCM 00001 7Q2F9\t" + good + "\nCM-00001-XXXXX\t" + good + "\nCM-00001-7Q2F9\t\n", "text/csv", []string{"valid", "invalid policy", "indeterminate no_credential"}},
		"Windows-1252":     {latin.String(), "text/csv", []string{"invalid name_mismatch"}},
		"dates":            {`[{"credential":"` + good + `","at":"2035-01-01"},{"credential":"` + good + `","at":"soon"}]`, "application/json", []string{"invalid expired", "indeterminate bad_row"}},
		"rows that are none": {`[1,null,{"credential":"x","link":"y"},{},{"Credential":"x"},{"credential":"a","credential":"b"},{"link":"no"},[],"` + good + `",{"credential":"` + good + `","receipt":true}]`, "application/json",
			[]string{"indeterminate bad_row", "indeterminate bad_row", "indeterminate bad_row", "indeterminate bad_row", "indeterminate bad_row", "indeterminate bad_row", "indeterminate bad_row", "indeterminate bad_row", "valid", "indeterminate bad_row"}},
		"a long row":        {`["` + strings.Repeat("x", MaxRow) + `","` + good + `"]`, "application/json", []string{"indeterminate bad_row", "valid"}},
		"a long line":       {`"` + strings.Repeat("x", 3*MaxRow) + `"` + "\n" + good64(good), "application/x-ndjson", []string{"indeterminate bad_row", "valid"}},
		"a long record":     {"credential,x\n" + strings.Repeat("x", 2*MaxRow) + "\n" + good + ",1,2\n" + good + "\n", "text/csv", []string{"indeterminate bad_row", "indeterminate bad_row", "valid"}},
		"a quote left open": {"credential,x\n" + good + ",\"y\n" + good + ",z", "text/csv", []string{"indeterminate bad_row"}},
		"array cut off":     {`["` + good + `","` + good, "application/json", []string{"valid", "indeterminate incomplete"}},
		"array and more":    {`["` + good + `"] x`, "application/json", []string{"indeterminate incomplete"}},
		"commas in a row":   {`["` + good + `",,]`, "application/json", []string{"valid", "indeterminate incomplete"}},
	} {
		rows := readRows(t, h.ask("POST", "/v1/verify/batch", c.body, "Content-Type", c.media))
		var got []string
		for i, r := range rows {
			got = append(got, strings.TrimSpace(r.Verdict+" "+r.Reason))
			if r.Row != i+1 || r.Valid != (r.Verdict == "valid") || r.Summary == "" || !r.CheckedAt.Equal(apiNoon) {
				t.Errorf("%s: row %+v", name, r)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	rows := readRows(t, h.ask("POST", "/v1/verify/batch", "["+object+"]"))
	if r := rows[0]; r.Number != "CM-00001-7Q2F9" || r.NameMatches == nil || !*r.NameMatches || fmt.Sprint(r.Input) != "map[external_id:7 tags:[a b]]" {
		t.Errorf("%+v", r)
	}
	rows = readRows(t, h.ask("POST", "/v1/verify/batch?at=2035-01-01", good64(good), "Content-Type", "application/x-ndjson"))
	if rows[0].Reason != "expired" {
		t.Errorf("a date for all rows: %+v", rows[0])
	}
}

func good64(token string) string { return `"` + token + `"` }

func TestBatchAnswersInTheFormAskedFor(t *testing.T) {
	for accept, want := range map[string]batchForm{
		"": inLines, "*/*": inLines, "text/html": inLines, "text/csv": inCSV, "application/json": inArray, "application/x-ndjson": inLines,
		"text/html, text/csv;q=0.5": inCSV, "text/csv;q=0.2, application/json;q=0.9": inArray, "text/csv;q=x": inLines, ";;;": inLines,
	} {
		if got := formOf(accept); got != want {
			t.Errorf("%q: %d", accept, got)
		}
	}
	h := newAPIHouse(t)
	in := "credential,external_id,valid\n" + h.token(t, "GOOD", nil) + ",42,yes\nx,43,\"a,\"\"b\"\"\"\n"
	w := h.ask("POST", "/v1/verify/batch", in, "Content-Type", "text/csv", "Accept", "text/csv")
	table, err := csv.NewReader(w.Body).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(table[0], " "); got != "row valid verdict reason summary number nameMatches checkedAt at external_id input_valid" {
		t.Errorf("header %q", got)
	}
	if got := strings.Join(table[1], "|"); got != "1|true|valid||Every check has passed.|CM-00001-7Q2F9||2026-11-20T12:00:00Z||42|yes" {
		t.Errorf("row %q", got)
	}
	if table[2][10] != `a,"b"` || table[2][1] != "false" {
		t.Errorf("row %q", table[2])
	}
	if w := h.ask("POST", "/v1/verify/batch", "[]", "Accept", "text/csv"); !strings.HasPrefix(w.Body.String(), "row,valid,") {
		t.Errorf("no rows: %q", w.Body)
	}
	if w := h.ask("POST", "/v1/verify/batch", "[]", "Accept", "application/json"); w.Body.String() != "[]\n" {
		t.Errorf("no rows: %q", w.Body)
	}
}

// T22: nothing that a spreadsheet would calculate leaves here.
func TestBatchIsNoFormula(t *testing.T) {
	h := newAPIHouse(t)
	var in strings.Builder
	in.WriteString("credential,=cmd,note\n")
	payloads := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(\"http://x\")", "＝1", "'=1", "|x", "\n=1"}
	for _, p := range payloads {
		fmt.Fprintf(&in, "x,\"%s\",\"%s\"\n", strings.ReplaceAll(p, `"`, `""`), strings.ReplaceAll(p, `"`, `""`))
	}
	w := h.ask("POST", "/v1/verify/batch", in.String(), "Content-Type", "text/csv", "Accept", "text/csv")
	table, err := csv.NewReader(w.Body).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(table) != len(payloads)+1 {
		t.Errorf("%d rows", len(table))
	}
	for _, row := range table {
		for _, field := range row {
			if field != "" && strings.ContainsAny(field[:1], "=+-@\t\r\n") {
				t.Errorf("field %q", field)
			}
		}
	}
}

func TestBatchRefusesWhatIsNone(t *testing.T) {
	h := newAPIHouse(t)
	for name, c := range map[string]struct {
		target, body, media string
		status              int
	}{
		"nothing":               {"/v1/verify/batch", "", "", 400},
		"white space":           {"/v1/verify/batch", " \n", "application/json", 400},
		"object":                {"/v1/verify/batch", "{}", "application/json", 400},
		"PDF":                   {"/v1/verify/batch", "%PDF", "application/pdf", 415},
		"broken media type":     {"/v1/verify/batch", "[]", "///", 415},
		"no column asks":        {"/v1/verify/batch", "name,date\nx,y", "text/csv", 400},
		"column twice":          {"/v1/verify/batch", "credential,Credential\nx,y", "text/csv", 400},
		"column without a name": {"/v1/verify/batch", "credential,,x\nx,y,z", "text/csv", 400},
		"broken header":         {"/v1/verify/batch", "a\"b,credential\"\nx", "text/csv", 400},
		"unknown in address":    {"/v1/verify/batch?name=x", "[]", "", 400},
		"odd date":              {"/v1/verify/batch?at=x", "[]", "", 400},
	} {
		w := h.ask("POST", c.target, c.body, "Content-Type", c.media)
		readReply(t, w)
		if w.Code != c.status {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	r := httptest.NewRequest("POST", "/v1/verify/batch", strings.NewReader("[]"))
	r.ContentLength = MaxBatch + 1
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("announced: %d", w.Code)
	}
}

func TestBatchEndsAtItsLimits(t *testing.T) {
	h := newAPIHouse(t)
	rows := readRows(t, h.ask("POST", "/v1/verify/batch", strings.Repeat("\"x\"\n", MaxRows+5), "Content-Type", "application/x-ndjson"))
	if last := rows[len(rows)-1]; len(rows) != MaxRows+1 || last.Reason != incomplete || rows[MaxRows-1].Reason != "malformed" {
		t.Errorf("%d rows, the last %+v", len(rows), last)
	}
	r := httptest.NewRequest("POST", "/v1/verify/batch", struct{ io.Reader }{strings.NewReader(strings.Repeat("\"x\"\n"+strings.Repeat(" ", 60<<10)+"\n", MaxBatch/(60<<10)+10))})
	r.Header.Set("Content-Type", "application/x-ndjson")
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	rows = readRows(t, w)
	if last := rows[len(rows)-1]; last.Reason != incomplete || !strings.Contains(last.Summary, "32 MiB") {
		t.Errorf("%d rows, the last %+v", len(rows), last)
	}
}

// serveBatch posts rows as they come to a real server, and returns its answer.
func serveBatch(t *testing.T, h *apiHouse, body io.Reader) *http.Response {
	t.Helper()
	srv := httptest.NewServer(h.handler)
	t.Cleanup(srv.Close)
	req, err := http.NewRequestWithContext(t.Context(), "POST", srv.URL+"/v1/verify/batch", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// Each row is answered while others are still to come.
func TestBatchStreams(t *testing.T) {
	h := newAPIHouse(t)
	in, out := io.Pipe()
	go func() { io.WriteString(out, "\"x\"\n") }()
	resp := serveBatch(t, h, in)
	answers := bufio.NewScanner(resp.Body)
	for n := 1; n <= 3; n++ {
		if !answers.Scan() || !strings.Contains(answers.Text(), `"row":`+strconv.Itoa(n)) {
			t.Fatalf("row %d: %q %v", n, answers.Text(), answers.Err())
		}
		io.WriteString(out, "\"y\"\n\"z"[4*min(n-1, 1):]) // the end of a row, and half of the next
		if n > 1 {
			io.WriteString(out, "\"\n")
		}
	}
	out.Close()
	for answers.Scan() {
	}
}

// Whoever sends everything before reading anything is answered too.
func TestBatchOfOneWhoReadsLast(t *testing.T) {
	h := newAPIHouse(t)
	srv := httptest.NewServer(h.handler)
	defer srv.Close()
	body := strings.Repeat("\"x\"\n", MaxRows)
	conn := dialTest(t, srv.Listener.Addr().String())
	fmt.Fprintf(conn, "POST /v1/verify/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", len(body))
	if _, err := io.WriteString(conn, body); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if n := bytes.Count(text, []byte("\n")); err != nil || n != MaxRows {
		t.Errorf("%d rows, %v", n, err)
	}
}

// A client that goes away ends its batch.
func TestBatchEndsWithItsClient(t *testing.T) {
	h := newAPIHouse(t)
	ended := make(chan any, 1)
	inner := h.handler
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			ended <- p
			if p != nil {
				panic(p)
			}
		}()
		inner.ServeHTTP(w, r)
	}))
	defer srv.Close()
	conn := dialTest(t, srv.Listener.Addr().String())
	fmt.Fprint(conn, "POST /v1/verify/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n\"x\"\n\r\n")
	if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	select {
	case p := <-ended:
		if p != http.ErrAbortHandler {
			t.Errorf("it ended with %v", p)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the batch goes on")
	}
}

// What is kept of a batch does not grow with its rows.
func TestBatchTakesNoMemoryForItsRows(t *testing.T) {
	if testing.Short() {
		t.Skip("slow")
	}
	h := newAPIHouse(t)
	good := good64(h.token(t, "GOOD", nil)) + "\n"
	peak := func(rows int) uint64 {
		runtime.GC()
		var before, now runtime.MemStats
		runtime.ReadMemStats(&before)
		in, out := io.Pipe()
		ahead := make(chan struct{}, 200) // rows that are not answered yet
		go func() {
			for range rows {
				ahead <- struct{}{}
				io.WriteString(out, good)
			}
			out.Close()
		}()
		resp := serveBatch(t, h, in)
		answers := bufio.NewScanner(resp.Body)
		var most uint64
		n := 0
		for ; answers.Scan(); n++ {
			<-ahead
			if n%500 == 0 {
				runtime.GC()
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapAlloc-min(now.HeapAlloc, before.HeapAlloc))
			}
		}
		if n != rows {
			t.Fatalf("%d rows of %d", n, rows)
		}
		return most
	}
	few, many := peak(500), peak(10_000)
	if many > few+4<<20 {
		t.Errorf("500 rows take %d KiB, 10000 take %d KiB", few>>10, many>>10)
	}
}

func TestSameNumber(t *testing.T) {
	c := &credential.Credential{Subject: credential.Subject{LicenseNumber: "CM-00001-7Q2F9"}}
	for number, want := range map[string]bool{"CM-00001-7Q2F9": true, "cm 00001 7q2f9": true, "CM000017Q2F9": true, "CM-00001-7Q2F8": false, "": false} {
		if sameNumber(number, c) != want {
			t.Errorf("%q: %v", number, !want)
		}
	}
}

// Whoever sends a byte now and then does not keep a place for ten minutes.
func TestBatchIsNotWaitedForWithoutEnd(t *testing.T) {
	p := &patient{began: apiNoon}
	for _, c := range []struct {
		after, want time.Duration
		read        int64
	}{
		{0, 30 * time.Second, 0}, {20 * time.Second, 50 * time.Second, 0}, {50 * time.Second, time.Minute + time.Second, 256},
		{5 * time.Minute, 5*time.Minute + 30*time.Second, 1 << 20}, {5 * time.Minute, time.Minute + 4*time.Second, 1024},
	} {
		p.read = c.read
		if got := p.until(apiNoon.Add(c.after)).Sub(apiNoon); got != c.want {
			t.Errorf("after %s and %d bytes: until %s, want %s", c.after, c.read, got, c.want)
		}
	}
}
