package verifier

import "github.com/testamur/testamur/verifier/credential"

// policy reports whether the certificate is what the caller asks for, and
// whether it keeps the rule of its kind.
func (e *examination) policy(c *credential.Credential) {
	a := c.Subject.Achievement
	if e.Policy.Holder != nil {
		name := c.Holder()
		matches := name != "" && e.Policy.Holder(name)
		e.report.NameMatches = &matches
	}
	switch {
	case e.Policy.ID != "" && c.ID != e.Policy.ID:
		e.report.fail(PolicyCheck, Altered, "The address leads to another certificate than the one it names, %s.", c.ID)
	case a.AchievementType == credential.AchievementCertification && c.ValidUntil == nil:
		e.report.fail(PolicyCheck, PolicyNotMet, "A competence certificate must say when it expires; this one does not.")
	case e.Policy.Certificate != "" && a.HumanCode != e.Policy.Certificate:
		e.report.fail(PolicyCheck, PolicyNotMet, "It is %q (%s), not the certificate %s that was asked for.", a.Name, a.HumanCode, e.Policy.Certificate)
	case e.report.NameMatches != nil && !*e.report.NameMatches:
		// Whose it is is not told: the question was whether it is this person's.
		e.report.fail(PolicyCheck, NameMismatch, "The name that was asked about is not the one on the certificate.")
	case e.Policy.Certificate != "":
		e.report.pass(PolicyCheck, "It is the certificate that was asked for, %s.", e.Policy.Certificate)
	case e.report.NameMatches != nil:
		e.report.pass(PolicyCheck, "It keeps the rules of its kind, and the name matches.")
	default:
		e.report.pass(PolicyCheck, "It keeps the rules of its kind; nothing further was asked for.")
	}
}
