package main

import (
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
