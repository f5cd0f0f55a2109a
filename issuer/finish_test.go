package issuer_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/audit"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
	"github.com/testamur/testamur/verifier/credential"
)

// intent returns the one certificate that is reserved.
func (d *desk) intent(t testing.TB) *issuer.Certificate {
	t.Helper()
	var left []*issuer.Certificate
	d.view(t, func(tx issuer.Tx) (err error) {
		left, err = tx.Reserved()
		return err
	})
	if len(left) != 1 {
		t.Fatalf("%d certificates are reserved, want 1", len(left))
	}
	return left[0]
}

var errSigner = errors.New("signer is out of order")

func broken(context.Context, keys.Purpose, string, []byte) (string, error) { return "", errSigner }

func TestFailingSignerLeavesAnIntentThatResumeFinishes(t *testing.T) {
	d := newDesk(t, "", november)
	good := d.Signer
	d.Signer = signing(broken)
	if cert, err := d.Issue(t.Context(), clerk, foundation(t, "a1", "c1")); cert != nil || !errors.Is(err, errSigner) {
		t.Fatalf("%+v, %v; want the signer's error", cert, err)
	}
	left := d.intent(t)
	if n, err := d.Resume(t.Context()); n != 0 || !errors.Is(err, errSigner) {
		t.Errorf("resume with the same signer: %d, %v", n, err)
	}

	// Days later, and with the clock of another zone: the payload is the one recorded.
	d.now, d.Signer = d.now.AddDate(0, 0, 9), good
	if n, err := d.Resume(t.Context()); n != 1 || err != nil {
		t.Fatalf("resume: %d, %v", n, err)
	}
	cert := d.stored(t, left.Number)
	signed, err := keys.Parse(cert.Token, keys.ForCredential)
	if err != nil || !bytes.Equal(signed.Claimed, left.Payload) || !bytes.Equal(cert.Payload, left.Payload) {
		t.Errorf("another payload was signed, %v:\n%s\n%s", err, signed.Claimed, left.Payload)
	}
	if r := d.examine(t, cert, time.Time{}); r.Verdict != verifier.Valid {
		t.Errorf("%s: %s", r.Verdict, r.Summary())
	}
	if again := d.grant(t, foundation(t, "a1", "c1")); !reflect.DeepEqual(again, cert) {
		t.Errorf("issuing again gives %+v", again)
	}
	if n, err := d.Resume(t.Context()); n != 0 || err != nil {
		t.Errorf("nothing is left, but resume says %d, %v", n, err)
	}
	d.log(t)
}

func TestIssuingAgainFinishesTheIntent(t *testing.T) {
	d := newDesk(t, "", november)
	good := d.Signer
	d.Signer = signing(broken)
	if _, err := d.Issue(t.Context(), clerk, foundation(t, "a1", "c1")); !errors.Is(err, errSigner) {
		t.Fatal(err)
	}
	left := d.intent(t)
	d.Signer = good
	cert := d.grant(t, foundation(t, "a1", "c1"))
	if cert.Number != left.Number || cert.Index != left.Index || !bytes.Equal(cert.Payload, left.Payload) || cert.Token == "" {
		t.Errorf("reserved %+v\nissued   %+v", left, cert)
	}
}

func TestIntentIsNeitherACertificateNorFree(t *testing.T) {
	d := newDesk(t, "", november)
	good := d.Signer
	d.Signer = signing(broken)
	if _, err := d.Issue(t.Context(), clerk, foundation(t, "a1", "c1")); !errors.Is(err, errSigner) {
		t.Fatal(err)
	}
	left := d.intent(t)
	d.Signer = good
	if _, err := d.Revoke(t.Context(), clerk, issuer.Change{Number: left.Number, Reason: "error"}); err == nil {
		t.Error("what is not issued was revoked")
	}
	if _, err := d.Issue(t.Context(), clerk, foundation(t, "a2", "c1")); !errors.Is(err, issuer.ErrAlreadyHeld) {
		t.Errorf("a second application: %v, want ErrAlreadyHeld", err)
	}
	decision, err := d.Decide(t.Context(), example(t, "02-PRO-MGT.json", func(a *issuer.Application) { a.Candidate.ID = "c1" }))
	if err != nil || decision.Eligible {
		t.Errorf("what is not issued counts as held: %+v, %v", decision, err)
	}
}

func TestOneThatCannotBeFinishedKeepsBackNoOther(t *testing.T) {
	d := newDesk(t, "", november)
	good := d.Signer
	d.Signer = signing(broken)
	for n := range 4 {
		if _, err := d.Issue(t.Context(), clerk, foundation(t, fmt.Sprint("a", n), fmt.Sprint("c", n))); !errors.Is(err, errSigner) {
			t.Fatal(err)
		}
	}
	failed := 0
	d.Signer = signing(func(ctx context.Context, p keys.Purpose, typ string, payload []byte) (string, error) {
		if p == keys.ForCredential && failed == 0 { // the first one only
			failed++
			return "", errSigner
		}
		return good.Sign(ctx, p, typ, payload)
	})
	if n, err := d.Resume(t.Context()); n != 3 || !errors.Is(err, errSigner) {
		t.Errorf("resume: %d, %v; want 3 and the error of the fourth", n, err)
	}
	if n, err := d.Resume(t.Context()); n != 1 || err != nil {
		t.Errorf("resume once more: %d, %v; want 1", n, err)
	}
}

// Another process finishes the certificate while this one signs, and has it
// revoked before this one reads back: then there is a certificate, and no fault.
func TestCertificateThatAnotherFinishedIsNoFault(t *testing.T) {
	d := newDesk(t, "", november)
	other := *d.Issuer
	var revoked *issuer.Certificate
	d.Signer = signing(func(ctx context.Context, p keys.Purpose, typ string, payload []byte) (string, error) {
		if p == keys.ForCredential {
			left := d.intent(t)
			if _, err := other.Resume(ctx); err != nil {
				t.Fatal(err)
			}
			var err error
			if revoked, err = other.Revoke(ctx, clerk, issuer.Change{Number: left.Number, Reason: "error"}); err != nil {
				t.Fatal(err)
			}
		}
		return other.Signer.Sign(ctx, p, typ, payload)
	})
	cert, err := d.Issue(t.Context(), clerk, foundation(t, "a1", "c1"))
	if err != nil || !reflect.DeepEqual(cert, revoked) {
		t.Errorf("%+v, %v\nwant %+v", cert, err, revoked)
	}
	d.log(t)
}

func TestReadBackCatchesASignerThat(t *testing.T) {
	sign := func(ctx context.Context, s issuer.Signer, payload []byte) (string, error) {
		return s.Sign(ctx, keys.ForCredential, keys.TypeVC, payload)
	}
	foreign := newRing(t, "https://certs.example.org")
	other := newRing(t, "https://other.example.org")
	for name, bad := range map[string]func(ctx context.Context, good issuer.Signer, payload []byte) (string, error){
		"signs another name": func(ctx context.Context, good issuer.Signer, payload []byte) (string, error) {
			return sign(ctx, good, bytes.Replace(payload, []byte("Ada Specimen"), []byte("Ben Specimen"), 1))
		},
		"leaves out a member": func(ctx context.Context, good issuer.Signer, payload []byte) (string, error) {
			c, err := credential.Decode(payload)
			if err != nil {
				return "", err
			}
			c.Status.Suspension = ""
			payload, err = c.Encode()
			if err != nil {
				return "", err
			}
			return sign(ctx, good, payload)
		},
		"adds white space": func(ctx context.Context, good issuer.Signer, payload []byte) (string, error) {
			return sign(ctx, good, append([]byte(" "), payload...))
		},
		"signs the certificate before": func(ctx context.Context, good issuer.Signer, payload []byte) (string, error) {
			return sign(ctx, good, bytes.ReplaceAll(payload, []byte("/certificates/"), []byte("/certificates/0")))
		},
		"signs with a foreign key": func(ctx context.Context, _ issuer.Signer, payload []byte) (string, error) {
			return sign(ctx, foreign, payload)
		},
		"signs with the key of another issuer": func(ctx context.Context, _ issuer.Signer, payload []byte) (string, error) {
			return sign(ctx, other, payload)
		},
		"signs with the key for lists": func(ctx context.Context, good issuer.Signer, payload []byte) (string, error) {
			return good.Sign(ctx, keys.ForStatusList, keys.TypeVC, payload)
		},
		"signs for another use": func(ctx context.Context, good issuer.Signer, payload []byte) (string, error) {
			return good.Sign(ctx, keys.ForCredential, keys.TypeJWT, payload)
		},
		"flips a bit of the signature": func(ctx context.Context, good issuer.Signer, payload []byte) (string, error) {
			return flip(ctx, good, payload, 2)
		},
		"flips a bit of the payload": func(ctx context.Context, good issuer.Signer, payload []byte) (string, error) {
			return flip(ctx, good, payload, 1)
		},
		"adds a line break": func(ctx context.Context, good issuer.Signer, payload []byte) (string, error) {
			token, err := sign(ctx, good, payload)
			return token + "\n", err
		},
		"cuts the end off": func(ctx context.Context, good issuer.Signer, payload []byte) (string, error) {
			token, err := sign(ctx, good, payload)
			return token[:max(0, len(token)-1)], err
		},
		"returns nothing": func(context.Context, issuer.Signer, []byte) (string, error) { return "", nil },
		"returns the payload": func(_ context.Context, _ issuer.Signer, payload []byte) (string, error) {
			return string(payload), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, "", november)
			d.grant(t, foundation(t, "a0", "c0")) // so that there is a list, and another certificate
			good := d.Signer
			d.Signer = signing(func(ctx context.Context, p keys.Purpose, typ string, payload []byte) (string, error) {
				if p != keys.ForCredential {
					return good.Sign(ctx, p, typ, payload)
				}
				return bad(ctx, good, payload)
			})
			if cert, err := d.Issue(t.Context(), clerk, foundation(t, "a1", "c1")); cert != nil || err == nil {
				t.Fatalf("%+v was issued", cert)
			}
			left := d.intent(t)
			for _, e := range d.log(t) {
				if e.Act == audit.CertificateIssued && e.Object == left.Number {
					t.Error("the log says that it was issued")
				}
			}
			d.Signer = good
			if cert := d.grant(t, foundation(t, "a1", "c1")); cert.Number != left.Number {
				t.Errorf("with a good signer %s is issued instead of %s", cert.Number, left.Number)
			}
		})
	}
}

// flip signs and then flips one bit in a part of the token.
func flip(ctx context.Context, s issuer.Signer, payload []byte, part int) (string, error) {
	token, err := s.Sign(ctx, keys.ForCredential, keys.TypeVC, payload)
	if err != nil {
		return "", err
	}
	parts := strings.Split(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[part])
	if err != nil {
		return "", err
	}
	raw[len(raw)/2] ^= 1
	parts[part] = base64.RawURLEncoding.EncodeToString(raw)
	return strings.Join(parts, "."), nil
}

func TestNothingIsHandedOutThatCouldNotBeRecorded(t *testing.T) {
	d := newDesk(t, "", november)
	good := d.Store
	errDisk := errors.New("disk full")
	for _, c := range []struct {
		what string
		tx   func(issuer.Tx) issuer.Tx
	}{
		{"completing fails", func(tx issuer.Tx) issuer.Tx { return failing{Tx: tx, complete: errDisk} }},
		{"the log of it fails", func(tx issuer.Tx) issuer.Tx { return failing{Tx: tx, issued: errDisk} }},
	} {
		d.Store = altered{Store: good, tx: c.tx}
		if cert, err := d.Issue(t.Context(), clerk, foundation(t, "a1", "c1")); cert != nil || !errors.Is(err, errDisk) {
			t.Errorf("%s: %+v, %v", c.what, cert, err)
		}
		d.Store = good
		if left := d.intent(t); left.Token != "" {
			t.Errorf("%s: it was completed", c.what)
		}
	}
	d.grant(t, foundation(t, "a1", "c1"))
}

// failing is a transaction in which some things fail.
type failing struct {
	issuer.Tx
	complete, issued, act error
}

func (f failing) CompleteCertificate(link, token, summary string, at time.Time) (bool, error) {
	if f.complete != nil {
		return false, f.complete
	}
	return f.Tx.CompleteCertificate(link, token, summary, at)
}

func (f failing) AddAct(e audit.Entry) error {
	if f.act != nil {
		return f.act
	}
	if f.issued != nil && e.Act == audit.CertificateIssued {
		return f.issued
	}
	return f.Tx.AddAct(e)
}
