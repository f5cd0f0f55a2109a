package render

import (
	"strconv"

	"github.com/testamur/testamur/issuer/scheme"
)

// The fixed wording of the page. Everything else that stands on it comes from
// the signed credential. The phrase before the title is chosen by the one fact
// that the wording must get right: whether the certificate ends.
const (
	wordsIntro     = "This is to certify that"
	wordsQualified = "has met the requirements of the scheme and has been awarded the qualification"
	wordsCertified = "has met the requirements of the scheme and, for the period shown, holds the certification"

	labelScope     = "SCOPE"
	labelDecider   = "DECISION MAKER"
	labelDecided   = "DATE OF DECISION"
	labelNumber    = "CERTIFICATE NUMBER"
	labelEffective = "EFFECTIVE DATE"
	labelExpiry    = "EXPIRY"
	labelScheme    = "SCHEME"
	labelEdition   = "EDITION"
	labelCode      = "CODE"

	wordsThrough = "valid through " // the last day is included
	wordsForever = "does not expire"

	// A paper cannot know of a later suspension or withdrawal; a digitally
	// signed one does not either (ISO/IEC 17024 9.5).
	wordsCheck = "Scan, or type this address, to check that this certificate stands. Only the check tells its status today."

	wordsSpecimen     = "SPECIMEN"
	wordsSpecimenNote = "Specimen, issued for trial only. It certifies nothing."
)

// phrase is the line between the name and the title.
func phrase(expires *scheme.Date) string {
	if expires == nil {
		return wordsQualified
	}
	return wordsCertified
}

// expiry is the expiry as printed, e.g. "valid through 19 November 2029".
func expiry(expires *scheme.Date) string {
	if expires == nil {
		return wordsForever
	}
	return wordsThrough + day(*expires)
}

// day writes d so that no reader can take the month for the day: "20 November 2026".
func day(d scheme.Date) string {
	return strconv.Itoa(d.Day) + " " + d.Month.String() + " " + strconv.Itoa(d.Year)
}
