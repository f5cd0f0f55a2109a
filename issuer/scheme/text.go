package scheme

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Texts of an application are read by people, who decide by what they see. So
// nothing may stand in them that cannot be seen, or that makes them read other
// than they are written.

// optional looks at a text that may be left out.
func (c *check) optional(path, text string) {
	if fault := unreadable(text); fault != "" {
		c.fault(path, "%s", fault)
	}
}

// present looks at a text that may not.
func (c *check) present(path, text string) {
	if strings.TrimSpace(text) == "" {
		c.fault(path, "is missing")
		return
	}
	c.optional(path, text)
}

// MaxName is how long the name of a person may be, in bytes; comparing longer
// ones costs time and means nothing.
const MaxName = 300

// name looks at the name of a person.
func (c *check) name(path, text string) {
	if len(text) > MaxName {
		c.fault(path, "is longer than %d bytes", MaxName)
		return
	}
	switch fault := unreadable(text); {
	case strings.TrimSpace(text) == "":
		c.fault(path, "is missing")
	case fault != "":
		c.fault(path, "%s", fault)
	case !person(text).named():
		c.fault(path, "%q is no name; a name has letters", text)
	case several(text):
		c.fault(path, "one person per entry: write a second training/exam entry, or name the responsible one")
	}
}

// unreadable says what must not stand in text, or "" when nothing does.
func unreadable(text string) string {
	if !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) {
		return "is not valid UTF-8; save the file as UTF-8"
	}
	for _, r := range text {
		switch {
		case strings.ContainsRune("\n\v\f\r\u0085\u2028\u2029", r):
			return fmt.Sprintf("holds the line break %U; write it on one line", r)
		case unicode.IsControl(r):
			return fmt.Sprintf("holds the control character %U; remove it", r)
		case unicode.Is(unicode.Bidi_Control, r):
			return fmt.Sprintf("holds %U, which turns the direction of reading; remove it", r)
		case invisible(r):
			return fmt.Sprintf("holds the invisible character %U; remove it", r)
		case unicode.Is(unicode.Co, r):
			return fmt.Sprintf("holds %U, which has no agreed meaning; remove it", r)
		}
	}
	return ""
}
