package web

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/testamur/testamur/verifier"
)

// appendReport appends the report as encoding/json writes it, with the member valid
// at its head and, unless it is "", the receipt at its end. The signed content is
// put in as it is: it has been read as JSON before.
func appendReport(b []byte, r *verifier.Report, receipt string) []byte {
	b = append(b, `{"valid":`...)
	b = strconv.AppendBool(b, r.Verdict == verifier.Valid)
	b = append(b, `,"verdict":"`...)
	b = append(b, r.Verdict.String()...)
	b = append(b, `","reason":`...)
	b = appendString(b, string(r.Reason))
	b = append(b, `,"checkedAt":`...)
	b = appendTime(b, r.CheckedAt)
	if r.At != nil {
		b = append(b, `,"at":`...)
		b = appendTime(b, *r.At)
	}
	if r.StatusAsOf != nil {
		b = append(b, `,"statusAsOf":`...)
		b = appendTime(b, *r.StatusAsOf)
	}
	for i, l := range r.StatusLists {
		b = append(b, opening(i, `,"statusLists":[`)...)
		b = append(b, `{"id":`...)
		b = appendString(b, l.URL)
		b = append(b, `,"purpose":`...)
		b = appendString(b, l.Purpose)
		b = append(b, `,"validFrom":`...)
		b = appendTime(b, l.ValidFrom)
		b = append(b, `,"validUntil":`...)
		b = appendTime(b, l.ValidUntil)
		b = append(b, `,"digest":`...)
		b = appendString(b, l.Digest)
		b = append(b, '}')
	}
	if len(r.StatusLists) > 0 {
		b = append(b, ']')
	}
	if r.NameMatches != nil {
		b = append(b, `,"nameMatches":`...)
		b = strconv.AppendBool(b, *r.NameMatches)
	}
	b = append(b, `,"checks":[`...)
	for i, c := range r.Checks {
		b = append(b, opening(i, "")...)
		b = append(b, `{"name":`...)
		b = appendString(b, string(c.Name))
		b = append(b, `,"outcome":`...)
		b = appendString(b, string(c.Outcome))
		b = append(b, `,"detail":`...)
		b = appendString(b, c.Detail)
		b = append(b, '}')
	}
	b = append(b, ']')
	if len(r.Payload) > 0 && (r.Certificate != nil || json.Valid(r.Payload)) {
		b = append(b, `,"credential":`...)
		b = append(b, r.Payload...)
	}
	if r.Summarised != nil {
		text, _ := json.Marshal(r.Summarised) // strings, numbers and times that were read: cannot fail
		b = append(b, `,"summary":`...)
		b = append(b, text...)
	}
	if receipt != "" {
		b = append(b, `,"receipt":`...)
		b = appendString(b, receipt)
	}
	return append(b, '}')
}

// opening is what stands before the i-th of several.
func opening(i int, first string) string {
	if i == 0 {
		return first
	}
	return ","
}

func appendTime(b []byte, t time.Time) []byte {
	b = append(b, '"')
	b = t.AppendFormat(b, time.RFC3339Nano)
	return append(b, '"')
}

// appendString appends the string as JSON. What needs more than quotation marks is
// left to encoding/json.
func appendString(b []byte, s string) []byte {
	special, ascii := false, true
	for i := 0; i < len(s) && !special; i++ {
		ascii = ascii && s[i] < utf8.RuneSelf
		special = s[i] < utf8.RuneSelf && !plainByte[s[i]]
	}
	if special || !ascii && (!utf8.ValidString(s) || hasSeparator(s)) {
		text, _ := json.Marshal(s) // cannot fail
		return append(b, text...)
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// hasSeparator reports whether s holds U+2028 or U+2029, which encoding/json escapes.
func hasSeparator(s string) bool {
	for _, r := range s {
		if r == '\u2028' || r == '\u2029' {
			return true
		}
	}
	return false
}

// plainByte holds the ASCII characters that stand for themselves.
var plainByte = func() (t [256]bool) {
	for c := byte(' '); c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
	}
	return t
}()
