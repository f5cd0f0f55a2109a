package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/testamur/testamur/verifier"
)

// A program that must know whether a certificate stands: the credential, or an
// error that says why not.
func ExampleVerifier_Verify() {
	check := func(ctx context.Context, token string) error {
		text, err := os.ReadFile("trust.json") // from the certification body
		if err != nil {
			return err
		}
		trust, err := verifier.ParseTrust(text)
		if err != nil {
			return err
		}
		v := verifier.Verifier{Issuers: trust, Statuses: verifier.NewPublication(trust)}
		cred, err := v.Verify(ctx, token)
		if not := (*verifier.NotValidError)(nil); errors.As(err, &not) {
			return fmt.Errorf("do not rely on it: %s", not.Report.Summary())
		}
		fmt.Println(cred.Holder(), "holds", cred.Subject.Achievement.Name)
		return err
	}
	_ = check
}
