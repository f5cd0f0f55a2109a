// Package scheme knows the rules of certification: which certificates a body
// issues, what each of them asks for, and whether a candidate has shown it.
//
// The rules are data. One YAML file describes one edition of one scheme; the
// files in the folder catalogue are built in, and a body lays its own beside
// them without touching a line of Go:
//
//	catalogue, err := scheme.Load(os.DirFS("schemes"))
//	s, certificate, err := catalogue.Find("PRO-MGT")
//	if err := evidence.Check(s, today); err != nil { … } // is it written as it must be?
//	decision := s.Decide(record, now)                    // is it enough?
//
// [Parse] reads such a file strictly and reports every fault in it at once.
// [Load] puts the files together: editions of one scheme live side by side for
// ever, because a certificate goes on meaning what its own edition said, and
// the newest is the current one.
//
// [Evidence.Check] finds what is misspelled or missing in an application.
// [Scheme.Decide] weighs it. It is pure: it reads no clock and no store, keeps
// nothing and changes nothing, so the same record at the same moment is decided
// the same way for ever. It is total: it answers for every record, also one
// that Check would refuse, and counts in it only what is complete. It names
// every rule that is not met, each with its clause, what would satisfy it and
// what was found instead; and it keeps apart what was met and what an assessor's
// exemption stood in for, so that nobody can take the one for the other.
//
// People are told apart by their names alone. Where two names may be one
// person's, they are: nobody gets round a rule by another spelling.
//
// Schemes, certificates and rules are shared once loaded: read them, never
// write to them.
package scheme

// Scheme is one edition of the rules of one family of certificates.
type Scheme struct {
	ID              string `json:"id"`                        // e.g. "iso20000"; the same in every edition
	Title           string `json:"title"`                     // as printed on certificates
	Edition         string `json:"edition"`                   // e.g. "3.3"
	Dated           Date   `json:"dated,omitzero"`            // day of the edition; zero when its source names none
	Owner           string `json:"owner"`                     // who makes the rules
	Accreditation   string `json:"accreditation,omitempty"`   // of its competence certificates, e.g. "ISO/IEC 17024"
	Standard        string `json:"standard,omitempty"`        // the standard that the scheme is about
	StandardEdition string `json:"standardEdition,omitempty"` // the edition of that standard

	// Independence forbids a trainer or examiner of the candidate to make the
	// decision, and the candidate to train, examine or assess (ISO/IEC 17024
	// 9.4). To decide on one's own certificate is forbidden in every scheme.
	Independence bool    `json:"independence,omitempty"`
	Clauses      Clauses `json:"clauses"`

	Roles     []string `json:"roles,omitempty"`     // the roles that certificates may name
	Areas     []string `json:"areas,omitempty"`     // the areas that certificates may name
	Fields    []Word   `json:"fields,omitempty"`    // fields of experience that evidence may name
	RoleKinds []Word   `json:"roleKinds,omitempty"` // kinds of role that experience may name

	Certificates []*Certificate `json:"certificates"`
	Routes       []*Route       `json:"routes,omitempty"` // side entries
}

// Clauses says where the source has the rules that are not those of one
// certificate.
type Clauses struct {
	Certificates string `json:"certificates"` // the list of its certificates
	Decision     string `json:"decision"`     // who may decide
	// Minimum is the clause that asks at least one certified training and one
	// exam of the scheme of everybody who is exempted from anything. Empty:
	// the scheme has no such rule.
	Minimum string `json:"minimum,omitempty"`
}

// Word is one controlled word of a scheme.
type Word struct {
	Word    string `json:"word"`    // as evidence must spell it
	Meaning string `json:"meaning"` // for people
}

// Kind says what a certificate attests.
type Kind string

// The kinds of certificate (scheme 6).
const (
	Qualification Kind = "qualification" // the fact of a passed exam
	Competence    Kind = "competence"    // knowledge, skill and experience, to be shown anew
)

// Certificate is one of the certificates of a scheme.
type Certificate struct {
	Code     string   `json:"code"` // e.g. "PRO-MGT"
	Name     string   `json:"name"` // the official name
	Kind     Kind     `json:"kind"`
	Clause   string   `json:"clause"`          // where the source describes it
	Validity Validity `json:"validity"`        // zero: never expires
	Roles    []string `json:"roles,omitempty"` // the roles it serves (scheme 4.1)
	Areas    []string `json:"areas,omitempty"` // the areas it covers (scheme 4)
	// Languages are those in which it is examined and issued (BCP 47).
	Languages   []string   `json:"languages"`
	Scope       string     `json:"scope"` // printed on paper; at most [MaxScope] characters
	Description string     `json:"description"`
	Criteria    string     `json:"criteria"`        // what the exam and the decision covered
	Exams       []ExamForm `json:"exams,omitempty"` // empty: it follows from other certificates
	Rules       []Rule     `json:"rules"`           // each of them must hold
}

// MaxScope is how many characters of scope fit on a printed certificate.
const MaxScope = 220

// ExamForm is one form in which an exam may be taken. It is judged by a pass
// mark, or by the verdicts on its parts, or, where the source states neither,
// by the examiner's verdict alone.
type ExamForm struct {
	Form       string   `json:"form,omitempty"` // "" is the regular exam
	Name       string   `json:"name"`
	Clause     string   `json:"clause"`
	Format     string   `json:"format"`              // in words
	Questions  int      `json:"questions,omitempty"` // 0: the source does not count them
	PassMark   float64  `json:"passMark,omitempty"`  // per cent; 0: the source states none
	Minutes    int      `json:"minutes,omitempty"`   // 0: the source does not say
	Parts      []string `json:"parts,omitempty"`     // assessed parts, each of which must be passed
	ClosedBook bool     `json:"closedBook,omitempty"`
}

// Certificate returns the certificate of that code.
func (s *Scheme) Certificate(code string) (*Certificate, bool) {
	for _, c := range s.Certificates {
		if c.Code == code {
			return c, true
		}
	}
	return nil, false
}

// Route returns the side-entry route of that id.
func (s *Scheme) Route(id string) (*Route, bool) {
	for _, r := range s.Routes {
		if r.ID == id {
			return r, true
		}
	}
	return nil, false
}

// Exam returns the form of the certificate's exam of that name; "" is the
// regular one.
func (c *Certificate) Exam(form string) (ExamForm, bool) {
	for _, f := range c.Exams {
		if f.Form == form {
			return f, true
		}
	}
	return ExamForm{}, false
}

// codes lists the codes of s in the order of its file.
func (s *Scheme) codes() []string {
	codes := make([]string, len(s.Certificates))
	for i, c := range s.Certificates {
		codes[i] = c.Code
	}
	return codes
}

// words lists the controlled words themselves.
func words(list []Word) []string {
	w := make([]string, len(list))
	for i := range list {
		w[i] = list[i].Word
	}
	return w
}
