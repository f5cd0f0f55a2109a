package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
)

func newSummary() *cobra.Command {
	var dir, verifier string
	cmd := &cobra.Command{
		Use:   "summary [on|off]",
		Short: "Say whether papers have a second QR code, or change it",
		Long: `Say whether the papers of the body have a second QR code, or change it. The code
holds a signed summary of the certificate that proves a paper with no network: the
camera of a telephone opens the page /v of a verification service, and the browser
checks what is in the code, which it sends to nobody. testamur-verify check does the
same from a photograph or scan, with --offline.

What of a certificate stands in the code stands on the paper. Whether the certificate
has been withdrawn since, a code cannot tell: for that there is the first one.

The code is signed with the certificate. Papers of certificates that were issued
before stay as they are. Designs with no place for it are printed without.`,
		Example: `  testamur summary
  testamur summary on
  testamur summary on --verifier https://verify.example.org
  testamur summary off`,
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"on", "off"},
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := openBody(cmd.Context(), dir)
			if err != nil {
				return err
			}
			defer b.Close()
			switch {
			case len(args) == 0 && verifier != "", len(args) == 1 && args[0] == "off" && verifier != "":
				return term.Fail(term.Usage, fmt.Errorf("--verifier goes with on"), "testamur summary on --verifier "+verifier)
			case len(args) == 1:
				address := ""
				if args[0] == "on" {
					if address = verifier; address == "" {
						address = b.Body.URL
					}
				}
				if err := b.SetVerifier(cmd.Context(), staff(), address); err != nil {
					return term.Fail(term.No, err, "")
				}
			}
			if b.Body.Verifier == "" {
				_, err = fmt.Fprintln(cmd.OutOrStdout(), "Papers have no second QR code.")
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Papers of certificates that are issued now have a second QR code, which opens %s/v.\n", b.Body.Verifier)
			looks, wrong := b.looks()
			if wrong != nil { // it is said, and changes nothing about the code
				fmt.Fprintf(cmd.ErrOrStderr(), "Note: whether the designs have a place for it could not be seen: %s\n", term.Plain(wrong.Error()))
				return err
			}
			for _, s := range b.Schemes.Current() {
				if design, err := looks.designs.Design(looks.choice(s.ID).Design); err == nil && !design.Offline {
					fmt.Fprintf(cmd.ErrOrStderr(), "Note: papers of %s are printed in the design %s, which has no place for it. Choose one that has, such as %s, in %s, or with --design.\n",
						s.ID, design.Name, looks.withPlace(), filepath.Join(dir, templatesFolder, "house.json"))
				}
			}
			return err
		},
	}
	dirFlag(cmd, &dir)
	cmd.Flags().StringVar(&verifier, "verifier", "", "`address` of the verification service whose page the code opens (default: that of the body)")
	return cmd
}

// withPlace names the designs that have a place for the second QR code.
func (l *looks) withPlace() string {
	var names []string
	for _, d := range l.designs.All() {
		if d.Offline {
			names = append(names, d.Name)
		}
	}
	return strings.Join(names, " or ")
}
