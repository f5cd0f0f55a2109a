package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/scheme"
)

// changer is one of the methods of an issuer that change a status.
type changer func(*issuer.Issuer, context.Context, issuer.Actor, issuer.Change) (*issuer.Certificate, error)

func newRevoke() *cobra.Command {
	return newChange("revoke", "Withdraw a certificate for good", "error", issuer.Revoked, (*issuer.Issuer).Revoke)
}

func newSuspend() *cobra.Command {
	return newChange("suspend", "Suspend a certificate until it is reinstated", "investigation", issuer.Suspended, (*issuer.Issuer).Suspend)
}

func newReinstate() *cobra.Command {
	return newChange("reinstate", "Lift the suspension of a certificate", "resolved", issuer.Issued, (*issuer.Issuer).Reinstate)
}

type changeOptions struct {
	dir, effective string
	change         issuer.Change
}

func newChange(name, short, reason string, to issuer.Status, apply changer) *cobra.Command {
	var o changeOptions
	cmd := &cobra.Command{
		Use:   name + " NUMBER --reason CODE [--note TEXT]",
		Short: short,
		Long: short + `. The status lists are published anew at once. A revoked
certificate never comes back.

The reason is public. These codes have words, which stand on the page of the
certificate:
` + reasonTable(to) + `
Any other code of lower-case letters, digits and hyphens is recorded as given, and
reads "another reason, known to the body". The note is for the files of the body
and is never published.`,
		Example: fmt.Sprintf("  testamur %s EB-7Q2F9-KXM4C --reason %s --note \"see file 2026/114\"", name, reason),
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.change.Number = args[0]
			return runChange(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), o, apply)
		},
	}
	dirFlag(cmd, &o.dir)
	cmd.Flags().StringVar(&o.change.Reason, "reason", "", "reason `code`")
	cmd.Flags().StringVar(&o.change.Note, "note", "", "`text` for the files of the body; never published")
	cmd.Flags().StringVar(&o.effective, "effective", "", "`day` from which it holds, e.g. 2026-11-20 (default today; not in the future)")
	cmd.MarkFlagRequired("reason")
	return cmd
}

// reasonTable lists the codes that are reasons for a change to the status.
func reasonTable(to issuer.Status) string {
	var b strings.Builder
	for _, code := range slices.Sorted(maps.Keys(issuer.Reasons)) {
		if r := issuer.Reasons[code]; slices.Contains(r.For, to) {
			fmt.Fprintf(&b, "  %-14s %s\n", code, r.Words)
		}
	}
	return b.String()
}

func runChange(ctx context.Context, out, words io.Writer, o changeOptions, apply changer) error {
	if o.effective != "" {
		day, err := scheme.ParseDate(o.effective)
		if err != nil {
			return fmt.Errorf("--effective: %w", err)
		}
		o.change.Effective = day
	}
	b, err := openBody(ctx, o.dir)
	if err != nil {
		return err
	}
	defer b.Close()
	before, err := b.find(ctx, o.change.Number)
	if err != nil {
		return err
	}
	cert, err := apply(b.Issuer, ctx, staff(), o.change)
	switch {
	case errors.Is(err, issuer.ErrReason):
		return term.Fail(term.Usage, err, "")
	case err != nil:
		return term.Fail(term.No, err, "")
	}
	if cert.Status == before.Status {
		fmt.Fprintf(words, "testamur: %s is %s already: nothing was changed, and its reason stays\n", cert.Number, cert.Status)
	}
	return term.JSON(out, summary(b.Body, cert, b.Now()))
}
