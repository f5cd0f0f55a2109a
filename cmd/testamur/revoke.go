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
	return newChange("revoke", "Withdraw a certificate for good", "error", (*issuer.Issuer).Revoke)
}

func newSuspend() *cobra.Command {
	return newChange("suspend", "Suspend a certificate until it is reinstated", "investigation", (*issuer.Issuer).Suspend)
}

func newReinstate() *cobra.Command {
	return newChange("reinstate", "Lift the suspension of a certificate", "resolved", (*issuer.Issuer).Reinstate)
}

type changeOptions struct {
	dir, effective string
	change         issuer.Change
}

func newChange(name, short, reason string, apply changer) *cobra.Command {
	var o changeOptions
	cmd := &cobra.Command{
		Use:   name + " NUMBER --reason CODE [--note TEXT]",
		Short: short,
		Long: short + `. The status lists are published anew at once. A revoked
certificate never comes back.

Reason codes with words of their own:
` + reasonTable() + `
Any other code of lower-case letters, digits and hyphens is recorded as given.
The note is for the files of the body and is never published.`,
		Example: fmt.Sprintf("  testamur %s EB-7Q2F9-KXM4C --reason %s --note \"see file 2026/114\"", name, reason),
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.change.Number = args[0]
			return runChange(cmd.Context(), cmd.OutOrStdout(), o, apply)
		},
	}
	dirFlag(cmd, &o.dir)
	cmd.Flags().StringVar(&o.change.Reason, "reason", "", "reason `code`")
	cmd.Flags().StringVar(&o.change.Note, "note", "", "`text` for the files of the body; never published")
	cmd.Flags().StringVar(&o.effective, "effective", "", "`day` from which it holds, e.g. 2026-11-20 (default today; not in the future)")
	cmd.MarkFlagRequired("reason")
	return cmd
}

func reasonTable() string {
	var b strings.Builder
	for _, code := range slices.Sorted(maps.Keys(issuer.Reasons)) {
		fmt.Fprintf(&b, "  %-14s %s\n", code, issuer.Reasons[code])
	}
	return b.String()
}

func runChange(ctx context.Context, out io.Writer, o changeOptions, apply changer) error {
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
	cert, err := apply(b.Issuer, ctx, staff(), o.change)
	switch {
	case errors.Is(err, issuer.ErrNotFound):
		return term.Fail(term.No, fmt.Errorf("this body has issued no certificate %s", o.change.Number), "")
	case errors.Is(err, issuer.ErrReason):
		return term.Fail(term.Usage, err, "")
	case err != nil:
		return term.Fail(term.No, err, "")
	}
	return term.JSON(out, summary(b.Body, cert, b.Now()))
}
