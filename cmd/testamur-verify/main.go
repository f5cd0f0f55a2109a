// Command testamur-verify is run by anyone who is shown a certificate: it says
// whether the certificate stands, what was checked and with what result.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
)

func main() { os.Exit(term.Main(newCommand())) }

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "testamur-verify",
		Short: "Check certificates of persons",
		Long: `testamur-verify says whether a certificate stands. It believes the issuers of a
trust file, which each certification body hands out (testamur trust), and
nobody else.

Exit codes: 0 valid, 1 not valid, 2 usage, 3 could not decide.`,
		Example: `  testamur-verify check --trust trust.json certificate.pdf
  testamur-verify check --trust trust.json https://certs.example.org/c/7Q2F9KXM31PDA8ZC7Q2F9KXM31
  testamur-verify check --offline --trust bundle.json -o json certificate.jws`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(newCheck(), &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprintln(cmd.OutOrStdout(), "testamur-verify", term.Version())
		},
	})
	return root
}
