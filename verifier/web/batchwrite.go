package web

import (
	"io"
	"strconv"
	"strings"
	"time"
)

// rowWriter writes the answers of a batch.
type rowWriter interface {
	row(n int, r *row) error
	end() error
}

func (f batchForm) writer(w io.Writer, extra []string) rowWriter {
	switch f {
	case inCSV:
		return &csvWriter{w: w, extra: extra}
	case inArray:
		return &jsonWriter{w: w, before: "[\n", between: ",\n", last: "\n]\n", none: "[]\n"}
	}
	return &jsonWriter{w: w, each: "\n"}
}

// jsonWriter writes an object for each row.
type jsonWriter struct {
	w                                 io.Writer
	before, between, each, last, none string
	buffer                            []byte
	begun                             bool
}

func (w *jsonWriter) row(n int, r *row) error {
	b := w.buffer[:0]
	if w.begun {
		b = append(b, w.between...)
	} else {
		b = append(b, w.before...)
	}
	w.begun = true
	a := &r.answer
	b = append(b, `{"row":`...)
	b = strconv.AppendInt(b, int64(n), 10)
	b = append(b, `,"valid":`...)
	b = strconv.AppendBool(b, a.valid())
	b = append(b, `,"verdict":`...)
	b = appendString(b, a.verdict)
	b = append(b, `,"reason":`...)
	b = appendString(b, a.reason)
	b = append(b, `,"summary":`...)
	b = appendString(b, a.summary)
	if a.number != "" {
		b = append(b, `,"number":`...)
		b = appendString(b, a.number)
	}
	if a.matches != nil {
		b = append(b, `,"nameMatches":`...)
		b = strconv.AppendBool(b, *a.matches)
	}
	b = append(b, `,"checkedAt":`...)
	b = appendTime(b, a.checkedAt)
	if a.at != nil {
		b = append(b, `,"at":`...)
		b = appendTime(b, *a.at)
	}
	for i, c := range r.extra {
		b = append(b, opening(i, `,"input":{`)...)
		b = appendString(b, c.name)
		b = append(b, ':')
		if c.json {
			b = append(b, c.text...)
		} else {
			b = appendString(b, c.text)
		}
	}
	if len(r.extra) > 0 {
		b = append(b, '}')
	}
	b = append(b, '}')
	b = append(b, w.each...) // at once, so that the row can be read at once
	w.buffer = b
	_, err := w.w.Write(b)
	return err
}

func (w *jsonWriter) end() error {
	text := w.last
	if !w.begun {
		text = w.none
	}
	_, err := io.WriteString(w.w, text)
	return err
}

// valid is the one word that programs look at.
func (a *rowAnswer) valid() bool { return a.verdict == "valid" }

// answerColumns are the columns of every answer in CSV.
var answerColumns = []string{"row", "valid", "verdict", "reason", "summary", "number", "nameMatches", "checkedAt", "at"}

// csvWriter writes a table (RFC 4180) that a spreadsheet shows as it is and does
// not calculate.
type csvWriter struct {
	w      io.Writer
	extra  []string // columns that are passed through
	buffer []byte
	begun  bool
}

func (w *csvWriter) row(n int, r *row) error {
	w.head()
	a := &r.answer
	matches := ""
	if a.matches != nil {
		matches = strconv.FormatBool(*a.matches)
	}
	at := ""
	if a.at != nil {
		at = a.at.Format(time.RFC3339)
	}
	fields := make([]string, 0, len(answerColumns)+len(w.extra))
	fields = append(fields, strconv.Itoa(n), strconv.FormatBool(a.valid()), a.verdict, a.reason, a.summary, a.number, matches, a.checkedAt.Format(time.RFC3339), at)
	for _, name := range w.extra {
		fields = append(fields, r.column(name))
	}
	w.line(fields)
	return w.flush()
}

// column returns what was passed through under the name.
func (r *row) column(name string) string {
	for _, c := range r.extra {
		if c.name == name {
			return c.text
		}
	}
	return ""
}

// head puts the names of the columns before the first row. One that was passed
// through must not look like an answer.
func (w *csvWriter) head() {
	if w.begun {
		return
	}
	w.begun = true
	names := append([]string(nil), answerColumns...)
	for _, name := range w.extra {
		for _, ours := range answerColumns {
			if strings.EqualFold(strings.ReplaceAll(name, "_", ""), ours) {
				name = "input_" + name
				break
			}
		}
		names = append(names, name)
	}
	w.line(names)
}

func (w *csvWriter) line(fields []string) {
	for i, text := range fields {
		if i > 0 {
			w.buffer = append(w.buffer, ',')
		}
		w.buffer = appendField(w.buffer, text)
	}
	w.buffer = append(w.buffer, "\r\n"...)
}

func (w *csvWriter) flush() error {
	_, err := w.w.Write(w.buffer)
	w.buffer = w.buffer[:0]
	return err
}

func (w *csvWriter) end() error {
	w.head()
	return w.flush()
}

// appendField appends a field. What a spreadsheet would take for a formula gets an
// apostrophe before it (OWASP, CSV injection).
func appendField(b []byte, text string) []byte {
	guard := text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) ||
		strings.HasPrefix(text, "＝") || strings.HasPrefix(text, "＋") || strings.HasPrefix(text, "－") || strings.HasPrefix(text, "＠")
	if !guard && text != "" && !strings.ContainsAny(text, "\",;\t\r\n ") {
		return append(b, text...)
	}
	if text == "" {
		return b
	}
	b = append(b, '"')
	if guard {
		b = append(b, '\'')
	}
	b = append(b, strings.ReplaceAll(text, `"`, `""`)...)
	return append(b, '"')
}
