package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/audit"
	"github.com/testamur/testamur/issuer/scheme"
)

// Body implements [issuer.Bodies].
func (t *tx) Body() (b issuer.Body, err error) {
	err = t.row("SELECT name, url, prefix, zone, accreditation, specimen, verifier FROM body WHERE one = 1", nil,
		&b.Name, &b.URL, &b.Prefix, &b.Zone, &b.Accreditation, &b.Specimen, &b.Verifier)
	return b, found(err, "body", "")
}

// PutBody implements [issuer.Bodies].
func (t *tx) PutBody(b issuer.Body) error {
	specimen := 0
	if b.Specimen {
		specimen = 1
	}
	_, err := t.exec(`INSERT INTO body (one, name, url, prefix, zone, accreditation, specimen, verifier) VALUES (1, $1, $2, $3, $4, $5, $6, $7)`,
		b.Name, b.URL, b.Prefix, b.Zone, b.Accreditation, specimen, b.Verifier)
	return err
}

// SetVerifier implements [issuer.Bodies].
func (t *tx) SetVerifier(address string) error {
	r, err := t.exec("UPDATE body SET verifier = $1 WHERE one = 1", address)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, found(sql.ErrNoRows, "body", ""))
	}
	return nil
}

// Application implements [issuer.Applications].
func (t *tx) Application(id string) (*issuer.ApplicationRecord, error) {
	r := &issuer.ApplicationRecord{}
	var content, decision, received string
	err := t.row("SELECT digest, content, decision, received FROM applications WHERE id = $1", []any{id},
		&r.Digest, &content, &decision, &received)
	if err != nil {
		return nil, found(err, "application", id)
	}
	err = errors.Join(
		json.Unmarshal([]byte(content), &r.Application),
		json.Unmarshal([]byte(decision), &r.Decision),
		scanTime(received, &r.Received))
	return r, err
}

// AddApplication implements [issuer.Applications].
func (t *tx) AddApplication(r *issuer.ApplicationRecord) error {
	content, err := json.Marshal(r.Application)
	if err != nil {
		return err
	}
	decision, err := json.Marshal(r.Decision)
	if err != nil {
		return err
	}
	_, err = t.exec("INSERT INTO applications (id, candidate, digest, content, decision, received) VALUES ($1, $2, $3, $4, $5, $6)",
		r.Application.ID, r.Application.Candidate.ID, r.Digest, string(content), string(decision), text(r.Received))
	if violates(err, "applications.id") {
		return fmt.Errorf("%w: %s", issuer.ErrConflict, r.Application.ID)
	}
	return err
}

// Candidate implements [issuer.Applications].
func (t *tx) Candidate(id string) (c issuer.Candidate, err error) {
	err = t.row("SELECT id, name FROM candidates WHERE id = $1", []any{id}, &c.ID, &c.Name)
	return c, found(err, "candidate", id)
}

// AddCandidate implements [issuer.Applications].
func (t *tx) AddCandidate(c issuer.Candidate) error {
	_, err := t.exec("INSERT INTO candidates (id, name) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING", c.ID, c.Name)
	return err
}

// RenameCandidate implements [issuer.Applications].
func (t *tx) RenameCandidate(c issuer.Candidate) error {
	r, err := t.exec("UPDATE candidates SET name = $1 WHERE id = $2", c.Name, c.ID)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, found(sql.ErrNoRows, "candidate", c.ID))
	}
	return nil
}

const certificateColumns = `link, number, application, candidate, scheme, edition, code, valid_from, valid_until,
	list, place, payload, reserved_at, token, issued_at, status, summary`

func (t *tx) certificates(where string, args ...any) (list []*issuer.Certificate, err error) {
	err = t.rows(func(r *sql.Rows) error {
		c := &issuer.Certificate{}
		var from, until, reserved, issued string
		if err := r.Scan(&c.Link, &c.Number, &c.Application, &c.Candidate, &c.Scheme, &c.Edition, &c.Code, &from, &until,
			&c.List, &c.Index, &c.Payload, &reserved, &c.Token, &issued, &c.Status, &c.Summary); err != nil {
			return err
		}
		list = append(list, c)
		return errors.Join(scanTime(from, &c.ValidFrom), scanTime(until, &c.ValidUntil),
			scanTime(reserved, &c.ReservedAt), scanTime(issued, &c.IssuedAt))
	}, "SELECT "+certificateColumns+" FROM certificates WHERE "+where, args...)
	return list, err
}

func (t *tx) certificate(column, key string) (*issuer.Certificate, error) {
	list, err := t.certificates(column+" = $1", key)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, found(sql.ErrNoRows, "certificate", key)
	}
	return list[0], nil
}

// Certificate implements [issuer.Certificates].
func (t *tx) Certificate(number string) (*issuer.Certificate, error) {
	return t.certificate("number", number)
}

// CertificateByLink implements [issuer.Certificates].
func (t *tx) CertificateByLink(link string) (*issuer.Certificate, error) {
	return t.certificate("link", link)
}

// CertificateByApplication implements [issuer.Certificates].
func (t *tx) CertificateByApplication(id string) (*issuer.Certificate, error) {
	return t.certificate("application", id)
}

// CertificatesOf implements [issuer.Certificates].
func (t *tx) CertificatesOf(candidateID string) ([]*issuer.Certificate, error) {
	return t.certificates("candidate = $1 ORDER BY reserved_at, number", candidateID)
}

// Reserved implements [issuer.Certificates].
func (t *tx) Reserved() ([]*issuer.Certificate, error) {
	return t.certificates("token = '' ORDER BY reserved_at, number")
}

// AddCertificate implements [issuer.Certificates].
func (t *tx) AddCertificate(c *issuer.Certificate) error {
	_, err := t.exec("INSERT INTO certificates ("+certificateColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
		c.Link, c.Number, c.Application, c.Candidate, c.Scheme, c.Edition, c.Code, text(c.ValidFrom), text(c.ValidUntil),
		c.List, c.Index, string(c.Payload), text(c.ReservedAt), c.Token, text(c.IssuedAt), string(c.Status), c.Summary)
	switch {
	case violates(err, "certificates.link", "certificates.number", "certificates.place"):
		return fmt.Errorf("%w: %w", issuer.ErrTaken, err)
	case violates(err, "certificates.candidate", "certificates_held"):
		return fmt.Errorf("%w: %s", issuer.ErrAlreadyHeld, c.Code)
	}
	return err
}

// CompleteCertificate implements [issuer.Certificates].
func (t *tx) CompleteCertificate(link, token, summary string, at time.Time) (bool, error) {
	r, err := t.exec("UPDATE certificates SET token = $1, summary = $2, issued_at = $3 WHERE link = $4 AND token = ''", token, summary, text(at), link)
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	return n == 1, err
}

// ChangeStatus implements [issuer.Certificates].
func (t *tx) ChangeStatus(c issuer.StatusChange) error {
	r, err := t.exec("UPDATE certificates SET status = $1 WHERE link = $2 AND status = $3 AND status <> 'revoked'",
		string(c.To), c.Link, string(c.From))
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, fmt.Errorf("certificate %s is not %s any more", c.Link, c.From))
	}
	_, err = t.exec(`INSERT INTO status_changes (seq, link, list, from_status, to_status, reason, note, effective, actor, at)
		SELECT COALESCE((SELECT MAX(seq) FROM status_changes), 0) + 1, link, list, $1, $2, $3, $4, $5, $6, $7 FROM certificates WHERE link = $8`,
		string(c.From), string(c.To), c.Reason, c.Note, c.Effective.String(), c.Actor, text(c.At), c.Link)
	return err
}

// StatusChanges implements [issuer.Certificates].
func (t *tx) StatusChanges(link string) (list []issuer.StatusChange, err error) {
	err = t.rows(func(r *sql.Rows) error {
		var c issuer.StatusChange
		var effective, at string
		if err := r.Scan(&c.Seq, &c.Link, &c.From, &c.To, &c.Reason, &c.Note, &effective, &c.Actor, &at); err != nil {
			return err
		}
		day, err := scheme.ParseDate(effective)
		c.Effective = day
		err = errors.Join(err, scanTime(at, &c.At))
		list = append(list, c)
		return err
	}, "SELECT seq, link, from_status, to_status, reason, note, effective, actor, at FROM status_changes WHERE link = $1 ORDER BY seq", link)
	return list, err
}

func (t *tx) statusList(clause string, args ...any) (l issuer.StatusList, err error) {
	var opened string
	if err = t.row("SELECT id, entries, opened FROM status_lists "+clause, args, &l.ID, &l.Entries, &opened); err != nil {
		return l, found(err, "status list", fmt.Sprint(args...))
	}
	return l, scanTime(opened, &l.Opened)
}

// StatusList implements [issuer.StatusLists].
func (t *tx) StatusList() (issuer.StatusList, error) {
	return t.statusList("ORDER BY seq DESC LIMIT 1")
}

// StatusListByID implements [issuer.StatusLists].
func (t *tx) StatusListByID(id string) (issuer.StatusList, error) {
	return t.statusList("WHERE id = $1", id)
}

// StatusListIDs implements [issuer.StatusLists].
func (t *tx) StatusListIDs() (ids []string, err error) {
	err = t.rows(func(r *sql.Rows) error {
		var id string
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT id FROM status_lists ORDER BY seq")
	return ids, err
}

// AddStatusList implements [issuer.StatusLists].
func (t *tx) AddStatusList(l issuer.StatusList) error {
	_, err := t.exec(`INSERT INTO status_lists (seq, id, entries, opened) VALUES (COALESCE((SELECT MAX(seq) FROM status_lists), 0) + 1, $1, $2, $3)`,
		l.ID, l.Entries, text(l.Opened))
	return err
}

// Taken implements [issuer.StatusLists].
func (t *tx) Taken(list string) (n int, err error) {
	err = t.row("SELECT COUNT(*) FROM certificates WHERE list = $1", []any{list}, &n)
	return n, err
}

// IndexesWith implements [issuer.StatusLists].
func (t *tx) IndexesWith(list string, s issuer.Status) (indexes []int, err error) {
	err = t.rows(func(r *sql.Rows) error {
		var n int
		err := r.Scan(&n)
		indexes = append(indexes, n)
		return err
	}, "SELECT place FROM certificates WHERE list = $1 AND status = $2 AND status <> 'issued'", list, string(s))
	return indexes, err
}

// LastChange implements [issuer.StatusLists].
func (t *tx) LastChange(list string) (seq int64, err error) {
	err = t.row("SELECT COALESCE(MAX(seq), 0) FROM status_changes WHERE list = $1", []any{list}, &seq)
	return seq, err
}

// Publication implements [issuer.StatusLists].
func (t *tx) Publication(list, purpose string) (*issuer.Publication, error) {
	return t.publication("", list, purpose)
}

// PublicationBefore implements [issuer.StatusLists].
func (t *tx) PublicationBefore(list, purpose string, at time.Time) (*issuer.Publication, error) {
	return t.publication("AND valid_from <= $3", list, purpose, exact(at))
}

// publication returns the youngest of those that the clause leaves. The primary
// key is in the order that it looks in.
func (t *tx) publication(clause, list, purpose string, args ...any) (*issuer.Publication, error) {
	p := &issuer.Publication{List: list, Purpose: purpose}
	var from, until string
	err := t.row("SELECT valid_from, valid_until, through, token FROM publications WHERE list = $1 AND purpose = $2 "+clause+" ORDER BY valid_from DESC LIMIT 1",
		append([]any{list, purpose}, args...), &from, &until, &p.Through, &p.Token)
	if err != nil {
		return nil, found(err, "publication of status list", list)
	}
	return p, errors.Join(scanTime(from, &p.ValidFrom), scanTime(until, &p.ValidUntil))
}

// AddPublication implements [issuer.StatusLists].
func (t *tx) AddPublication(p *issuer.Publication) error {
	_, err := t.exec("INSERT INTO publications (list, purpose, valid_from, valid_until, through, token) VALUES ($1, $2, $3, $4, $5, $6)",
		p.List, p.Purpose, exact(p.ValidFrom), exact(p.ValidUntil), p.Through, p.Token)
	return err
}

const actColumns = "seq, previous, at, actor, act, object, detail, hash"

func (t *tx) acts(clause string, fn func(audit.Entry) error) error {
	return t.rows(func(r *sql.Rows) error {
		var e audit.Entry
		var at, detail string
		if err := r.Scan(&e.Seq, &e.Previous, &at, &e.Actor, &e.Act, &e.Object, &detail, &e.Hash); err != nil {
			return err
		}
		if err := errors.Join(scanTime(at, &e.At), json.Unmarshal([]byte(detail), &e.Detail)); err != nil {
			return err
		}
		return fn(e)
	}, "SELECT "+actColumns+" FROM acts "+clause)
}

// LastAct implements [issuer.Acts]. Nobody else adds any while this transaction
// does.
func (t *tx) LastAct() (*audit.Entry, error) {
	if t.last != nil {
		return t.last, nil
	}
	var last *audit.Entry
	err := t.acts("ORDER BY seq DESC LIMIT 1", func(e audit.Entry) error { last = &e; return nil })
	if err == nil && !t.readOnly {
		t.last = last
	}
	return last, err
}

// AddAct implements [issuer.Acts].
func (t *tx) AddAct(e audit.Entry) error {
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return err
	}
	_, err = t.exec("INSERT INTO acts ("+actColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		e.Seq, e.Previous, text(e.At), e.Actor, string(e.Act), e.Object, string(detail), e.Hash)
	if err == nil {
		t.last = &e
	}
	return err
}

// EachAct implements [issuer.Acts].
func (t *tx) EachAct(fn func(audit.Entry) error) error { return t.acts("ORDER BY seq", fn) }

// text writes a time with its offset, or "" for none.
func text(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// exact writes a time to the millisecond, in a form whose order as text is that
// of time.
func exact(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func scanTime(s string, t *time.Time) (err error) {
	*t = time.Time{}
	if s != "" {
		*t, err = time.Parse(time.RFC3339, s)
	}
	return err
}
