// Command testamur is run by a certification body: it decides applications,
// issues certificates, keeps their status and publishes what others need to
// check them.
package main

import (
	"os"

	_ "time/tzdata" // bodies name time zones; not every machine knows them

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
)

func main() { os.Exit(term.Main(newCommand())) }

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "testamur",
		Short: "Issue certificates of persons that anyone can verify",
		Long: `testamur is run by a body that certifies people. It decides applications by the
rules of a scheme, signs a credential, records it, prints a PDF certificate with
a QR code, and publishes what anybody needs to check it.

A body lives in one folder: its records, its keys, its own schemes. --dir names
it; without --dir it is $TESTAMUR_DIR, or ./testamur-data.

Exit codes: 0 done, 1 refused (the reasons are on standard error), 2 usage, 3 not
carried out to the end, or the answer could not be written.`,
		Example: `  testamur demo                                   see everything, with specimen data
  testamur init --name "Example Body" --url https://certs.example.org
  testamur scheme show CM
  testamur decide application.json
  testamur issue application.json
  testamur show EB-7Q2F9-KXM4C -o pdf --out certificate.pdf`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(
		newDemo(), newInit(), newScheme(), newDecide(), newTemplate(), newIssue(), newShow(),
		newRevoke(), newSuspend(), newReinstate(), newTrust(), newKeys(), newSummary(), newServe(), newVersion(),
	)
	return root
}
