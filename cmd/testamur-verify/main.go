// Command testamur-verify is run by anyone who is shown a certificate: it says
// whether the certificate stands, what was checked and with what result.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
)

func main() { os.Exit(term.Main(newCommand())) }

const program = "testamur-verify"

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   program,
		Short: "Check certificates of persons",
		Long: `testamur-verify says whether a certificate stands. It believes the issuers of a
trust file, which each certification body hands out (testamur trust), and
nobody else.

Exit codes: 0 valid, 1 not valid, 2 usage, 3 could not decide.`,
		Example: `  testamur-verify check --trust trust.json certificate.pdf
  testamur-verify check --trust trust.json https://certs.example.org/c/7Q2F9KXM31PDA8ZC7Q2F9KXM31
  testamur-verify check --offline --trust bundle.json applications/
  testamur-verify receipt --trust trust.json receipt.jws
  testamur-verify doctor --trust trust.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(
		newCheck(), newServe(), newReceipt(), newReceiptKey(), newDoctor(),
		term.CompletionCommand(program), term.ManCommand(program), term.VersionCommand(program),
	)
	return root
}
