package web

import (
	"strings"
	"time"

	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/verifier"
)

// The words of the pages that do not stand in their templates. Every text here is
// a message of the catalogues.

var checkNames = map[verifier.CheckName]string{
	verifier.Format:      "Form",
	verifier.IssuerKey:   "Issuer",
	verifier.Signature:   "Signature",
	verifier.Status:      "Status",
	verifier.Validity:    "Dates",
	verifier.PolicyCheck: "Rules",
	verifier.PaperCheck:  "Paper",
}

var outcomes = map[verifier.Outcome]struct{ icon, words string }{
	verifier.Passed:         {"passed", "passed"},
	verifier.Failed:         {"failed", "failed"},
	verifier.OutcomeUnknown: {"undecided", "could not be checked"},
	verifier.OutcomeSkipped: {"skipped", "not looked at"},
}

// publicReasons are the words for the codes of a [Standing]. A code without words
// is another reason.
var publicReasons = map[string]string{
	"error":         "issued in error",
	"fraud":         "obtained by false statements",
	"misuse":        "misuse of the certificate or mark",
	"misconduct":    "breach of the code of conduct",
	"obligations":   "obligations of certified persons not met",
	"investigation": "a complaint or doubt is being looked into",
	"request":       "at the request of the certified person",
	superseded:      "replaced by another certificate",
	"resolved":      "the reason for the suspension is settled",
	"appeal":        "upheld on appeal",
}

const (
	superseded  = "superseded"
	otherReason = "another reason, known to the body"
)

func reasonWords(code string) string {
	if words, ok := publicReasons[code]; ok {
		return words
	}
	return otherReason
}

// advised are the findings whose first value is itself a text of the catalogues:
// advice, or why something is doubted.
var advised = map[string]bool{
	"%s.": true,
	"This is not a certificate in the accepted form. %s.":                                                                true,
	"What the page shows could not be compared with certainty: %s. Scan its QR code, or compare it with the page at %s.": true,
}

// finding puts the sentence of a check into the language. What is not in its
// catalogue stays as the verifier has said it, in English.
func finding(l *templates.Language, c verifier.Check) templates.Words {
	format, args := c.Message()
	if format == "" || !l.Has(format) {
		return templates.Words{{Text: templates.Visible(c.Detail), Kind: templates.Technical}}
	}
	// What follows a colon at the end is the text of an error.
	technical := strings.HasSuffix(format, ": %s.") || strings.HasSuffix(format, ": %v.")
	values := make([]any, len(args))
	for i, arg := range args {
		values[i] = arg
		switch v := arg.(type) {
		case verifier.Day:
			values[i] = l.Date(time.Time(v))
		case verifier.Minute:
			values[i] = l.Clock(time.Time(v))
		case string:
			switch last := i == len(args)-1; {
			case i == 0 && advised[format]:
				values[i] = advice(l, v)
			case technical && last:
				values[i] = templates.Word{Text: templates.Visible(v), Kind: templates.Technical}
			}
		}
	}
	return l.Say(format, values...)
}

// advice puts a text into the language if the catalogue has it, whole or sentence
// by sentence. The full stop of the last one belongs to the sentence around it.
func advice(l *templates.Language, text string) templates.Word {
	if l.Has(text) {
		return templates.Word{Text: l.Text(text)}
	}
	var known []string
	for rest := text + "."; rest != ""; {
		end := len(rest)
		for !l.Has(rest[:end]) {
			if end = strings.LastIndex(rest[:end-1], ". ") + 1; end == 0 {
				return templates.Word{Text: templates.Visible(text), Kind: templates.Technical}
			}
		}
		known = append(known, l.Text(rest[:end]))
		rest = strings.TrimPrefix(rest[end:], " ")
	}
	return templates.Word{Text: strings.TrimSuffix(strings.Join(known, " "), ".")}
}
