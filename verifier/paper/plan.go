package paper

import (
	"strings"
	"time"

	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/verifier/credential"
)

// factsOf gives what the paper of a certificate must say. The press prints the
// same.
func factsOf(c *credential.Credential) certificate.Facts {
	f := certificate.Facts{
		Holder:    c.Holder(),
		Title:     c.Subject.Achievement.Name,
		Code:      c.Subject.Achievement.HumanCode,
		Number:    c.Subject.LicenseNumber,
		Scope:     c.Description,
		Edition:   c.Subject.Achievement.Version,
		Body:      c.Issuer.Name,
		Decider:   c.Decider(),
		Effective: dayOf(c.ValidFrom.Time),
		Specimen:  c.Specimen(),
		Link:      address(c),
	}
	if a, ok := c.Scheme(); ok {
		f.Scheme = a.TargetName
	}
	if c.AwardedDate != nil {
		f.Decided = dayOf(c.AwardedDate.Time)
	}
	if c.ValidUntil != nil {
		last := dayOf(c.ValidUntil.Time)
		f.Expires = &last
	}
	return f
}

func dayOf(t time.Time) certificate.Day {
	year, month, day := t.Date()
	return certificate.Day{Year: year, Month: month, Day: day}
}

// address is the verification address of a certificate, as printed in clear.
func address(c *credential.Credential) string {
	return c.Issuer.ID + "/c/" + strings.TrimPrefix(c.ID, c.Issuer.ID+"/certificates/")
}

// A fact is what is said of one kind of fact that differs.
type fact struct {
	weight  int
	differs string // of what the paper shows and what was signed
	missing string // of what was signed
}

// facts are the facts that a design may set.
var facts = map[string]*fact{
	certificate.FactHolder:    {faultOfName, saysName, "The paper does not show the name of the holder, “%s”."},
	certificate.FactTitle:     {faultOfTitle, "The paper shows the title “%s”; the certificate is “%s”.", "The paper does not show the title of the certificate, “%s”."},
	certificate.FactNumber:    {faultOfNumber, "The paper shows the certificate number “%s”; that of the certificate is “%s”.", "The paper does not show the certificate number, “%s”."},
	certificate.FactEffective: {faultOfFact, "The paper shows the effective date “%s”; that of the certificate is “%s”.", "The paper does not show the effective date, “%s”."},
	certificate.FactExpiry:    {faultOfFact, "The paper shows the expiry “%s”; the certificate says “%s”.", "The paper does not show the expiry, “%s”."},
	certificate.FactDecided:   {faultOfFact, "The paper shows the date of decision “%s”; that of the certificate is “%s”.", "The paper does not show the date of decision, “%s”."},
	certificate.FactScope:     {faultOfFact, "The paper shows the scope “%s”; that of the certificate is “%s”.", "The paper does not show the scope, “%s”."},
	certificate.FactScheme:    {faultOfFact, "The paper shows the scheme “%s”; that of the certificate is “%s”.", "The paper does not show the scheme, “%s”."},
	certificate.FactEdition:   {faultOfFact, "The paper shows the edition “%s” of the scheme; that of the certificate is “%s”.", "The paper does not show the edition of the scheme, “%s”."},
	certificate.FactCode:      {faultOfFact, "The paper shows the code “%s”; that of the certificate is “%s”.", "The paper does not show the code of the certificate, “%s”."},
	certificate.FactBody:      {faultOfFact, "The paper shows “%s” as the body that issued it; the certificate is of “%s”.", "The paper does not show the body that issued the certificate, “%s”."},
	certificate.FactDecider:   {faultOfFact, "The paper shows the decision maker “%s”; that of the certificate is “%s”.", "The paper does not show the decision maker, “%s”."},
	certificate.FactLink:      {faultOfQR, "The paper shows the address “%s”; that of the certificate is “%s”.", "The paper does not show the address at which the certificate is checked, “%s”."},
}

const saysName = "The paper shows the name “%s”; the certificate is for “%s”."

// Sentences on fixed wording and on what is not certificate at all.
const (
	saysWordsMissing = "The paper does not show the words “%s”, which stand on every certificate like this."
	saysExtra        = "The paper shows “%s”, which is not part of the certificate."
	saysDrawn        = "The paper shows “%s” so faintly, so small or so changed in shape that it cannot be read as on a certificate."
	saysSize         = "The paper shows “%s” in another size than a certificate does."
	saysMoved        = "The paper shows “%s” in other places than a certificate does."
	saysPainted      = "Something was painted on the page that is on no certificate."
	saysCovered      = "Something was painted over “%s”."
	saysPicture      = "A picture was put on the page; a certificate has none."
	saysCode         = "The QR code leads to “%s”, not to this certificate."
	saysNoCode       = "The page shows no QR code that can be read; a certificate has one."
	saysCodeDrawn    = "The QR code was painted over, or stands where no certificate has it."
	saysSummary      = "The second QR code is not the summary of this certificate."
	saysClick        = "A link on the page leads to “%s”, not to this certificate."
	saysPages        = "The document has %d pages or more; a certificate has one. Check the page of the certificate as a file of its own, or scan its QR code."
)

func near(a, b, slack float64) bool { return a-b < slack && b-a < slack }
