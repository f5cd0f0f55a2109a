package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
)

func newTrust() *cobra.Command {
	var dir string
	var bundle bool
	cmd := &cobra.Command{
		Use:   "trust [--bundle]",
		Short: "Print the trust file that others check this body's certificates with",
		Long: `Print the trust file of the body: its name, its public keys and the addresses of
its status lists. Hand it to whoever checks your certificates.

With --bundle the current status lists are inside, for checking without a
network. They are valid for 24 hours.`,
		Example: "  testamur trust > trust.json\n  testamur trust --bundle > bundle.json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, err := openBody(cmd.Context(), dir)
			if err != nil {
				return err
			}
			defer b.Close()
			t, err := b.Trust(cmd.Context(), bundle)
			if err != nil {
				return term.Fail(term.No, err, "")
			}
			return term.JSON(cmd.OutOrStdout(), t)
		},
	}
	dirFlag(cmd, &dir)
	cmd.Flags().BoolVar(&bundle, "bundle", false, "put the current status lists inside")
	return cmd
}

func newKeys() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "List and export the body's public keys",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var dir string
	with := func(run func(*cobra.Command, *body) error) func(*cobra.Command, []string) error {
		return func(cmd *cobra.Command, _ []string) error {
			b, err := openBody(cmd.Context(), dir)
			if err != nil {
				return err
			}
			defer b.Close()
			return run(cmd, b)
		}
	}
	list := &cobra.Command{
		Use:   "list",
		Short: "List the keys",
		Args:  cobra.NoArgs,
		RunE: with(func(cmd *cobra.Command, b *body) error {
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "PURPOSE\tALGORITHM\tCREATED\tSIGNS\tID")
			for _, k := range b.Ring.Keys() {
				signs := ""
				if active, err := b.Ring.Active(k.Purpose); err == nil && active == k {
					signs = "yes"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", k.Purpose, k.Algorithm, k.Created.Format(time.RFC3339), signs, k.ID)
			}
			return w.Flush()
		}),
	}
	export := &cobra.Command{
		Use:     "export",
		Short:   "Print the public keys as a JWK set",
		Example: "  testamur keys export > jwks.json",
		Args:    cobra.NoArgs,
		RunE: with(func(cmd *cobra.Command, b *body) error {
			return term.JSON(cmd.OutOrStdout(), b.Keys)
		}),
	}
	for _, c := range []*cobra.Command{list, export} {
		dirFlag(c, &dir)
		cmd.AddCommand(c)
	}
	return cmd
}
