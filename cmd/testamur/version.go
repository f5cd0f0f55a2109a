package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run:   func(cmd *cobra.Command, _ []string) { fmt.Fprintln(cmd.OutOrStdout(), "testamur", term.Version()) },
	}
}
