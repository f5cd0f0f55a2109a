package term

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// OutputFlag adds -o to a command: the first of the formats is the one taken if
// nothing else is asked for.
func OutputFlag(cmd *cobra.Command, format *string, formats ...string) {
	cmd.Flags().StringVarP(format, "output", "o", formats[0], "output `format`: "+strings.Join(formats, ", "))
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
}

// CompletionCommand returns the command that prints what a shell needs to
// complete the words of the program. It takes the place of cobra's own.
func CompletionCommand(program string) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a completion script for bash, zsh, fish or powershell",
		Long: `Print the script with which a shell completes commands, flags and their values.
Put it where your shell looks for such scripts.`,
		Example: strings.ReplaceAll(`  PROGRAM completion bash > /etc/bash_completion.d/PROGRAM
  PROGRAM completion zsh > "${fpath[1]}/_PROGRAM"
  PROGRAM completion fish > ~/.config/fish/completions/PROGRAM.fish
  PROGRAM completion powershell >> $PROFILE`, "PROGRAM", program),
		Args:      cobra.ExactArgs(1),
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			root, out := cmd.Root(), cmd.OutOrStdout()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(out)
			}
			return fmt.Errorf("shell %q is not one of %s", args[0], strings.Join(shells, ", "))
		},
	}
}

// ManCommand returns the command that writes the manual pages of the program.
func ManCommand(program string) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "man --dir DIR",
		Short: "Write the manual pages into a folder",
		Long: `Write one manual page for each command into a folder, which is made if need be.
The same program always writes the same pages: they bear the date of the sources,
or that of $SOURCE_DATE_EPOCH.`,
		Example: "  " + program + " man --dir man1\n  man ./man1/" + program + ".1",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dir == "" {
				return fmt.Errorf("no folder: name it with --dir DIR")
			}
			date, err := manDate(ThisBuild(), os.Getenv("SOURCE_DATE_EPOCH"))
			if err != nil {
				return err
			}
			n, err := writeMan(cmd.Root(), dir, date)
			if err != nil {
				return Fail(Undecided, err, "name a folder that can be written to with --dir")
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%d pages written to %s\n", n, Plain(dir))
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "`folder` to write to")
	_ = cmd.MarkFlagDirname("dir")
	return cmd
}

// manDate is the date of the manual pages.
func manDate(b Build, epoch string) (time.Time, error) {
	if epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil {
			return time.Time{}, fmt.Errorf("$SOURCE_DATE_EPOCH %q is not a number of seconds", epoch)
		}
		return time.Unix(seconds, 0).UTC(), nil
	}
	if t, err := time.Parse(time.RFC3339, b.Time); err == nil {
		return t.UTC(), nil
	}
	return time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC), nil
}

// writeMan writes the page of the command and those of the commands below it.
func writeMan(cmd *cobra.Command, dir string, date time.Time) (n int, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	for _, c := range cmd.Commands() {
		if !c.IsAvailableCommand() || c.IsAdditionalHelpTopicCommand() || c.Name() == "help" {
			continue
		}
		below, err := writeMan(c, dir, date)
		if n += below; err != nil {
			return n, err
		}
	}
	name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
	f, err := os.Create(filepath.Join(dir, name+".1"))
	if err != nil {
		return n, err
	}
	defer func() {
		if closing := f.Close(); err == nil {
			err = closing
		}
	}()
	return n + 1, manPage(cmd, f, strings.ToUpper(name), date)
}

// manPage writes one page. Cobra makes it from Markdown, so that a star in a
// text must not be taken for one.
func manPage(cmd *cobra.Command, w io.Writer, title string, date time.Time) error {
	long, short := cmd.Long, cmd.Short
	defer func() { cmd.Long, cmd.Short = long, short }()
	if long == "" {
		long = short
	}
	cmd.Long, cmd.Short = markdown(long), markdown(short)
	cmd.DisableAutoGenTag = true // it bears the date of the day
	return doc.GenMan(cmd, &doc.GenManHeader{
		Title: title, Section: "1", Date: &date, Source: cmd.Root().Name(), Manual: "Testamur",
	}, w)
}

// markdown writes a text of the help so that Markdown shows it as it is: lines
// that are indented stay lines.
func markdown(text string) string {
	var b strings.Builder
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		indented := strings.HasPrefix(line, "  ")
		if indented {
			if i > 0 && lines[i-1] != "" && !strings.HasPrefix(lines[i-1], "  ") {
				b.WriteByte('\n')
			}
			b.WriteString("  " + line) // four spaces: a block that is left alone
		} else {
			b.WriteString(marks.Replace(line))
		}
		if i < len(lines)-1 {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

var marks = strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "`", "\\`", "<", `\<`, ">", `\>`, "[", `\[`, "]", `\]`, "#", `\#`)
