package term

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Build is what a program was built from.
type Build struct {
	Program string `json:"program,omitempty"`
	Version string `json:"version"`
	Commit  string `json:"commit"` // "" where the build did not record it
	Time    string `json:"time,omitempty"`
	Go      string `json:"go"`
}

// ThisBuild returns what this program was built from.
func ThisBuild() Build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Build{Version: "unknown"}
	}
	b := Build{Version: info.Main.Version, Go: info.GoVersion}
	modified := false
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			modified = s.Value == "true"
		}
	}
	if modified && b.Commit != "" {
		b.Commit += "+changes"
	}
	return b
}

// Version returns the version of the program: its module version, or the
// revision it was built from.
func Version() string {
	b := ThisBuild()
	if b.Go == "" {
		return "unknown"
	}
	if b.Version == "(devel)" && b.Commit != "" {
		b.Version = b.Commit
	}
	return b.Version + " (" + b.Go + ")"
}

// VersionCommand returns the command that prints the version of the program.
func VersionCommand(program string) *cobra.Command {
	format := "text"
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Long:    "Print the version, the commit it was built from and the version of Go.",
		Example: "  " + program + " version\n  " + program + " version -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch format {
			case "text":
				fmt.Fprintln(cmd.OutOrStdout(), program, Version())
				return nil
			case "json":
				b := ThisBuild()
				b.Program = program
				return JSON(cmd.OutOrStdout(), b)
			}
			return fmt.Errorf("output format %q is not one of text, json", format)
		},
	}
	OutputFlag(cmd, &format, "text", "json")
	return cmd
}
