package paper_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/testamur/testamur/verifier/paper"
)

func TestTokenIsFoundWithJunkAroundIt(t *testing.T) {
	tok := token(300)
	for name, text := range map[string]string{
		"bare":              tok,
		"white space":       " \t\r\n" + tok + "\r\n\r\n",
		"byte order mark":   "\ufeff" + tok,
		"zero width":        "\u200b" + tok + "\u200d",
		"quotes":            `"` + tok + `"`,
		"typographic":       "„" + tok + "“",
		"markdown":          "```\n" + tok + "\n```",
		"in a sentence":     "Here is my certificate: " + tok + ". Regards, Ada",
		"in JSON":           `{"credential":"` + tok + `","format":"vc+jwt"}`,
		"in a header":       "Authorization: Bearer " + tok,
		"in markup":         "<p>My certificate: <code>" + tok + "</code></p>",
		"twice":             tok + "\n" + tok,
		"after another dot": "..." + tok + "...",
	} {
		t.Run(name, func(t *testing.T) {
			want(t, read(t, []byte(text)), paper.KindToken, []string{tok}, nil)
		})
	}
}

// A token has one spelling: a line break inside it is a change, whoever made it.
func TestTokenBrokenIntoLinesIsNotPutTogether(t *testing.T) {
	tok := token(300)
	for _, at := range []int{20, 76, len(tok) / 2, len(tok) - 10} {
		found, err := paper.Read(t.Context(), []byte(tok[:at]+"\n"+tok[at:]))
		if err == nil && len(found.Tokens) == 1 && found.Tokens[0] == tok {
			t.Errorf("a line break after %d characters was taken out", at)
		}
	}
}

func TestTokenInALinkGivesBoth(t *testing.T) {
	tok := token(20)
	want(t, read(t, []byte("https://verify.example.org/#"+tok)), paper.KindToken,
		[]string{tok}, []string{"https://verify.example.org/#" + tok})
}

func TestSeveralTokensAreFoundInOrder(t *testing.T) {
	a, b := token(10), token(50)
	want(t, read(t, []byte(a+"\n"+b+"\n"+a)), paper.KindToken, []string{a, b}, nil)
}

func TestLinkIsFoundAsWritten(t *testing.T) {
	for text, want_ := range map[string]string{
		link:                                   link,
		" <" + link + ">\n":                    link,
		"See " + link + ".":                    link,
		"(" + link + ")":                       link,
		"[my certificate](" + link + ")":       link,
		"HTTPS://VERIFY.EXAMPLE.ORG/C/7Q2F9KX": "HTTPS://VERIFY.EXAMPLE.ORG/C/7Q2F9KX",
		"http://localhost:8080/c/1?x=(y)":      "http://localhost:8080/c/1?x=(y)",
	} {
		want(t, read(t, []byte(text)), paper.KindLink, nil, []string{want_})
	}
}

func TestNumberIsGivenBackTrimmed(t *testing.T) {
	for text, number := range map[string]string{
		"  7Q2F-9KXM-31PD-A8ZC \r\n": "7Q2F-9KXM-31PD-A8ZC",
		"\ufeff\"TST/2026/00017\"":   "TST/2026/00017",
		"Zertifikat Nr. 17":          "Zertifikat Nr. 17",
		"verify.example.org/c/17":    "verify.example.org/c/17",
		"javascript:alert(1)":        "javascript:alert(1)", // a text, never a link
	} {
		found := read(t, []byte(text))
		want(t, found, paper.KindText, nil, nil)
		if found.Text != number {
			t.Errorf("%q gave %q, want %q", text, found.Text, number)
		}
	}
}

func TestTextWithoutAnythingIsRefused(t *testing.T) {
	refused(t, []byte(" \r\n\t\ufeff"), paper.ErrNothingFound)
	refused(t, []byte("---"), paper.ErrNothingFound)
	refused(t, []byte("Dear Sir,\nplease find my certificate attached."), paper.ErrNothingFound)
	refused(t, []byte(strings.Repeat("A", 129)), paper.ErrNothingFound)
	refused(t, []byte("https://"), paper.ErrNothingFound)
	refused(t, []byte("https:///c/17"), paper.ErrNothingFound)
	refused(t, []byte(link+strings.Repeat("A", 2048)), paper.ErrNothingFound)
	refused(t, []byte(strings.Repeat("word ", 20_000)), paper.ErrTooLarge)
	refused(t, []byte(token(20_000)), paper.ErrTooLarge)
}

func TestWhatOnlyResemblesATokenIsNotOne(t *testing.T) {
	tok := token(10)
	parts := strings.Split(tok, ".")
	for name, text := range map[string]string{
		"no signature":   parts[0] + "." + parts[1] + ".",
		"two parts":      parts[0] + "." + parts[1],
		"five parts":     tok + ".AAAA.AAAA",
		"padded":         parts[0] + "=." + parts[1] + "=." + parts[2] + "=",
		"not an object":  "WyJhIl0." + parts[1] + "." + parts[2],
		"bad length":     parts[0] + "A." + parts[1] + "." + parts[2] + "AAAAA" + strings.Repeat("A", (8-len(parts[2]+"AAAAA")%4+1)%4),
		"empty payload":  parts[0] + ".." + parts[2],
		"foreign letter": parts[0] + ".ä" + parts[1] + "." + parts[2],
	} {
		t.Run(name, func(t *testing.T) {
			found, err := paper.Read(t.Context(), []byte(text))
			if err == nil && len(found.Tokens) > 0 {
				t.Errorf("token %q", found.Tokens)
			}
		})
	}
}

func TestNumberOfFindingsIsLimited(t *testing.T) {
	var all []string
	for i := range 40 {
		all = append(all, token(4*i+4))
	}
	found := read(t, []byte(strings.Join(all, " ")))
	if !slices.Equal(found.Tokens, all[:paper.MaxFound]) {
		t.Errorf("%d tokens", len(found.Tokens))
	}
}
