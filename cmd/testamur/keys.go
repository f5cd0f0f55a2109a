package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/keys"
)

func newKeys() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "List and export the body's public keys, or add one",
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
	var alg string
	add := &cobra.Command{
		Use:   "add PURPOSE",
		Short: "Add a key that the body lacks",
		Long: `Add a key that the body lacks, to a folder that was made before bodies had one for
that purpose: "receipt", with which the verification service signs receipts.

Restart "testamur serve" afterwards, and hand out the trust file anew: receipts
verify only with a trust file that holds their key.`,
		Example:   "  testamur keys add receipt",
		Args:      cobra.ExactArgs(1),
		ValidArgs: []string{string(keys.ForReceipt)},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runKeysAdd(cmd.Context(), cmd.OutOrStdout(), dir, args[0], alg)
		},
	}
	add.Flags().StringVar(&alg, "alg", string(keys.ES256), "signature `algorithm`: ES256, EdDSA or RS256")
	for _, c := range []*cobra.Command{list, export, add} {
		dirFlag(c, &dir)
		cmd.AddCommand(c)
	}
	return cmd
}

// runKeysAdd gives the body a key of a purpose that it has none of. Keys that it
// cannot be without are made with it, and are not added to: which key signs
// certificates is not changed in passing.
func runKeysAdd(ctx context.Context, out io.Writer, dir, purpose, alg string) error {
	if keys.Purpose(purpose) != keys.ForReceipt {
		return term.Fail(term.Usage, fmt.Errorf("a key of purpose %q cannot be added", purpose), "the purpose is: receipt")
	}
	b, err := openBody(ctx, dir)
	if err != nil {
		return err
	}
	defer b.Close()
	k, err := keys.Generate(b.Body.URL, keys.ForReceipt, keys.Algorithm(alg), b.Now())
	if err != nil {
		return term.Fail(term.Usage, err, "")
	}
	folder := filepath.Join(dir, keysFolder)
	wrote := false
	err = b.AddKey(ctx, staff(), &k.Key, func() error {
		ring, err := keys.Load(folder, b.Body.URL) // as it is while nobody else adds
		if err != nil {
			return err
		}
		if active, err := ring.Active(keys.ForReceipt); err == nil {
			return fmt.Errorf("the body has a receipt key already, %s", active.ID)
		}
		wrote = true
		return keys.Save(folder, k)
	})
	if err != nil {
		if wrote { // it is not recorded, and has signed nothing
			if gone := os.Remove(filepath.Join(folder, k.Thumbprint()+".json")); !errors.Is(gone, fs.ErrNotExist) {
				err = errors.Join(err, gone)
			}
		}
		return term.Fail(term.No, err, "")
	}
	return term.JSON(out, map[string]any{"purpose": k.Purpose, "algorithm": k.Algorithm, "id": k.ID, "created": k.Created.Format(time.RFC3339)})
}
