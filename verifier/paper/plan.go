package paper

import (
	"strings"
	"time"

	"github.com/testamur/testamur/templates"
	"github.com/testamur/testamur/verifier/credential"
)

// An entry is one text that the page of a certificate must show: a fact of the
// credential, or fixed wording.
type entry struct {
	*fact       // nil for fixed wording
	want        string
	least, most float64 // sizes of type allowed, in points where a label has 7
	instead     string  // other fixed wording that may stand there on another certificate
}

// A fact is what is said of one kind of fact that differs.
type fact struct {
	weight  int
	differs string // of what the paper shows and what was signed
	missing string // of what was signed
}

var (
	factHolder    = &fact{faultOfName, "The paper shows the name “%s”; the certificate is for “%s”.", "The paper does not show the name of the holder, “%s”."}
	factTitle     = &fact{faultOfTitle, "The paper shows the title “%s”; the certificate is “%s”.", "The paper does not show the title of the certificate, “%s”."}
	factNumber    = &fact{faultOfNumber, "The paper shows the certificate number “%s”; that of the certificate is “%s”.", "The paper does not show the certificate number, “%s”."}
	factEffective = &fact{faultOfFact, "The paper shows the effective date “%s”; that of the certificate is “%s”.", "The paper does not show the effective date, “%s”."}
	factExpiry    = &fact{faultOfFact, "The paper shows the expiry “%s”; the certificate says “%s”.", "The paper does not show the expiry, “%s”."}
	factDecided   = &fact{faultOfFact, "The paper shows the date of decision “%s”; that of the certificate is “%s”.", "The paper does not show the date of decision, “%s”."}
	factScope     = &fact{faultOfFact, "The paper shows the scope “%s”; that of the certificate is “%s”.", "The paper does not show the scope, “%s”."}
	factScheme    = &fact{faultOfFact, "The paper shows the scheme “%s”; that of the certificate is “%s”.", "The paper does not show the scheme, “%s”."}
	factEdition   = &fact{faultOfFact, "The paper shows the edition “%s” of the scheme; that of the certificate is “%s”.", "The paper does not show the edition of the scheme, “%s”."}
	factCode      = &fact{faultOfFact, "The paper shows the code “%s”; that of the certificate is “%s”.", "The paper does not show the code of the certificate, “%s”."}
	factBody      = &fact{faultOfFact, "The paper shows “%s” as the body that issued it; the certificate is of “%s”.", "The paper does not show the body that issued the certificate, “%s”."}
	factDecider   = &fact{faultOfFact, "The paper shows the decision maker “%s”; that of the certificate is “%s”.", "The paper does not show the decision maker, “%s”."}
	factLink      = &fact{faultOfQR, "The paper shows the address “%s”; that of the certificate is “%s”.", "The paper does not show the address at which the certificate is checked, “%s”."}
)

// Sentences on fixed wording and on what is not certificate at all.
const (
	saysWordsMissing = "The paper does not show the words “%s”, which stand on every certificate like this."
	saysExtra        = "The paper shows “%s”, which is not part of the certificate."
	saysDrawn        = "The paper shows “%s” so faintly, so small or so changed in shape that it cannot be read as on a certificate."
	saysSize         = "The paper shows “%s” in another size than a certificate does."
	saysPainted      = "Something was painted on the page that is on no certificate."
	saysCovered      = "Something was painted over “%s”."
	saysPicture      = "A picture was put on the page; a certificate has none."
	saysCode         = "The QR code leads to “%s”, not to this certificate."
	saysNoCode       = "The page shows no QR code that can be read; a certificate has one."
	saysCodeDrawn    = "The QR code was painted over, or stands where no certificate has it."
	saysClick        = "A link on the page leads to “%s”, not to this certificate."
	saysPages        = "The document has %d pages or more; a certificate has one. Check the page of the certificate as a file of its own, or scan its QR code."
)

// A column is the entries that stand below one another, beginning at the same
// distance from the left.
type column []entry

// The places of a page, as the press sets them. Only their order, their sizes
// and what stands beside what is compared; the page may have been moved or made
// larger as a whole.
func columns(c *credential.Credential) []column {
	label := func(s string) entry { return entry{want: s, least: 6.6, most: 7.4} }
	words := func(s string, size float64) entry { return entry{want: s, least: size * 0.9, most: size * 1.1} }
	day := func(t time.Time) string { return templates.PaperDay(t.Date()) }

	expiry := templates.PaperForever
	if c.ValidUntil != nil {
		expiry = templates.PaperThrough + day(c.ValidUntil.Time)
	}
	var scheme, decided string
	if a, ok := c.Scheme(); ok {
		scheme = a.TargetName
	}
	if c.AwardedDate != nil {
		decided = day(c.AwardedDate.Time)
	}
	achievement := &c.Subject.Achievement

	phrase := words(templates.PaperPhrase(c.ValidUntil != nil), 14.5)
	phrase.instead = templates.PaperPhrase(c.ValidUntil == nil)
	main := column{{fact: factBody, want: c.Issuer.Name, least: 10, most: 24}}
	if c.Specimen() {
		main = append(main, words(templates.PaperSpecimenNote, 8.5))
	}
	main = append(main,
		words(templates.PaperIntro, 14.5),
		entry{fact: factHolder, want: c.Holder(), least: 20, most: 48},
		phrase,
		entry{fact: factTitle, want: achievement.Name, least: 16, most: 30},
		label(templates.LabelScope),
		entry{fact: factScope, want: c.Description, least: 9, most: 15},
		entry{fact: factDecider, want: c.Decider(), least: 9, most: 15},
		label(templates.LabelDecider))
	date := column{
		{fact: factDecided, want: decided, least: 9, most: 15},
		label(templates.LabelDecided)}
	side := column{
		label(templates.LabelNumber),
		{fact: factNumber, want: c.Subject.LicenseNumber, least: 8, most: 15},
		label(templates.LabelEffective),
		{fact: factEffective, want: day(c.ValidFrom.Time), least: 9, most: 15},
		label(templates.LabelExpiry),
		{fact: factExpiry, want: expiry, least: 9, most: 15},
		label(templates.LabelScheme),
		{fact: factScheme, want: scheme, least: 9, most: 15}}
	if achievement.Version != "" {
		side = append(side, label(templates.LabelEdition), entry{fact: factEdition, want: achievement.Version, least: 7, most: 13})
	}
	side = append(side, entry{fact: factLink, want: address(c), least: 7, most: 10})
	all := []column{main, side, date}
	if achievement.HumanCode != "" {
		all = append(all, column{label(templates.LabelCode), {fact: factCode, want: achievement.HumanCode, least: 7, most: 13}})
	}
	return append(all, column{words(templates.PaperCheck, 7.5)})
}

// address is the verification address of a certificate, as printed in clear.
func address(c *credential.Credential) string {
	return c.Issuer.ID + "/c/" + strings.TrimPrefix(c.ID, c.Issuer.ID+"/certificates/")
}

// Measures of the page, in millimetres from its upper left corner.
const (
	planLeft    = 27.0  // where the main column begins
	planFoot    = 183.0 // the baseline of the label of the decision maker
	planSide    = 211.0 // where the side column begins
	planSeal    = 27.0  // the side of the seal, and its distance from the top
	planBetween = 203.0 // the line between the columns
	planSign    = 172.5 // the lines to sign on
	planInner   = 15.0  // the border, with its round corners, ends here
	planWide    = 297.0
	planHigh    = 210.0
	millimetre  = 72 / 25.4 // points
	labelSize   = 7.0
)

// A plan maps the page to millimetres from the upper left corner of an original.
type plan struct {
	turn  matrix
	left  float64 // x of the main column on the turned page
	foot  float64 // y of the label of the decision maker
	scale float64 // points to the millimetre
}

func (p plan) box(b box) box {
	b = b.mapped(p.turn)
	return box{
		planLeft + (b.x0-p.left)/p.scale, planFoot - (b.y1-p.foot)/p.scale,
		planLeft + (b.x1-p.left)/p.scale, planFoot - (b.y0-p.foot)/p.scale,
	}
}

// decorates reports whether a line lies where the border and the seal are.
func (p plan) decorates(s stroke) bool {
	const slack = 0.6
	b := p.box(s.box)
	inner := box{planInner, planInner, planWide - planInner, planHigh - planInner}
	seal := box{planSide - slack, planSeal - slack, planSide + planSeal + slack, 2*planSeal + slack}
	return !b.meets(inner) || seal.holds(b)
}

// hasLine reports whether a certificate may have a line there, its ornament
// aside.
func (p plan) hasLine(s stroke) bool {
	const slack = 0.6
	b := p.box(s.box)
	if !s.straight || min(b.wide(), b.high()) > 0.8 {
		return false
	}
	switch x, y := (b.x0+b.x1)/2, (b.y0+b.y1)/2; {
	case b.high() > b.wide():
		return near(x, planBetween, slack) && b.y0 > planSeal-slack && b.y1 < planFoot+slack
	case near(y, planSign, slack):
		return b.x0 > planLeft-slack && b.x1 < planBetween
	default: // below the name of the body
		return near(b.x0, planLeft, slack) && b.wide() < 20 && y < 60
	}
}

func near(a, b, slack float64) bool { return a-b < slack && b-a < slack }
