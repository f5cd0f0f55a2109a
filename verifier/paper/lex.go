package paper

import (
	"bytes"
	"errors"
	"strconv"
)

// A lexer takes a content stream apart (ISO 32000-1 §7.8.2). Operands are
// float64, name, []byte (a string), []any (an array), map[string]any and bool;
// an operator is an operator. Whatever is malformed ends the stream: what comes
// after it is read differently by different viewers.
type lexer struct {
	data []byte
	at   int
}

type (
	name     string
	operator string
)

var errSyntax = errors.New("content stream is malformed")

const (
	maxNesting = 16   // arrays and dictionaries within one another
	maxList    = 8192 // members of one array or dictionary
)

// next gives the next operand or operator, and nil at the end.
func (l *lexer) next() (any, error) { return l.value(0) }

func (l *lexer) value(depth int) (any, error) {
	l.blanks()
	if l.at >= len(l.data) {
		return nil, nil
	}
	if depth > maxNesting {
		return nil, errSyntax
	}
	switch c := l.data[l.at]; {
	case c == '/':
		l.at++
		return name(l.name()), nil
	case c == '(':
		return l.literal()
	case c == '<':
		if bytes.HasPrefix(l.data[l.at:], []byte("<<")) {
			l.at += 2
			return l.dict(depth)
		}
		return l.hex()
	case c == '[':
		l.at++
		return l.list(depth, ']')
	case c == ']' || c == '>' || c == ')' || c == '{' || c == '}':
		return nil, errSyntax
	case c == '+' || c == '-' || c == '.' || c >= '0' && c <= '9':
		return l.number()
	}
	from := l.at
	for l.at < len(l.data) && isRegular(l.data[l.at]) {
		l.at++
	}
	switch word := string(l.data[from:l.at]); word {
	case "true", "false":
		return word == "true", nil
	case "null":
		return name(""), nil
	default:
		return operator(word), nil
	}
}

// blanks passes over white space and comments (§7.2.3).
func (l *lexer) blanks() {
	for ; l.at < len(l.data); l.at++ {
		switch c := l.data[l.at]; {
		case c == '%':
			for l.at < len(l.data) && l.data[l.at] != '\n' && l.data[l.at] != '\r' {
				l.at++
			}
			if l.at == len(l.data) {
				return
			}
		case !isBlank(c):
			return
		}
	}
}

func isBlank(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isRegular(c byte) bool { return !isBlank(c) && bytes.IndexByte([]byte("()<>[]{}/%"), c) < 0 }

// number reads an integer or a real; PDF knows no exponents (§7.3.3).
func (l *lexer) number() (any, error) {
	from := l.at
	for l.at < len(l.data) && isRegular(l.data[l.at]) {
		l.at++
	}
	word := l.data[from:l.at]
	if len(word) > 32 || bytes.ContainsFunc(word, func(r rune) bool { return (r < '0' || r > '9') && r != '+' && r != '-' && r != '.' }) {
		return nil, errSyntax
	}
	f, err := strconv.ParseFloat(string(word), 64)
	if err != nil || f > 1e9 || f < -1e9 {
		return nil, errSyntax
	}
	return f, nil
}

// name reads a name, with its #xx escapes (§7.3.5).
func (l *lexer) name() string {
	var out []byte
	for ; l.at < len(l.data) && isRegular(l.data[l.at]); l.at++ {
		c := l.data[l.at]
		if c == '#' && l.at+2 < len(l.data) {
			if n, err := strconv.ParseUint(string(l.data[l.at+1:l.at+3]), 16, 8); err == nil {
				c = byte(n)
				l.at += 2
			}
		}
		out = append(out, c)
	}
	return string(out)
}

// literal reads a string in parentheses (§7.3.4.2).
func (l *lexer) literal() (any, error) {
	var out []byte
	open := 0
	for ; l.at < len(l.data); l.at++ {
		c := l.data[l.at]
		switch c {
		case '(':
			if open++; open == 1 {
				continue
			}
		case ')':
			if open--; open == 0 {
				l.at++
				return out, nil
			}
		case '\\':
			b, ok := l.escape()
			if ok {
				out = append(out, b)
			}
			continue
		case '\r': // a line end of any kind is one line feed
			if l.at+1 < len(l.data) && l.data[l.at+1] == '\n' {
				l.at++
			}
			c = '\n'
		}
		out = append(out, c)
	}
	return nil, errSyntax
}

// escape reads what follows a backslash and stops at its last byte.
func (l *lexer) escape() (byte, bool) {
	if l.at++; l.at >= len(l.data) {
		return 0, false
	}
	c := l.data[l.at]
	if i := bytes.IndexByte([]byte("nrtbf"), c); i >= 0 {
		return "\n\r\t\b\f"[i], true
	}
	switch {
	case c == '\r':
		if l.at+1 < len(l.data) && l.data[l.at+1] == '\n' {
			l.at++
		}
		return 0, false
	case c == '\n':
		return 0, false
	case c < '0' || c > '7':
		return c, true
	}
	n := 0
	for i := 0; i < 3 && l.at < len(l.data) && l.data[l.at] >= '0' && l.data[l.at] <= '7'; i++ {
		n = n*8 + int(l.data[l.at]-'0')
		l.at++
	}
	l.at--
	return byte(n), true
}

// hex reads a string of hexadecimal digits (§7.3.4.3).
func (l *lexer) hex() (any, error) {
	var out []byte
	half, high := false, byte(0)
	for l.at++; l.at < len(l.data); l.at++ {
		c := l.data[l.at]
		var d byte
		switch {
		case c == '>':
			l.at++
			if half {
				out = append(out, high<<4)
			}
			return out, nil
		case isBlank(c):
			continue
		case c >= '0' && c <= '9':
			d = c - '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			d = c | 0x20 - 'a' + 10
		default:
			return nil, errSyntax
		}
		if half {
			out = append(out, high<<4|d)
		}
		half, high = !half, d
	}
	return nil, errSyntax
}

func (l *lexer) list(depth int, end byte) (any, error) {
	list := []any{}
	for {
		l.blanks()
		if l.at >= len(l.data) || len(list) > maxList {
			return nil, errSyntax
		}
		if l.data[l.at] == end {
			l.at++
			return list, nil
		}
		v, err := l.value(depth + 1)
		if _, isOperator := v.(operator); err != nil || v == nil || isOperator {
			return nil, errSyntax
		}
		list = append(list, v)
	}
}

func (l *lexer) dict(depth int) (any, error) {
	all, err := l.list(depth, '>')
	list, _ := all.([]any)
	if err != nil || len(list)%2 != 0 || l.at >= len(l.data) || l.data[l.at] != '>' {
		return nil, errSyntax
	}
	l.at++
	return pairs(list)
}

func pairs(list []any) (map[string]any, error) {
	d := map[string]any{}
	for i := 0; i+1 < len(list); i += 2 {
		key, ok := list[i].(name)
		if _, twice := d[string(key)]; !ok || twice { // of two, who knows which one counts
			return nil, errSyntax
		}
		d[string(key)] = list[i+1]
	}
	return d, nil
}

// inline reads an inline image after BI: its dictionary, and how many bytes of
// data lie between ID and EI (§8.9.7). The data is passed over.
func (l *lexer) inline() error {
	for {
		v, err := l.next()
		if err != nil || v == nil {
			return errSyntax
		}
		if v == operator("ID") {
			break
		}
	}
	for i := l.at + 1; i+3 <= len(l.data); i++ {
		if isBlank(l.data[i]) && l.data[i+1] == 'E' && l.data[i+2] == 'I' && (i+3 == len(l.data) || isBlank(l.data[i+3])) {
			l.at = i + 3
			return nil
		}
	}
	return errSyntax
}
