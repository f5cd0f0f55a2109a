package scheme

// Evidence is what a candidate brings to an application: everything the rules
// of a scheme may ask about, except the certificates already held. It is read
// from the application file; docs/application.md describes each member.
type Evidence struct {
	Trainings  []Training   `json:"trainings,omitempty"`
	Exams      []Exam       `json:"exams,omitempty"`
	Experience []Experience `json:"experience,omitempty"`
	Audits     []Audit      `json:"audits,omitempty"`
	Degrees    []Degree     `json:"degrees,omitempty"`
	Exemptions []Exemption  `json:"exemptions,omitempty"`
}

// Training is one completed course.
type Training struct {
	For         string       `json:"for"`       // code of the certificate it prepares for, e.g. "PRO-MGT"
	Certified   bool         `json:"certified"` // institute, trainer and material certified (scheme 5.1.2)
	Provider    string       `json:"provider,omitempty"`
	Trainer     string       `json:"trainer"`
	Completed   Date         `json:"completed"`
	Assignments []Assignment `json:"assignments,omitempty"`
}

// Assignment is a practical assignment or project of a training (scheme 5.1.3).
type Assignment struct {
	Subject string `json:"subject"` // as the scheme names it, e.g. "Service Improvement"
	Passed  bool   `json:"passed"`
}

// Exam is one examination taken, whether passed or not.
type Exam struct {
	For      string   `json:"for"`            // code of the certificate it belongs to
	Form     string   `json:"form,omitempty"` // "" for the regular exam; "bridge", "delta-foundation" …, as the scheme names it
	Date     Date     `json:"date"`
	Examiner string   `json:"examiner"`
	Score    *Percent `json:"score,omitempty"`  // for exams with a pass mark
	Passed   *bool    `json:"passed,omitempty"` // for exams whose scheme states no pass mark
	// Parts holds the verdict on each assessed part by the scheme's name of it,
	// e.g. "presentation": true; for assessed exams (scheme 5.5.5, 5.6.5).
	Parts map[string]bool `json:"parts,omitempty"`
}

// Experience is one uninterrupted period of work in one role.
type Experience struct {
	Field        string   `json:"field"`           // "itsm" or as the scheme names it
	Roles        []string `json:"roles,omitempty"` // kinds of role as the scheme names them, e.g. "consultant"
	Organisation string   `json:"organisation,omitempty"`
	From         Date     `json:"from"`
	To           *Date    `json:"to,omitempty"` // last day, included; absent while it goes on
}

// Audit is participation in one audit or assessment.
type Audit struct {
	Date         Date    `json:"date"` // first day
	Days         float64 `json:"days"` // in quarters of a day
	Role         string  `json:"role,omitempty"`
	Organisation string  `json:"organisation,omitempty"`
}

// Degree is an academic degree from a recognised institution.
type Degree struct {
	Level       string `json:"level"` // "bachelor", "master", "doctorate"
	Title       string `json:"title,omitempty"`
	Institution string `json:"institution"`
	Awarded     Date   `json:"awarded"`
}

// Exemption is an assessor's recorded decision, on evidence, that a side-entry
// route of the scheme applies to this candidate (scheme 5.1.4).
type Exemption struct {
	Route    string `json:"route"`         // id of the route in the scheme
	For      string `json:"for,omitempty"` // the certificate exempted, where the route leaves a choice
	Evidence string `json:"evidence"`      // what was shown, e.g. the foreign certificate and its number
	Assessor string `json:"assessor"`
	Date     Date   `json:"date"`
	Reason   string `json:"reason"`
}

// Held is a certificate that the candidate already holds from this body.
type Held struct {
	Code       string
	Scheme     string // id of the scheme
	Number     string
	Standing   Standing // as of the moment of issuing
	Decided    Date     // day of the decision on it; zero: unknown
	ValidFrom  Date
	ValidUntil *Date    // last day of validity, included; nil when it never expires
	Trained    bool     // earned with at least one certified training of the scheme
	Examined   bool     // earned with at least one exam of the scheme
	Educators  []string // the trainers and examiners of that certificate, for independence
}

// Standing says whether a held certificate may be relied upon.
type Standing string

// The standings of a held certificate. Only Good counts as a prerequisite.
const (
	Good      Standing = "good"
	Expired   Standing = "expired"
	Suspended Standing = "suspended"
	Revoked   Standing = "revoked"
)

// Record is all that a decision rests on.
type Record struct {
	Certificate string // code of the certificate applied for
	Candidate   string // name of the candidate; empty when there is none to compare with others
	Evidence    Evidence
	Held        []Held
	DecidedBy   string // the decision maker
	Decided     Date   // day of the decision; zero: the day on which it is put on record
}

// Decision is the answer of [Scheme.Decide].
type Decision struct {
	Eligible bool     `json:"eligible"`
	Unmet    []Unmet  `json:"unmet"`    // every rule not met; empty when eligible
	Exempted []Waived `json:"exempted"` // every rule met by exemption only; never shown as passed
	Met      []Met    `json:"met"`      // every rule met, with what met it
}

// Unmet is a rule that the record does not satisfy.
type Unmet struct {
	Rule   string `json:"rule"`   // stable id, e.g. "prerequisite:FND"
	Clause string `json:"clause"` // e.g. "5.5.2"
	Need   string `json:"need"`   // one sentence: what would satisfy it, and what was found instead
}

// Waived is a rule that an exemption stands in for.
type Waived struct {
	Rule     string `json:"rule"`
	Clause   string `json:"clause"`
	Route    string `json:"route"`
	Evidence string `json:"evidence"`
	Assessor string `json:"assessor"`
	Date     Date   `json:"date"`
	Reason   string `json:"reason"`
}

// Met is a rule that the record satisfies.
type Met struct {
	Rule   string `json:"rule"`
	Clause string `json:"clause"`
	By     string `json:"by"`               // what satisfied it, e.g. "exam of 4 Nov 2026, 82 %"
	Number string `json:"number,omitempty"` // certificate number, when a held certificate met it
}
