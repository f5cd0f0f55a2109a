package templates

import (
	"strconv"
	"time"
)

// The fixed wording of a printed certificate. Everything else that stands on the
// page comes from the signed credential. The press prints it, and whoever
// compares a paper with its credential takes it for granted: a changed word here
// makes every paper printed before read as altered, unless the old one stays
// known to the comparison.
const (
	PaperIntro     = "This is to certify that"
	PaperQualified = "has met the requirements of the scheme and has been awarded the qualification"
	PaperCertified = "has met the requirements of the scheme and, for the period shown, holds the certification"

	LabelScope     = "SCOPE"
	LabelDecider   = "DECISION MAKER"
	LabelDecided   = "DATE OF DECISION"
	LabelNumber    = "CERTIFICATE NUMBER"
	LabelEffective = "EFFECTIVE DATE"
	LabelExpiry    = "EXPIRY"
	LabelScheme    = "SCHEME"
	LabelEdition   = "EDITION"
	LabelCode      = "CODE"

	PaperThrough = "valid through " // the last day is included
	PaperForever = "does not expire"

	// A paper cannot know of a later suspension or withdrawal; a digitally
	// signed one does not either (ISO/IEC 17024 9.5).
	PaperCheck = "Scan, or type this address, to check that this certificate stands. Only the check tells its status today."

	PaperSpecimen     = "SPECIMEN"
	PaperSpecimenNote = "Specimen, issued for trial only. It certifies nothing."
)

// The typefaces of a printed certificate, as [Font] knows them.
const (
	FontSerif  = "EBGaramond-Regular.ttf"
	FontItalic = "EBGaramond-Italic.ttf"
	FontSans   = "SourceSans3-Regular.ttf"
)

// PaperLabels returns every label of the page.
func PaperLabels() []string {
	return []string{LabelScope, LabelDecider, LabelDecided, LabelNumber, LabelEffective, LabelExpiry, LabelScheme, LabelEdition, LabelCode}
}

// PaperPhrase is the line between the name and the title. It is chosen by the
// one fact that the wording must get right: whether the certificate ends.
func PaperPhrase(expires bool) string {
	if expires {
		return PaperCertified
	}
	return PaperQualified
}

// PaperDay writes a date so that no reader can take the month for the day: "20
// November 2026".
func PaperDay(year int, month time.Month, day int) string {
	return strconv.Itoa(day) + " " + month.String() + " " + strconv.Itoa(year)
}
