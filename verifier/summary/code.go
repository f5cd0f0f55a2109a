package summary

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/testamur/testamur/keys"
)

const (
	version  = "1"
	thumb    = 32              // bytes of a thumbprint
	head     = 1 + thumb + 2   // bytes before the payload
	maxBytes = 8 << 10         // of a text that is looked at
	page     = "/v#"           // what joins the address of a service and the digits
	fewest   = 24              // digits of what may be a summary
	maxRSA   = 8192 / 8        // bytes of a signature
	room     = 8048 - 2*4 - 30 // bits of a QR code of MaxVersion at level L (ISO/IEC 18004 table 7), without the heads of its two segments
	capacity = maxBytes*17/7 + 1
)

// Is reports whether a text is, by its looks, the address of a summary. Everything
// else is decided by [Token].
func Is(text string) bool {
	_, ok := digitsOf(text)
	return ok
}

// address is that of a page /v, with the digits behind it. A language that a reader
// has chosen there stands before them.
var address = regexp.MustCompile(`^(?i:https?)://[^\s/?#]+(?:/[^\s?#]*)?/[vV]/?(?:\?[^\s#]*)?#([0-9]{24,})$`)

func digitsOf(text string) (string, bool) {
	if len(text) > maxText {
		return "", false
	}
	m := address.FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// Token returns the compact JWS of which the text of a code is the other form.
// Nothing of it is verified. Errors wrap [ErrMalformed].
func Token(text string) (string, error) {
	digits, ok := digitsOf(text)
	if !ok {
		return "", fmt.Errorf("%w: it is not the address of one", ErrMalformed)
	}
	if digits[:1] != version {
		return "", fmt.Errorf("%w: it is of version %s, of which nothing is known here", ErrMalformed, digits[:1])
	}
	if len(digits) > capacity {
		return "", fmt.Errorf("%w: it has more digits than any", ErrMalformed)
	}
	b, err := unpack(digits[1:])
	if err != nil {
		return "", fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	if len(b) < head {
		return "", fmt.Errorf("%w: it is cut short", ErrMalformed)
	}
	n := int(binary.BigEndian.Uint16(b[head-2:]))
	if b[0] == 0 || int(b[0]) > len(algorithms) {
		return "", fmt.Errorf("%w: its algorithm is not known", ErrMalformed)
	}
	alg := algorithms[b[0]-1]
	if len(b) < head+n {
		return "", fmt.Errorf("%w: it is cut short", ErrMalformed)
	}
	payload, signature := b[head:head+n], b[head+n:]
	if !fits(alg, len(signature)) {
		return "", fmt.Errorf("%w: its signature has %d bytes", ErrMalformed, len(signature))
	}
	claimed, err := Read(payload)
	if err != nil {
		return "", err
	}
	return strings.Join([]string{
		header(alg, keyID(claimed.Issuer, base64.RawURLEncoding.EncodeToString(b[1:1+thumb]))),
		base64.RawURLEncoding.EncodeToString(payload),
		base64.RawURLEncoding.EncodeToString(signature),
	}, "."), nil
}

// fits reports whether a signature of the algorithm may have n bytes.
func fits(alg keys.Algorithm, n int) bool {
	if alg == keys.RS256 {
		return n >= 2048/8 && n <= maxRSA
	}
	return n == 64
}

// header is the protected header of a summary, in base64url.
func header(alg keys.Algorithm, kid string) string {
	text, _ := json.Marshal(struct { // of plain characters only: check has seen to it
		Algorithm keys.Algorithm `json:"alg"`
		KeyID     string         `json:"kid"`
		Type      string         `json:"typ"`
	}{alg, kid, keys.TypeSummary})
	return base64.RawURLEncoding.EncodeToString(text)
}

// ErrTooLong is the error of [Write] for what does not fit a QR code.
var ErrTooLong = errors.New("the summary does not fit a QR code")

// Write returns the text of the code for a signed summary: the address that is signed in
// it, and the digits. The token is one that
// [keys.Ring.Sign] has made for credentials, with the typ [keys.TypeSummary]. The
// error wraps [ErrTooLong] if it does not fit a QR code of [MaxVersion].
func Write(token string) (string, error) {
	t, err := keys.Parse(token, keys.ForCredential)
	if err != nil {
		return "", err
	}
	claimed, err := Read(t.Claimed)
	if err != nil {
		return "", err
	}
	thumbprint, ok := strings.CutPrefix(t.KeyID, keyID(claimed.Issuer, ""))
	key, err := base64.RawURLEncoding.DecodeString(thumbprint)
	if !ok || err != nil || len(key) != thumb {
		return "", fmt.Errorf("the key %s is not named by its thumbprint under the issuer's address, as a summary needs it", t.KeyID)
	}
	parts := strings.Split(token, ".")
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return "", err
	}
	var b []byte
	for i, alg := range algorithms {
		if header(alg, t.KeyID) == parts[0] {
			b = append(b, byte(i+1))
		}
	}
	if len(b) == 0 {
		return "", errors.New("the header of the token is not that of a summary")
	}
	b = append(b, key...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(t.Claimed)))
	b = append(b, t.Claimed...)
	b = append(b, signature...)
	digits := version + pack(b)
	address := claimed.Verifier + page
	if bits := 8*len(address) + numericBits(len(digits)); bits > room {
		return "", fmt.Errorf("%w of version %d: it has %d bits, and there is room for %d", ErrTooLong, MaxVersion, bits, room)
	}
	text := address + digits
	if again, err := Token(text); err != nil || again != token {
		return "", errors.Join(errors.New("the summary could not be read back"), err)
	}
	return text, nil
}

// Opens reports whether the text is an address of the page that was signed for it. The
// digits are not looked at.
func (s *Summary) Opens(text string) bool {
	return samePage(addressOf(text), s.Verifier+strings.TrimSuffix(page, "#"))
}

// Elsewhere returns the address that a text opens, fit for a sentence, if that is not the
// one that the summary in it names. Nothing of the summary is verified.
func Elsewhere(text string) (opened string, elsewhere bool) {
	token, err := Token(text)
	if err != nil {
		return "", false
	}
	t, err := keys.Parse(token, keys.ForCredential)
	if err != nil {
		return "", false
	}
	claimed, err := Read(t.Claimed)
	if err != nil || claimed.Opens(text) {
		return "", false
	}
	return quoted(addressOf(text)), true
}

// quoted makes an address of somebody else's fit for a sentence: short, and without
// characters that would rearrange it.
func quoted(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s)
	if r := []rune(s); len(r) > 120 {
		return string(r[:119]) + "…"
	}
	return s
}

// addressOf is what stands before the #.
func addressOf(text string) string {
	bytes, _ := Split(text)
	return strings.TrimSuffix(bytes, "#")
}

// chosen is the language that a reader has chosen on the page, or nothing.
var chosen = regexp.MustCompile(`\?(?:lang=[A-Za-z0-9-]{1,35})?$`)

// samePage reports whether a reader with the address lands on the page that was signed.
// The addresses are not parsed, so that no two readers can parse them differently.
func samePage(address, signed string) bool {
	return plainly(chosen.ReplaceAllLiteralString(address, "")) == plainly(signed)
}

// plainly writes the address of a page /v in small letters where their size means
// nothing: the scheme and the host (RFC 3986 §6.2.2.1), and the v.
func plainly(address string) string {
	address = strings.TrimSuffix(address, "/")
	if cut, ok := strings.CutSuffix(address, "/V"); ok {
		address = cut + "/v"
	}
	scheme, rest, _ := strings.Cut(address, "://")
	host, path, _ := strings.Cut(rest, "/")
	return lower(scheme) + "://" + lower(host) + "/" + path
}

// lower is for ASCII alone: there are letters of which the small form is one of ASCII.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}

// Split returns the two parts of the text of a code that QR codes hold in modes of
// their own: bytes, and digits behind them (ISO/IEC 18004 §7.4).
func Split(text string) (bytes, digits string) {
	i := strings.LastIndexByte(text, '#') + 1
	return text[:i], text[i:]
}

// numericBits is how much room n digits take (ISO/IEC 18004 §7.4.3).
func numericBits(n int) int { return n/3*10 + []int{0, 4, 7}[n%3] }

// widths are the digits of 0 to 7 bytes.
var widths = []int{0, 3, 5, 8, 10, 13, 15, 17}

func pack(b []byte) string {
	var out strings.Builder
	for group := range slices.Chunk(b, 7) {
		var n uint64
		for _, c := range group {
			n = n<<8 | uint64(c)
		}
		fmt.Fprintf(&out, "%0*d", widths[len(group)], n)
	}
	return out.String()
}

func unpack(digits string) ([]byte, error) {
	b := make([]byte, 0, len(digits)*7/17+7)
	for len(digits) > 0 {
		width := min(len(digits), 17)
		n := slices.Index(widths, width)
		if n < 0 {
			return nil, errors.New("it is cut short")
		}
		var v uint64
		for _, c := range []byte(digits[:width]) {
			if c < '0' || c > '9' {
				return nil, errors.New("it has other characters than digits")
			}
			v = 10*v + uint64(c-'0') // 17 digits are less than 2^57
		}
		if v>>(8*n) != 0 {
			return nil, errors.New("one of its numbers is too large")
		}
		for i := n - 1; i >= 0; i-- {
			b = append(b, byte(v>>(8*i)))
		}
		digits = digits[width:]
	}
	return b, nil
}
