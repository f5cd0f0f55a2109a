package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/issuer/scheme"
)

func newScheme() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "scheme",
		Short: "Show the certification schemes and check files of your own",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newSchemeList(), newSchemeShow(), newSchemeCheck(), newSchemeExample())
	return cmd
}

func newSchemeList() *cobra.Command {
	var dir, format string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the certificates of every scheme",
		Example: "  testamur scheme list\n  testamur scheme list -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			schemes, err := loadSchemes(dir)
			if err != nil {
				return term.Fail(term.No, err, "testamur scheme check FILE names every fault of a scheme file")
			}
			return runSchemeList(cmd.OutOrStdout(), schemes, format)
		},
	}
	dirFlag(cmd, &dir)
	formatFlag(cmd, &format, "text", "json")
	return cmd
}

func runSchemeList(out io.Writer, schemes *scheme.Catalogue, format string) error {
	type line struct {
		Scheme  string          `json:"scheme"`
		Edition string          `json:"edition"`
		Code    string          `json:"code"`
		Name    string          `json:"name"`
		Kind    scheme.Kind     `json:"kind"`
		Valid   scheme.Validity `json:"validity"`
	}
	lines := []line{}
	for _, s := range schemes.Schemes() {
		for _, c := range s.Certificates {
			lines = append(lines, line{s.ID, s.Edition, c.Code, c.Name, c.Kind, c.Validity})
		}
	}
	if format == "json" {
		return term.JSON(out, lines)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SCHEME\tEDITION\tCODE\tVALID\tNAME")
	for _, l := range lines {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", l.Scheme, l.Edition, l.Code, validity(l.Valid), l.Name)
	}
	return w.Flush()
}

func validity(v scheme.Validity) string {
	if !v.Expires() {
		return "for ever"
	}
	return fmt.Sprintf("%d years", v.Years)
}

func newSchemeShow() *cobra.Command {
	var dir, format, edition string
	cmd := &cobra.Command{
		Use:     "show CODE",
		Short:   "Show one certificate with its rules",
		Example: "  testamur scheme show CM\n  testamur scheme show XA-COMP -o json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			schemes, err := loadSchemes(dir)
			if err != nil {
				return term.Fail(term.No, err, "testamur scheme check FILE names every fault of a scheme file")
			}
			s, c, err := schemes.Find(strings.ToUpper(args[0]))
			if err != nil {
				return term.Fail(term.No, err, "testamur scheme list shows every code")
			}
			if edition != "" {
				if s, err = schemes.Scheme(s.ID, edition); err != nil {
					return term.Fail(term.No, err, "")
				}
				if c, _ = s.Certificate(c.Code); c == nil {
					return term.Fail(term.No, fmt.Errorf("edition %s of %s has no certificate %s", edition, s.ID, args[0]), "")
				}
			}
			return runSchemeShow(cmd.OutOrStdout(), s, c, format)
		},
	}
	dirFlag(cmd, &dir)
	formatFlag(cmd, &format, "text", "json")
	cmd.Flags().StringVar(&edition, "edition", "", "`edition` of the scheme (default: the current one)")
	return cmd
}

func runSchemeShow(out io.Writer, s *scheme.Scheme, c *scheme.Certificate, format string) error {
	if format == "json" {
		return term.JSON(out, map[string]any{"scheme": s.ID, "edition": s.Edition, "certificate": c})
	}
	fmt.Fprintf(out, "%s\n%s · %s certificate · valid %s\n", c.Name, c.Code, c.Kind, validity(c.Validity))
	fmt.Fprintf(out, "%s, edition %s (%s)\n", s.Title, s.Edition, s.Owner)
	if s.Standard != "" {
		fmt.Fprintf(out, "Standard: %s\n", s.StandardEdition)
	}
	fmt.Fprintf(out, "Roles: %s\nAreas: %s\nLanguages: %s\n", strings.Join(c.Roles, ", "), strings.Join(c.Areas, ", "), strings.Join(c.Languages, ", "))
	fmt.Fprintf(out, "\n%s\n\nScope: %s\n\nCriteria: %s\n", c.Description, c.Scope, c.Criteria)
	for _, e := range c.Exams {
		fmt.Fprintf(out, "\nExam: %s (%s): %s", e.Name, e.Clause, e.Format)
		if e.PassMark > 0 {
			fmt.Fprintf(out, "; pass mark %g %%", e.PassMark)
		}
		if e.Minutes > 0 {
			fmt.Fprintf(out, "; %d minutes", e.Minutes)
		}
		if e.ClosedBook {
			fmt.Fprint(out, "; closed book")
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out, "\nRules, all of which must be met:")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range c.Rules {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", r.ID, r.Clause, r)
	}
	return w.Flush()
}

func newSchemeCheck() *cobra.Command {
	return &cobra.Command{
		Use:     "check FILE",
		Short:   "Check a scheme file and name every fault in it",
		Example: "  testamur scheme check schemes/mine-1.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := term.ReadInput(cmd.InOrStdin(), args[0], scheme.MaxFile)
			if err != nil {
				return err
			}
			s, err := scheme.Parse(text)
			if err != nil {
				return term.Fail(term.No, err, "")
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: scheme %s, edition %s, is sound: %d certificates, %d side-entry routes\n",
				args[0], s.ID, s.Edition, len(s.Certificates), len(s.Routes))
			return nil
		},
	}
}

func newSchemeExample() *cobra.Command {
	return &cobra.Command{
		Use:     "example CODE",
		Short:   "Print a worked application for a certificate",
		Example: "  testamur scheme example FND > application.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, ex := range scheme.Examples() {
				if ex.Main && strings.EqualFold(ex.Certificate, args[0]) {
					_, err := cmd.OutOrStdout().Write(ex.JSON)
					return err
				}
			}
			return term.Fail(term.No, fmt.Errorf("there is no example for %q", args[0]), "testamur scheme list shows every code")
		},
	}
}

// formatFlag adds -o with the formats given, the first of which is the default.
func formatFlag(cmd *cobra.Command, format *string, formats ...string) {
	cmd.Flags().StringVarP(format, "output", "o", formats[0], "output `format`: "+strings.Join(formats, ", "))
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		for _, f := range formats {
			if *format == f {
				return run(cmd, args)
			}
		}
		return fmt.Errorf("output format %q is not one of %s", *format, strings.Join(formats, ", "))
	}
}
