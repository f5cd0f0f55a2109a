package verifier_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
)

const (
	pathURL  = "https://titles.example.org/Bodies/One"
	nestedID = "https://certs.example.org/c"
	linkID   = "7Q2F9KXM31PDA8ZC"
)

// publication is that of three issuers: one at a host, one at a path, and one
// whose address looks like a link of the first.
func publication(t testing.TB) *verifier.Publication {
	t.Helper()
	var list []*verifier.Issuer
	for _, url := range []string{bodyURL, pathURL, nestedID} {
		list = append(list, newHouseAt(t, url, keys.EdDSA).issuer)
	}
	trust, err := verifier.NewTrust(list, nil)
	if err != nil {
		t.Fatal(err)
	}
	return verifier.NewPublication(trust)
}

func TestOurLinksAreRead(t *testing.T) {
	p := publication(t)
	for text, issuer := range map[string]string{
		"https://certs.example.org/c/7Q2F9KXM31PDA8ZC":                bodyURL,
		"HTTPS://CERTS.EXAMPLE.ORG/C/7Q2F9KXM31PDA8ZC":                bodyURL,
		"https://certs.example.org/c/7q2f9kxm31pda8zc":                bodyURL,
		"Https://Certs.Example.Org/C/7q2F9kXm31pDa8Zc":                bodyURL,
		"https://certs.example.org/c/7Q2F9KXM31PDA8ZC/":               bodyURL,
		" https://certs.example.org/c/7Q2F9KXM31PDA8ZC\r\n":           bodyURL,
		"\ufeffhttps://certs.example.org/c/7Q2F9KXM31PDA8ZC":          bodyURL,
		"https://certs.example.org/c/7q2f-9kxm-31pd-a8zc":             bodyURL,
		"https://certs.example.org/c/7Q2F9KXML1PDA8ZC":                "", // an L is a 1, and 31 is not 11
		"https://certs.example.org/c/7Q2F9KXM3LPDA8ZC":                bodyURL,
		"https://certs.example.org/c/7Q2F9KXM31PDA8ZC?utm_source=x":   bodyURL,
		"https://certs.example.org/c/7Q2F9KXM31PDA8ZC#top":            bodyURL,
		"https://certs.example.org/certificates/7Q2F9KXM31PDA8ZC":     bodyURL,
		"https://certs.example.org/certificates/7Q2F9KXM31PDA8ZC.jws": bodyURL,
		"https://titles.example.org/Bodies/One/c/7Q2F9KXM31PDA8ZC":    pathURL,
		"https://titles.example.org/Bodies/One/C/7Q2F9KXM31PDA8ZC":    pathURL,
		"HTTPS://TITLES.EXAMPLE.ORG/Bodies/One/c/7Q2F9KXM31PDA8ZC":    pathURL,
		"https://certs.example.org/c/c/7Q2F9KXM31PDA8ZC":              nestedID,
		"https://certs.example.org/C/C/7Q2F9KXM31PDA8ZC":              "", // the path of an issuer is compared exactly
		"https://titles.example.org/BODIES/ONE/c/7Q2F9KXM31PDA8ZC":    "",
		"https://titles.example.org/bodies/one/c/7Q2F9KXM31PDA8ZC":    "",
		"https://titles.example.org/Bodies/One/../c/7Q2F9KXM31PDA8ZC": "",
	} {
		link, err := p.ParseLink(text)
		if issuer == "" {
			if err == nil && link.ID == linkID {
				t.Errorf("%q: taken for %s", text, link.Credential())
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if link.Issuer.ID != issuer || link.ID != linkID || link.Credential() != issuer+"/certificates/"+linkID {
			t.Errorf("%q: %s, %s", text, link.Issuer.ID, link.ID)
		}
	}
}

// strangeLinks look like ours, or are ours with something added.
var strangeLinks = []string{
	// other hosts
	"https://certs.example.com/c/{}", "https://certs.example.net/c/{}", "https://cert.example.org/c/{}", "https://certs-example.org/c/{}",
	"https://certsexample.org/c/{}", "https://certs.examp1e.org/c/{}", "https://certs.exarnple.org/c/{}", "https://certs.example.0rg/c/{}",
	"https://www.certs.example.org/c/{}", "https://example.org/c/{}", "https://certs.certs.example.org/c/{}", "https://verify-certs.example.org/c/{}",
	// suffixes and prefixes of the host
	"https://certs.example.org.evil.example/c/{}", "https://certs.example.organisation/c/{}", "https://certs.example.org-verify.example/c/{}",
	"https://certs.example.org./c/{}", "https://evil.example/certs.example.org/c/{}", "https://evil.example/https://certs.example.org/c/{}",
	"https://evil.example/?u=https://certs.example.org/c/{}", "https://evil.example/#https://certs.example.org/c/{}",
	// user and password
	"https://certs.example.org@evil.example/c/{}", "https://certs.example.org:x@evil.example/c/{}", "https://a@certs.example.org/c/{}",
	"https://a:b@certs.example.org/c/{}", "https://certs.example.org%40evil.example/c/{}",
	// ports
	"https://certs.example.org:443/c/{}", "https://certs.example.org:8443/c/{}", "https://certs.example.org:/c/{}", "https://certs.example.org:443@evil.example/c/{}",
	// schemes
	"http://certs.example.org/c/{}", "ftp://certs.example.org/c/{}", "//certs.example.org/c/{}", "certs.example.org/c/{}", "https:certs.example.org/c/{}",
	"https:/certs.example.org/c/{}", "https:///certs.example.org/c/{}", `https:\\certs.example.org\c\{}`, "javascript:https://certs.example.org/c/{}",
	"view-source:https://certs.example.org/c/{}", "httpſ://certs.example.org/c/{}",
	// letters that look alike
	"https://сerts.example.org/c/{}", "https://certs.exаmple.org/c/{}", "https://certs.example.оrg/c/{}", "https://cerťs.example.org/c/{}",
	"https://certs。example。org/c/{}", "https://certs.example.org/с/{}", "https://certſ.example.org/c/{}", "https://ｃｅｒｔｓ.example.org/c/{}",
	"https://certs.example\u200b.org/c/{}", "https://\u202ecerts.example.org/c/{}", "https://certs.example.org\u2215c\u2215{}", "https://xn--erts-1ed.example.org/c/{}",
	// paths
	"https://certs.example.org/d/{}", "https://certs.example.org//c/{}", "https://certs.example.org/c//{}", "https://certs.example.org/x/c/{}",
	"https://certs.example.org/c/../c/{}", "https://certs.example.org/./c/{}", "https://certs.example.org/c%2f{}", "https://certs.example.org/%63/{}",
	"https://certs.example.org/c/{}/..", "https://certs.example.org/c/{}//", "https://certs.example.org/c/{}/x", `https://certs.example.org\c\{}`,
	"https://certs.example.org/c", "https://certs.example.org/c/", "https://certs.example.org/", "https://certs.example.org",
	// after the id
	"https://certs.example.org/c/{};x",
	"https://certs.example.org/c/{}.jws", "https://certs.example.org/c/{}%20", "https://certs.example.org/c/{} https://evil.example", "https://certs.example.org/c/{}\nx", "https://certs.example.org/c/{}\x00",
	// ids
	"https://certs.example.org/c/..", "https://certs.example.org/c/7Q2F_9KXM", "https://certs.example.org/c/ÄÖÜ", "https://certs.example.org/c/７Ｑ２Ｆ",
	"https://certs.example.org/c/ſtrange", "https://certs.example.org/c/ıd", "https://certs.example.org/c/\u212aelvin", "https://certs.example.org/c/" + strings.Repeat("A", 65), "https://certs.example.org/c/@evil.example",
	"", " ", "/c/{}", "{}",
}

func TestStrangeLinksAreNotOurs(t *testing.T) {
	p := publication(t)
	if _, err := p.ParseLink("https://certs.example.org/c/" + linkID); err != nil {
		t.Fatal(err)
	}
	for _, form := range strangeLinks {
		text := strings.ReplaceAll(form, "{}", linkID)
		if link, err := p.ParseLink(text); err == nil {
			t.Errorf("%q is taken for %s", text, link.Credential())
		}
	}
	// Other hosts are told apart from slips of the pen on our own.
	for _, text := range []string{"https://evil.example/c/" + linkID, "https://certs.example.org.evil.example/c/" + linkID} {
		if _, err := p.ParseLink(text); !errors.Is(err, verifier.ErrNotTrusted) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := p.ParseLink("https://certs.example.org/c/7Q2F_9KXM"); err == nil || errors.Is(err, verifier.ErrNotTrusted) {
		t.Errorf("a slip of the pen: %v", err)
	}
	t.Logf("%d links that are not ours", len(strangeLinks))
}

func FuzzParseLink(f *testing.F) {
	p := publication(f)
	f.Add("HTTPS://CERTS.EXAMPLE.ORG/C/" + linkID)
	for _, form := range strangeLinks {
		f.Add(strings.ReplaceAll(form, "{}", linkID))
	}
	f.Fuzz(func(t *testing.T, text string) {
		link, err := p.ParseLink(text)
		if err != nil {
			return
		}
		if link.ID == "" || strings.Trim(link.ID, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			t.Fatalf("%q: id %q", text, link.ID)
		}
		// A link is nothing but the issuer's address, /c/ and the id.
		if plain := strings.TrimSuffix(strings.Trim(text, " \t\r\n\ufeff"), "/"); !strings.EqualFold(plain, link.Issuer.ID+"/c/"+link.ID) {
			t.Fatalf("%q is taken for %s", text, link.Credential())
		}
	})
}
