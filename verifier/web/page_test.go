package web

import (
	"fmt"
	stdhtml "html"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
	"github.com/testamur/testamur/verifier/receipt"
)

var (
	headline = regexp.MustCompile(`(?s)<section class="verdict (\w+)"(?: id="problem")? role="status">.*?<h1>(.*?)</h1>`)
	inside   = regexp.MustCompile(`</?(bdi|time|strong|span|a)\b[^>]*>`) // of a line
	markup   = regexp.MustCompile(`<[^>]*>`)
)

// shown is the verdict of a page as its reader sees it: the kind, and the words.
func shown(t testing.TB, page string) (kind, words string) {
	t.Helper()
	m := headline.FindStringSubmatch(page)
	if m == nil || strings.Count(page, "<h1") != 1 {
		t.Fatalf("a page without one verdict: %.400s", page)
	}
	return m[1], text(m[2])
}

// text is what stands on a page, with single spaces.
func text(page string) string {
	return strings.Join(strings.Fields(stdhtml.UnescapeString(markup.ReplaceAllString(inside.ReplaceAllString(page, ""), " "))), " ")
}

func TestVerdictStandsFirstInEveryLanguage(t *testing.T) {
	o := newOffice(t)
	for _, c := range []struct {
		path   string
		status int
		kind   string
		words  [5]string
	}{
		{idValid, 200, "valid", [5]string{"Valid", "Gültig", "Valable", "Válido", "سارية"}},
		{idForever, 200, "valid", [5]string{"Valid", "Gültig", "Valable", "Válido", "سارية"}},
		{idExpired, 200, "expired", [5]string{"Expired on 17 November 2026", "Abgelaufen am 17. November 2026", "Expiré le 17 novembre 2026",
			"Caducado el 17 de noviembre de 2026", "انتهت في 17 نوفمبر 2026"}},
		{idEarly, 200, "early", [5]string{"Not yet valid: takes effect on 31 December 2026", "Noch nicht gültig: gilt ab 31. Dezember 2026",
			"Pas encore valable : prend effet le 31 décembre 2026", "Aún no válido: surte efecto el 31 de diciembre de 2026", "لم تسرِ بعد: تسري اعتبارًا من 31 ديسمبر 2026"}},
		{idSuspended, 200, "suspended", [5]string{"Suspended since 18 November 2026", "Ausgesetzt seit 18. November 2026", "Suspendu depuis le 18 novembre 2026",
			"Suspendido desde el 18 de noviembre de 2026", "معلّقة منذ 18 نوفمبر 2026"}},
		{idWithdrawn, 200, "withdrawn", [5]string{"Withdrawn on 17 November 2026", "Entzogen am 17. November 2026", "Retiré le 17 novembre 2026",
			"Retirado el 17 de noviembre de 2026", "سُحبت في 17 نوفمبر 2026"}},
		{idReplaced, 200, "withdrawn", [5]string{"Replaced on 16 November 2026", "Ersetzt am 16. November 2026", "Remplacé le 16 novembre 2026",
			"Sustituido el 16 de noviembre de 2026", "استُبدلت في 16 نوفمبر 2026"}},
		{idAltered, 200, "altered", [5]string{"Altered or not ours", "Verändert oder nicht von uns", "Altéré ou n’émanant pas de nous", "Alterado o no es nuestro", "معدَّلة أو ليست صادرة عنا"}},
		{idSwapped, 200, "altered", [5]string{"Altered or not ours", "Verändert oder nicht von uns", "Altéré ou n’émanant pas de nous", "Alterado o no es nuestro", "معدَّلة أو ليست صادرة عنا"}},
		{idUncertain, 503, "unknown", [5]string{"Could not be checked", "Konnte nicht geprüft werden", "Vérification impossible", "No se pudo verificar", "تعذّر التحقق"}},
		{idSilent, 503, "unknown", [5]string{"Could not be checked", "Konnte nicht geprüft werden", "Vérification impossible", "No se pudo verificar", "تعذّر التحقق"}},
		{idNone, 404, "unknown", [5]string{"Nothing is found at this address", "Unter dieser Adresse ist nichts zu finden", "Rien ne se trouve à cette adresse",
			"No se encuentra nada en esta dirección", "لا يوجد شيء في هذا العنوان"}},
		{idValid + "?at=2026-11-19", 200, "valid", [5]string{"Valid on 19 November 2026", "Am 19. November 2026 gültig", "Valable le 19 novembre 2026",
			"Válido el 19 de noviembre de 2026", "كانت سارية في 19 نوفمبر 2026"}},
	} {
		for i, tag := range templates.Tags {
			for _, way := range []string{"address", "browser"} {
				path, headers := "/c/"+c.path, []string{"Accept-Language: " + tag}
				if way == "address" {
					path, headers = path+map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")]+"lang="+tag, []string{"Accept-Language: fr-CA, de;q=0.5"}
				}
				if strings.Contains(path, "at=") {
					// What is told of the past needs the lists of the past.
					o.now = midday.AddDate(0, 0, -1)
					o.publish(t, "1", credential.PurposeRevocation, 6, 7)
					o.publish(t, "1-suspension", credential.PurposeSuspension, 5)
					past := map[string]string{o.url + "/status/1": o.lists[o.url+"/status/1"], o.url + "/status/1-suspension": o.lists[o.url+"/status/1-suspension"]}
					o.now = midday
					o.publish(t, "1", credential.PurposeRevocation, 6, 7)
					o.publish(t, "1-suspension", credential.PurposeSuspension, 5)
					o.past = past
				}
				got := o.get(t, path, headers...)
				page := got.Body.String()
				kind, words := shown(t, page)
				if got.Code != c.status || kind != c.kind || words != c.words[i] {
					t.Errorf("%s in %s by %s: %d %s %q, want %d %s %q", c.path, tag, way, got.Code, kind, words, c.status, c.kind, c.words[i])
				}
				if h := got.Header(); h.Get("Content-Language") != tag || !strings.Contains(h.Get("Vary"), "Accept-Language") || h.Get("Cache-Control") != "no-store" ||
					!strings.Contains(h.Get("X-Robots-Tag"), "noindex") || h.Get("Referrer-Policy") != "no-referrer" || (got.Code == 503) != (h.Get("Retry-After") != "") {
					t.Errorf("%s in %s: %v", c.path, tag, h)
				}
				if kind != "valid" && (strings.Contains(page, "verdict valid") || strings.Contains(page, "icon/valid.svg")) {
					t.Errorf("%s in %s looks valid", c.path, tag)
				}
				sound(t, tag, page)
			}
		}
	}
	if log := o.log.String(); strings.Contains(log, "0S11ENT") || strings.Contains(log, "Ada") || !strings.Contains(log, "[link]") && !strings.Contains(log, "records are away") {
		t.Error(log)
	}
}

// sound finds what a browser or a person with a screen reader stumbles over.
func sound(t testing.TB, tag, page string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	ids, labels, level := map[string]bool{}, map[string]bool{}, 0
	var inputs, refers []string
	mains := 0
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				t.Errorf("attribute %s of %s", a.Key, n.Data)
			}
		}
		if id := attr["id"]; id != "" {
			if ids[id] {
				t.Errorf("two elements are called %s", id)
			}
			ids[id] = true
		}
		for _, name := range []string{"aria-describedby", "aria-labelledby"} {
			refers = append(refers, strings.Fields(attr[name])...)
		}
		switch n.Data {
		case "html":
			if attr["lang"] != tag || (attr["dir"] == "rtl") != (tag == "ar") {
				t.Errorf("html %v, not in %s", attr, tag)
			}
		case "main":
			mains++
		case "h1", "h2", "h3", "h4":
			now := int(n.Data[1] - '0')
			if now > level+1 {
				t.Errorf("after h%d comes %s", level, n.Data)
			}
			level = now
		case "label":
			labels[attr["for"]] = true
		case "input":
			if attr["type"] != "hidden" {
				inputs = append(inputs, attr["id"])
			}
		case "img":
			if _, ok := attr["alt"]; !ok {
				t.Error("a picture without alt")
			}
		case "script":
			if attr["src"] == "" || n.FirstChild != nil {
				t.Error("a script of its own")
			}
		case "style", "iframe", "object", "embed", "base":
			t.Errorf("element %s", n.Data)
		case "a", "form", "link":
			for _, name := range []string{"href", "action"} {
				if u, err := url.Parse(attr[name]); err != nil || u.Scheme != "" && u.Scheme != "https" && u.Scheme != "http" {
					t.Errorf("%s leads to %q", n.Data, attr[name])
				}
			}
		}
	}
	for _, id := range inputs {
		if !labels[id] {
			t.Errorf("field %s has no label", id)
		}
	}
	for _, id := range refers {
		if !ids[id] {
			t.Errorf("nothing is called %s", id)
		}
	}
	if mains != 1 {
		t.Errorf("%d elements main", mains)
	}
	if strings.Contains(page, "%!") || strings.Contains(page, "ZgotmplZ") {
		t.Error("a value was not put in")
	}
}

func TestWhatIsNotFoundIsAnsweredAlike(t *testing.T) {
	o := newOffice(t)
	for _, tag := range templates.Tags {
		want := o.get(t, "/c/"+idNone, "Accept-Language: "+tag)
		for _, path := range []string{
			"/c/x", "/c/0123456789ABCDEFGHJKMNPQRS", "/c/0123456789abcdefghjkmnpqrs/", "/C/0N0NE00000000000000000000P", "/c/%F0%9F%98%80", "/c/..",
			"/c/" + strings.Repeat("A", 64), "/c/" + strings.Repeat("A", 5000), "/c/SCB-7Q2F9-KXM31", "/c/%3Cscript%3E", "/c/x/receipt", "/c/" + idNone + "/receipt", "/c/x?at=2026-06-30",
		} {
			got := o.get(t, path, "Accept-Language: "+tag)
			if got.Code != 404 || got.Body.String() != want.Body.String() || !reflect.DeepEqual(got.Header(), want.Header()) {
				t.Errorf("%.60s in %s: %d %v", path, tag, got.Code, got.Header())
			}
		}
	}
}

func TestPageSaysWhatIsSigned(t *testing.T) {
	o := newOffice(t)
	page := o.get(t, "/c/"+strings.ToLower(idValid[:13]+"-"+idValid[13:])+"/").Body.String()
	words := text(page)
	for _, want := range []string{
		"The paper must say exactly this", "Name Dr. Ada Łukasiewicz", "Certificate Consultant/Manager Competence Certificate", "Certificate number SCB-7Q2F9-KXM31",
		"Effective date 21 October 2026", "Expiry valid through 19 November 2029", "Scheme ISO/IEC 20000 certification scheme", "Edition 3.3", "Code CM-COMP",
		"Decision maker D. Decider (specimen)", "Date of decision 21 October 2026", "Issued by Specimen Certification Body", "Certificate held Consultant/Manager Certificate",
		"Form: passed", "Rules: passed", "Accreditation D-ZM-00000-01, covers this certificate", "Address of this check " + officeURL + "/c/" + idValid,
		"Checked: 20 November 2026, 12:00:00 UTC", "by its signed status list of 20 November 2026, 11:00 UTC", "Credential " + officeURL + "/certificates/" + idValid,
	} {
		if !strings.Contains(words, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, want := range []string{
		`<bdi lang="en">Consultant/Manager Competence Certificate</bdi>`, `datetime="2026-11-20T12:00:00Z"`, `href="/certificates/` + idValid + `.pdf"`, `href="/certificates/` + idValid + `.jws"`,
		`href="/c/` + idValid + `/receipt"`, `href="/c/` + idForever + `"`, `data-copy="` + officeURL + `/c/` + idValid + `"`, `href="/schemes/iso20000/3.3/CM"`, privateKeys()[0].ID,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not hold %s", want)
		}
	}
	head, _, _ := strings.Cut(page, "</head>")
	for _, secret := range []string{"Ada", "Valid", "SCB-", idValid, "CM-COMP"} {
		if strings.Contains(head, secret) {
			t.Errorf("the head of the page tells %s", secret)
		}
	}
	link, _, _ := strings.Cut(page[strings.Index(page, "https://www.linkedin.com"):], `"`)
	u, err := url.Parse(stdhtml.UnescapeString(link))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"startTask": "CERTIFICATION_NAME", "name": "Consultant/Manager Competence Certificate", "organizationName": "Specimen Certification Body", "issueYear": "2026", "issueMonth": "10",
		"expirationYear": "2029", "expirationMonth": "11", "certUrl": officeURL + "/c/" + idValid, "certId": "SCB-7Q2F9-KXM31",
	} {
		if got := u.Query().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if forever := o.get(t, "/c/"+idForever).Body.String(); strings.Contains(forever, "expirationYear") || !strings.Contains(text(forever), "Expiry does not expire") {
		t.Error("a certificate without end ends")
	}
	for _, id := range []string{idExpired, idWithdrawn, idSuspended, idEarly} {
		if page := o.get(t, "/c/"+id).Body.String(); strings.Contains(page, "linkedin") || !strings.Contains(page, "It was issued as") {
			t.Errorf("%s is offered for showing", id)
		}
	}
	if swapped := o.get(t, "/c/"+idSwapped).Body.String(); strings.Contains(swapped, "Ada") || strings.Contains(swapped, "SCB-") {
		t.Error("the certificate of another id is shown")
	}
	replaced := o.get(t, "/c/"+idReplaced+"?lang=de").Body.String()
	if !strings.Contains(replaced, `<a href="/c/`+idValid+`?lang=de">Das Zertifikat öffnen`) {
		t.Error("what took its place is not linked")
	}
	if withdrawn := text(o.get(t, "/c/"+idWithdrawn).Body.String()); !strings.Contains(withdrawn, "Reason: obtained by false statements.") {
		t.Error("the public reason is not told")
	}
}

// The reasons of the issuer and the words for them here are the same.
func TestReasonsHaveTheWordsOfTheIssuer(t *testing.T) {
	for code, reason := range issuer.Reasons {
		if got := reasonWords(code); got != reason.Words {
			t.Errorf("%s: %q, the issuer says %q", code, got, reason.Words)
		}
	}
	if reasonWords("canary-code") != otherReason {
		t.Error("a code without words has some")
	}
}

func TestAPastDay(t *testing.T) {
	o := newOffice(t)
	for query, want := range map[string]struct {
		status int
		kind   string
		says   string
	}{
		"?at=2026-11-20":                  {200, "valid", "Valid"}, // today
		"?at=2026-11-20T12:00:00Z":        {200, "valid", "Valid"},
		"?at=2020-06-30":                  {200, "early", "This answer is about 30 June 2020, not about today."},
		"?at=2020-06-30T23:30:00%2B02:00": {200, "early", "This answer is about 30 June 2020, not about today."},
		"?at=2020-06-30T23:30:00+02:00":   {200, "early", "Today: Valid"},
		"?at=2030-01-01":                  {200, "expired", "This answer is about 1 January 2030, not about today."},
		"?at=2028-01-01":                  {503, "unknown", "cannot be told today"},
		"?at=30.06.2026":                  {400, "unknown", "This day cannot be read"},
		"?at=2026-02-30":                  {400, "unknown", "This day cannot be read"},
		"?at=<script>":                    {400, "unknown", "This day cannot be read"},
	} {
		got := o.get(t, "/c/"+idValid+strings.ReplaceAll(query, "<", "%3C"))
		kind, _ := shown(t, got.Body.String())
		if got.Code != want.status || kind != want.kind || !strings.Contains(text(got.Body.String()), want.says) {
			t.Errorf("%s: %d %s %.300s", query, got.Code, kind, text(got.Body.String()))
		}
		sound(t, "en", got.Body.String())
		if want.status == 400 && (strings.Contains(got.Body.String(), "Ada") || !strings.Contains(got.Body.String(), `aria-invalid="true"`)) {
			t.Errorf("%s: an answer to a question that was not understood", query)
		}
	}
	if page := o.get(t, "/c/"+idValid+"?at=2020-06-30T21:30:00Z").Body.String(); !strings.Contains(page, `/receipt?at=2020-06-30T21%3A30%3A00Z"`) {
		t.Error("the receipt is about another moment")
	}
	page := o.get(t, "/c/"+idValid+"?at=2020-06-30&lang=de").Body.String()
	if !strings.Contains(page, "at=2020-06-30&amp;lang=fr") || !strings.Contains(page, `href="/c/`+idValid+`?lang=de"`) {
		t.Error("other languages, or today, are not reached from the answer about a day")
	}
}

func TestANameIsAskedAbout(t *testing.T) {
	o := newOffice(t)
	for _, c := range []struct {
		id, name string
		status   int
		kind     string
		says     string
	}{
		{idValid, "Dr. Ada Łukasiewicz", 200, "valid", "The name matches"},
		{idValid, "  dr. ada  łukasiewicz ", 200, "valid", "The name matches"},
		{idValid, "Grace Hopper", 200, "altered", "The name does not match"},
		{idWithdrawn, "Dr. Ada Łukasiewicz", 200, "withdrawn", "The name matches"},
		{idWithdrawn, "Grace Hopper", 200, "withdrawn", "The name does not match"},
		{idValid, "", 400, "unknown", "No name was given"},
		{idValid, strings.Repeat("x", 2000), 400, "unknown", "No name was given"},
	} {
		got := o.ask(t, "POST", "/c/"+c.id, strings.NewReader(url.Values{"name": {c.name}}.Encode()), "Content-Type: application/x-www-form-urlencoded")
		kind, _ := shown(t, got.Body.String())
		if got.Code != c.status || kind != c.kind || !strings.Contains(text(got.Body.String()), c.says) {
			t.Errorf("%.20q of %s: %d %s", c.name, c.id, got.Code, kind)
		}
		if strings.Contains(got.Body.String(), "Hopper") {
			t.Errorf("the page repeats the name that was asked about")
		}
		sound(t, "en", got.Body.String())
	}
	if kind, _ := shown(t, o.get(t, "/c/"+idValid+"?name=Grace+Hopper").Body.String()); kind != "valid" {
		t.Error("a name is taken from an address")
	}
	if kind, _ := shown(t, o.get(t, "/c/"+idValid).Body.String()); kind != "valid" {
		t.Error("the answer about a name was kept")
	}
}

func TestReceiptSaysWhatThePageSays(t *testing.T) {
	o := newOffice(t)
	body := &verifier.Issuer{ID: o.url, Name: "x", Keys: o.ring.Set(), StatusLists: []string{o.url + "/status/"}}
	trust, err := verifier.NewTrust([]*verifier.Issuer{body}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for id, verdict := range map[string]string{idValid: "valid", idWithdrawn: "invalid"} {
		got := o.get(t, "/c/"+id+"/receipt")
		if got.Code != 200 || got.Header().Get("Content-Type") != receipt.MediaType || !strings.HasPrefix(got.Header().Get("Content-Disposition"), "attachment") || got.Header().Get("Cache-Control") != "no-store" {
			t.Fatalf("%d %v", got.Code, got.Header())
		}
		r, err := receipt.Open(trust, got.Body.String())
		if err != nil || r.Verdict != verdict || r.Certificate.ID != o.url+"/certificates/"+id {
			t.Errorf("%+v %v", r, err)
		}
	}
	if got := o.get(t, "/c/"+idUncertain+"/receipt"); got.Code != 503 {
		t.Errorf("a receipt of what could not be checked: %d", got.Code)
	}
	o.service.Receipts = nil
	if got := o.get(t, "/c/"+idValid+"/receipt"); got.Code != 404 || strings.Contains(o.get(t, "/c/"+idForever).Body.String(), "/receipt") {
		t.Error("receipts are offered where none are given")
	}
}

// turned reports what is wrong with a page that must follow what is published: the
// page that was valid is withdrawn as soon as the list says so.
func turned(t testing.TB, o *office, p *pages) error {
	o.engine = newEngine(p)
	for range 3 {
		if kind, _ := shown(t, o.get(t, "/c/"+idValid).Body.String()); kind != "valid" {
			return fmt.Errorf("it is %s", kind)
		}
	}
	o.now = o.now.Add(time.Minute)
	if page := o.get(t, "/c/"+idValid).Body.String(); !strings.Contains(page, `datetime="2026-11-20T12:01:00Z"><bdi>20`+"\u00a0"+`November 2026, 12:01:00 UTC<`) {
		return fmt.Errorf("the time of the check stands still")
	}
	o.publish(t, "1", credential.PurposeRevocation, 1, 6, 7)
	if kind, _ := shown(t, o.get(t, "/c/"+idValid).Body.String()); kind != "withdrawn" {
		return fmt.Errorf("withdrawn, it is shown as %s", kind)
	}
	o.standings[idValid] = &Standing{Since: midday, Reason: "error"}
	if _, words := shown(t, o.get(t, "/c/"+idValid).Body.String()); words != "Withdrawn on 20 November 2026" {
		return fmt.Errorf("the day of the withdrawal is not told: %q", words)
	}
	return nil
}

func TestAPageTurnsWithinOneRequest(t *testing.T) {
	o := newOffice(t)
	if err := turned(t, o, newPages(o.service, newCommon(o.service))); err != nil {
		t.Error(err)
	}
	o = newOffice(t)
	broken := newPages(o.service, newCommon(o.service))
	broken.fits = func(*rendering, *certificate, *verifier.Report, Standing) bool { return true }
	if turned(t, o, broken) == nil {
		t.Error("a page that is kept whatever the report says is not caught")
	}
}

func TestAPageDoesNotOutliveItsKey(t *testing.T) {
	o := newOffice(t)
	if kind, _ := shown(t, o.get(t, "/c/"+idValid).Body.String()); kind != "valid" {
		t.Fatal(kind)
	}
	other := newOfficeAt(t, "https://other.example.org")
	robbed := o.issuer()
	robbed.Keys = other.ring.Set()
	trust, err := verifier.NewTrust([]*verifier.Issuer{robbed}, nil)
	if err != nil {
		t.Fatal(err)
	}
	o.service.Trust = trust
	if kind, _ := shown(t, o.get(t, "/c/"+idValid).Body.String()); kind != "altered" {
		t.Errorf("signed with a key that is trusted no more, it is %s", kind)
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	b := newBounded[int, string]()
	for i := range 3 * maxKept {
		b.put(i, "x", 1)
	}
	if b.lru.Len() != maxKept || b.bytes != maxKept {
		t.Errorf("%d values of %d bytes", b.lru.Len(), b.bytes)
	}
	for i := range 100 {
		b.put(i, "x", 1<<20)
	}
	if b.bytes > maxKeptBytes || b.lru.Len() == 0 {
		t.Errorf("%d values of %d bytes", b.lru.Len(), b.bytes)
	}
	b.put(1, "x", maxKeptBytes+1)
	if _, ok := b.get(1); ok {
		t.Error("a value above the bound is kept")
	}
}
