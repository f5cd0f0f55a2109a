package issuer

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/verifier/credential"
)

// draft is everything a credential is made of. Drafting is pure: all that is
// random or of the moment is in here.
type draft struct {
	body        Body
	scheme      *scheme.Scheme
	certificate *scheme.Certificate
	application *Application
	decision    scheme.Decision
	restsOn     []*Certificate // held certificates that a competence certificate rests on

	link      string
	number    string
	subject   string // urn:uuid, fresh
	list      StatusList
	index     int
	effective scheme.Date
	zone      *time.Location
}

// credential returns the credential, and the bounds of its validity.
func (d *draft) credential() *credential.Credential {
	from, until := d.certificate.Validity.Bounds(d.effective, d.zone)
	awarded := credential.Time{Time: d.application.Decided.Date.Start(d.zone)}
	url := d.body.certificateURL(d.link)
	c := &credential.Credential{
		Context:     []string{credential.ContextVC, credential.ContextOB, credential.ContextExtensions},
		ID:          url,
		Type:        credential.Strings{credential.TypeVC, credential.TypeBadge},
		Name:        d.certificate.Name,
		Description: d.certificate.Scope,
		Issuer:      d.issuer(),
		ValidFrom:   credential.Time{Time: from},
		AwardedDate: &awarded,
		Subject: credential.Subject{
			ID:            d.subject,
			Type:          credential.Strings{"AchievementSubject"},
			LicenseNumber: d.number,
			Identifier: []credential.IdentityObject{{
				Type: "IdentityObject", IdentityType: "name", IdentityHash: d.application.Candidate.Name,
			}},
			Achievement: d.achievement(),
		},
		Evidence: d.evidence(),
		Schema:   credential.Schemas{{ID: credential.SchemaID, Type: credential.SchemaType1EdTech}},
		Status: &credential.Status{
			ID:         d.body.listURL(d.list.ID) + "#" + strconv.Itoa(d.index),
			Type:       credential.StatusEntry,
			Purpose:    credential.PurposeRevocation,
			Index:      strconv.Itoa(d.index),
			List:       d.body.listURL(d.list.ID),
			Suspension: d.body.suspensionURL(d.list.ID),
		},
	}
	if !until.IsZero() {
		c.ValidUntil = &credential.Time{Time: until}
	}
	for _, held := range d.restsOn {
		c.Related = append(c.Related, credential.RelatedResource{
			ID: d.body.certificateURL(held.Link) + ".jws", DigestSRI: credential.Digest([]byte(held.Token)), MediaType: credential.MediaType,
		})
	}
	if exam, ok := d.exam(); ok {
		result := d.subject + "#exam"
		c.Subject.Achievement.ResultDescription = []credential.ResultDescription{exam.description(result)}
		c.Subject.Result = []credential.Result{{Type: credential.Strings{"Result"}, ResultDescription: result, Status: "Completed"}}
	}
	return c
}

func (d *draft) issuer() credential.Profile {
	p := credential.Profile{ID: d.body.URL, Type: credential.Strings{"Profile"}, Name: d.body.Name, URL: d.body.URL}
	// The accreditation covers competence certificates only (scheme 6.2).
	if d.body.Accreditation != "" && d.scheme.Accreditation != "" && d.certificate.Kind == scheme.Competence {
		p.OtherIdentifier = []credential.IdentifierEntry{{
			Type: "IdentifierEntry", Identifier: d.body.Accreditation, IdentifierType: "ext:accreditation",
		}}
	}
	return p
}

// achievement is the same for everybody who holds the certificate.
func (d *draft) achievement() credential.Achievement {
	url := fmt.Sprintf("%s/schemes/%s/%s", d.body.URL, d.scheme.ID, d.scheme.Edition)
	a := credential.Achievement{
		ID:              url + "/" + d.certificate.Code,
		Type:            credential.Strings{"Achievement"},
		AchievementType: credential.AchievementCertificate,
		Name:            d.certificate.Name,
		Description:     d.certificate.Description,
		Criteria:        credential.Criteria{ID: url + "/" + d.certificate.Code + "#criteria", Narrative: d.certificate.Criteria},
		Version:         d.scheme.Edition,
		HumanCode:       d.certificate.Code,
		InLanguage:      d.application.Language,
		Alignment: []credential.Alignment{{
			Type:            credential.Strings{"Alignment"},
			TargetName:      d.scheme.Title,
			TargetURL:       url,
			TargetCode:      d.scheme.ID + " " + d.scheme.Edition,
			TargetFramework: d.scheme.Owner,
			TargetType:      credential.AlignmentScheme,
		}},
	}
	if d.certificate.Kind == scheme.Competence {
		a.AchievementType = credential.AchievementCertification
	}
	if d.scheme.Standard != "" {
		a.Alignment = append(a.Alignment, credential.Alignment{
			Type:       credential.Strings{"Alignment"},
			TargetName: d.scheme.Standard,
			TargetURL:  standardURN(d.scheme.StandardEdition),
			TargetCode: d.scheme.StandardEdition,
			TargetType: "ext:Standard",
		})
	}
	for _, role := range d.certificate.Roles {
		a.Tag = append(a.Tag, "role: "+role)
	}
	for _, area := range d.certificate.Areas {
		a.Tag = append(a.Tag, "area: "+area)
	}
	if d.body.Specimen {
		a.Tag = append(a.Tag, credential.TagSpecimen)
	}
	return a
}

// standardURN names a standard without an address that will rot (RFC 5141):
// "ISO/IEC 20000-1:2005" is urn:iso:std:iso-iec:20000:-1.
func standardURN(edition string) string {
	designation, _, _ := strings.Cut(edition, ":")
	publisher, number, _ := strings.Cut(designation, " ")
	number, part, hasPart := strings.Cut(number, "-")
	urn := "urn:iso:std:" + strings.ToLower(strings.ReplaceAll(publisher, "/", "-")) + ":" + number
	if hasPart {
		urn += ":-" + part
	}
	return urn
}

// evidence says what the certificate rests on, so that what was waived can
// never be taken for something passed. It names no documents of the candidate.
func (d *draft) evidence() []credential.Evidence {
	evidence := func(genre, name, description, narrative string) credential.Evidence {
		return credential.Evidence{Type: credential.Strings{"Evidence"}, Genre: genre, Name: name, Description: description, Narrative: narrative}
	}
	list := []credential.Evidence{evidence(credential.GenreDecision, "Certification decision", d.application.Decided.By,
		"Decided on "+d.application.Decided.Date.String()+" by the person named.")}
	if exam, ok := d.exam(); ok {
		list = append(list, evidence(credential.GenreExamination, exam.Name, exam.Format, "Passed."))
	}
	for _, w := range d.decision.Exempted {
		title := w.Route
		if r, ok := d.scheme.Route(w.Route); ok {
			title = r.Title
		}
		list = append(list, evidence(credential.GenreExemption, "Exempted: "+w.Rule, title,
			fmt.Sprintf("Rule %s (%s) was not examined. An assessor granted an exemption on %s.", w.Rule, w.Clause, w.Date)))
	}
	for _, held := range d.restsOn {
		e := evidence(credential.GenrePrerequisite, "Rests on "+held.Code, "Certificate "+held.Number, "")
		e.ID = d.body.certificateURL(held.Link)
		list = append(list, e)
	}
	return list
}

// examForm is the exam that was passed for the certificate.
type examForm struct{ scheme.ExamForm }

// exam returns the form of the certificate's own exam that was passed, if it
// has one that was not exempted.
func (d *draft) exam() (examForm, bool) {
	form, found := examForm{}, false
	d.certificate.Walk(func(r scheme.Rule) {
		if r.Exam == nil || r.Exam.Of != d.certificate.Code {
			return
		}
		for _, m := range d.decision.Met {
			if m.Rule == r.ID {
				f, ok := d.certificate.Exam(r.Exam.Form)
				form, found = examForm{f}, ok
			}
		}
	})
	for _, w := range d.decision.Exempted { // a side entry may ask for another form instead
		r, ok := d.scheme.Route(w.Route)
		if !ok || found {
			continue
		}
		for _, waiver := range r.Waives {
			for _, instead := range waiver.Instead {
				if waiver.Certificate == d.certificate.Code && instead.Exam != nil && instead.Exam.Of == d.certificate.Code {
					f, ok := d.certificate.Exam(instead.Exam.Form)
					form, found = examForm{f}, ok
				}
			}
		}
	}
	return form, found
}

func (f examForm) description(id string) credential.ResultDescription {
	r := credential.ResultDescription{ID: id, Type: credential.Strings{"ResultDescription"}, Name: f.Name, ResultType: "Status"}
	if f.PassMark > 0 {
		r.RequiredValue = strconv.FormatFloat(f.PassMark, 'f', -1, 64) + " %"
	}
	return r
}

// newSubject draws the subject id: fresh for each certificate, so that the
// certificates of one person cannot be linked by it.
func newSubject(random io.Reader) (string, error) {
	id, err := uuid.NewRandomFromReader(random)
	if err != nil {
		return "", fmt.Errorf("draw a subject id: %w", err)
	}
	return id.URN(), nil
}

// PaperOf returns what is printed for a signed credential. Nothing on it comes
// from anywhere else.
func PaperOf(c *credential.Credential, token string) Paper {
	p := Paper{
		Holder:    c.Holder(),
		Title:     c.Subject.Achievement.Name,
		Code:      c.Subject.Achievement.HumanCode,
		Number:    c.Subject.LicenseNumber,
		Scope:     c.Description,
		Edition:   c.Subject.Achievement.Version,
		Body:      c.Issuer.Name,
		Decider:   c.Decider(),
		Effective: scheme.DateOf(c.ValidFrom.Time),
		Specimen:  c.Specimen(),
		Token:     token,
		Created:   c.ValidFrom.Time,
	}
	if a, ok := c.Scheme(); ok {
		p.Scheme = a.TargetName
	}
	if c.AwardedDate != nil {
		p.Decided = scheme.DateOf(c.AwardedDate.Time)
	}
	if c.ValidUntil != nil {
		last := scheme.DateOf(c.ValidUntil.Time)
		p.Expires = &last
	}
	body := Body{URL: c.Issuer.ID}
	link := strings.TrimPrefix(c.ID, body.certificateURL(""))
	p.Link, p.QR = body.VerifyURL(link), body.QR(link)
	return p
}

// paper is what would be printed for the draft, whose credential is given.
func (d *draft) paper(c *credential.Credential) Paper {
	p := PaperOf(c, "")
	p.SchemeID = d.scheme.ID
	return p
}

// Paper returns what is printed for the issued certificate, which signed is the
// credential of.
func (c *Certificate) Paper(signed *credential.Credential) Paper {
	p := PaperOf(signed, c.Token)
	p.Summary, p.SchemeID = c.Summary, c.Scheme
	return p
}
