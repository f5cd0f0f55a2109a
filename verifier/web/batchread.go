package web

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/testamur/testamur/keys/strictjson"
)

// errShape says that what follows is not in the form of the rows before.
var errShape = errors.New("not in the form of rows")

const rowTooLong = "The row is longer than 64 KiB."

// rowsOf returns the rows of a batch in the form of its media type or, if that says
// nothing, in that of its first character.
func rowsOf(contentType string, in *bufio.Reader) (source, *Problem) {
	media := ""
	if contentType != "" {
		var err error
		if media, _, err = mime.ParseMediaType(contentType); err != nil {
			media = "?"
		}
	}
	skipMark(in)
	first, err := firstByte(in)
	if p := unread(err, 0, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, p
	}
	if errors.Is(err, io.EOF) {
		return nil, malformed("The batch is empty.")
	}
	switch media {
	case "application/json":
		if first != '[' {
			return nil, malformed("The batch is not a JSON array.")
		}
	case "application/x-ndjson", "application/ndjson", "application/jsonl":
		return &lines{in}, nil
	case "text/csv":
		return newTable(in)
	case "", "text/plain", "application/octet-stream":
	default:
		p := problemOf(http.StatusUnsupportedMediaType)
		p.Detail = "Accepted are application/json, application/x-ndjson and text/csv."
		return nil, p
	}
	switch first {
	case '[':
		in.Discard(1)
		return &array{in: in}, nil
	case '{', '"':
		return &lines{in}, nil
	}
	return newTable(in)
}

// skipMark skips a byte order mark.
func skipMark(in *bufio.Reader) {
	if head, _ := in.Peek(3); bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		in.Discard(3)
	}
}

// firstByte skips white space and returns the byte after it, which is not taken.
func firstByte(in *bufio.Reader) (byte, error) {
	for {
		b, err := in.ReadByte()
		if err != nil {
			return 0, err
		}
		if !strings.ContainsRune(" \t\r\n", rune(b)) {
			return b, in.UnreadByte()
		}
	}
}

// jsonRow reads one row of JSON: a token, or an object. Members that are not known
// are passed through.
func jsonRow(text []byte) *row {
	r := &row{}
	if text[0] == '"' {
		if err := strictjson.Decode(text, &r.asked.Credential); err != nil {
			r.fault = "The row is not well-formed JSON."
		}
		return r
	}
	// Read whole before its members are looked at one by one.
	var all struct {
		asked
		Number string `json:"number"`
	}
	if text[0] != '{' {
		r.fault = "The row is neither a JSON object nor a text."
		return r
	}
	if err := strictjson.Decode(text, &all); err != nil {
		r.fault = "The row cannot be read: " + err.Error() + "."
		return r
	}
	r.asked, r.number = all.asked, all.Number
	for name, value := range strictjson.Members(text) {
		if !slices.Contains(questionColumns, name) && name != "receipt" {
			var compact bytes.Buffer // on one line
			if json.Compact(&compact, value) == nil {
				r.extra = append(r.extra, column{name, compact.String(), true})
			}
		}
	}
	return r
}

// questionColumns are the columns that ask something.
var questionColumns = []string{"credential", "link", "number", "name", "at", "certificate"}

// lines is a batch of one JSON value on each line.
type lines struct{ in *bufio.Reader }

func (l *lines) columns() []string { return nil }

func (l *lines) next() (*row, error) {
	for {
		text, long, err := readLine(l.in)
		if err != nil {
			return nil, err
		}
		text = bytes.TrimSpace(text)
		switch {
		case long:
			return &row{fault: rowTooLong}, nil
		case len(text) > 0:
			return jsonRow(text), nil
		}
	}
}

// readLine returns the next line, or that it is longer than a row may be. The error
// is io.EOF only if there is none.
func readLine(in *bufio.Reader) (text []byte, long bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if long = long || len(text)+len(part) > MaxRow; !long {
			text = append(text, part...)
		}
		switch {
		case err == nil, errors.Is(err, io.EOF) && (long || len(text) > 0):
			return text, long, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, false, err
		}
	}
}

// array is a batch as one JSON array.
type array struct {
	in    *bufio.Reader
	begun bool
	ended bool
}

func (a *array) columns() []string { return nil }

func (a *array) next() (*row, error) {
	if a.ended {
		return nil, io.EOF
	}
	first, err := firstByte(a.in)
	if err != nil {
		return nil, cut(err)
	}
	if first == ']' && !a.begun {
		a.in.Discard(1)
		return nil, a.end()
	}
	a.begun = true
	text, long, err := a.element()
	switch {
	case err != nil:
		return nil, err
	case long:
		return &row{fault: rowTooLong}, nil
	case len(text) == 0:
		return nil, errShape
	}
	return jsonRow(text), nil
}

// element reads up to the comma or bracket behind an element, which is not looked
// at but for where it ends.
func (a *array) element() (text []byte, long bool, err error) {
	depth, quoted, escaped := 0, false, false
	for {
		b, err := a.in.ReadByte()
		if err != nil {
			return nil, false, cut(err)
		}
		switch {
		case escaped:
			escaped = false
		case quoted:
			escaped, quoted = b == '\\', b != '"'
		case b == '"':
			quoted = true
		case b == '{' || b == '[':
			depth++
		case depth == 0 && (b == ',' || b == ']'):
			if b == ']' {
				if err := a.end(); !errors.Is(err, io.EOF) {
					return nil, false, err
				}
			}
			return bytes.TrimSpace(text), long, nil
		case b == '}' || b == ']':
			depth--
		}
		if long = long || len(text) == MaxRow; !long {
			text = append(text, b)
		}
	}
}

// end is io.EOF if nothing follows the array.
func (a *array) end() error {
	a.ended = true
	_, err := firstByte(a.in)
	if err == nil {
		return errShape
	}
	return err
}

// cut is the error of a batch that ended amid its form.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return errShape
	}
	return err
}

// table is a batch in CSV, whose first row names the columns.
type table struct {
	in     *bufio.Reader
	comma  rune
	header []string // as it came
	known  []string // for each column the name of the question's, or ""
	extra  []string // the others
}

func (t *table) columns() []string { return t.extra }

// newTable reads the header. The delimiter is that which is in it.
func newTable(in *bufio.Reader) (*table, *Problem) {
	t := &table{in: in}
	text, long, err := t.record()
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, unread(err, 0, 0)
	case err != nil || long:
		return nil, malformed("The table has no header row.")
	}
	t.comma = ','
	for _, other := range ";\t" {
		if strings.Count(text, string(other)) > strings.Count(text, string(t.comma)) {
			t.comma = other
		}
	}
	if t.header, err = t.fields(text); err != nil {
		return nil, malformed("The header row of the table is not well-formed.")
	}
	seen := map[string]bool{}
	asks := false
	for i, name := range t.header {
		name = strings.TrimSpace(name)
		t.header[i] = name
		lower := strings.ToLower(name)
		if name == "" || seen[lower] {
			return nil, malformed("The header row of the table has a column without a name, or two of one name.")
		}
		seen[lower] = true
		if slices.Contains(questionColumns, lower) {
			t.known = append(t.known, lower)
			asks = asks || lower == "credential" || lower == "link" || lower == "number"
			continue
		}
		t.known = append(t.known, "")
		t.extra = append(t.extra, name)
	}
	if !asks {
		return nil, malformed("The header row of the table names neither the column credential nor link.")
	}
	return t, nil
}

func (t *table) next() (*row, error) {
	for {
		text, long, err := t.record()
		if err != nil {
			return nil, err
		}
		if !long && strings.TrimSpace(text) == "" {
			continue // Excel leaves such at the end
		}
		r := &row{extra: make([]column, 0, len(t.extra))}
		var fields []string
		if long {
			r.fault = rowTooLong
		} else if fields, err = t.fields(text); err != nil {
			r.fault = "The row is not well-formed CSV."
		} else if len(fields) > len(t.header) {
			r.fault = "The row has more columns than the header."
		}
		for i, known := range t.known {
			value := ""
			if r.fault == "" && i < len(fields) {
				value = fields[i]
			}
			switch known {
			case "credential":
				r.asked.Credential = strings.TrimSpace(value)
			case "link":
				r.asked.Link = strings.TrimSpace(value)
			case "number":
				r.number = strings.TrimSpace(value)
			case "name":
				name := strings.TrimSpace(value)
				r.asked.Name = &name
			case "at":
				r.asked.At = strings.TrimSpace(value)
			case "certificate":
				r.asked.Certificate = strings.TrimSpace(value)
			default:
				r.extra = append(r.extra, column{t.header[i], value, false})
			}
		}
		return r, nil
	}
}

// record returns the text of the next record, in UTF-8: a line, or several if a
// line break stands between quotation marks. What is not UTF-8 is read as
// Windows-1252, in which spreadsheets still write.
func (t *table) record() (text string, long bool, err error) {
	var whole []byte
	for quotes := 0; ; {
		line, longLine, err := readLine(t.in)
		if err != nil {
			if errors.Is(err, io.EOF) && whole != nil {
				break // a quotation mark that was never closed, which fields finds
			}
			return "", false, err
		}
		if longLine || len(whole)+len(line) > MaxRow {
			return "", true, nil
		}
		whole = append(whole, line...)
		if quotes += bytes.Count(line, []byte{'"'}); quotes%2 == 0 {
			break
		}
	}
	if !utf8.Valid(whole) {
		whole, _ = charmap.Windows1252.NewDecoder().Bytes(whole) // every byte means something
	}
	return string(whole), false, nil
}

func (t *table) fields(text string) ([]string, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord = t.comma, -1
	return r.Read()
}
