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
		Example: `  testamur keys list
  testamur keys export > jwks.json
  testamur keys add seal
  testamur keys seal --help`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
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
		Use:     "list",
		Short:   "List the keys",
		Example: "  testamur keys list",
		Args:    cobra.NoArgs,
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
that purpose: "receipt", with which the verification service signs receipts, or
"seal", with which papers are sealed, with a certificate of the body's own making.

Restart "testamur serve" afterwards, and hand out the trust file anew: receipts and
seals are known only with a trust file that holds their key.`,
		Example:   "  testamur keys add receipt\n  testamur keys add seal",
		Args:      cobra.ExactArgs(1),
		ValidArgs: []string{string(keys.ForReceipt), string(keys.ForSeal)},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runKeysAdd(cmd.Context(), cmd.OutOrStdout(), dir, args[0], alg)
		},
	}
	add.Flags().StringVar(&alg, "alg", string(keys.ES256), "signature `algorithm`: ES256, EdDSA (not for seals) or RS256")
	for _, c := range []*cobra.Command{list, export, add} {
		dirFlag(c, &dir)
		cmd.AddCommand(c)
	}
	cmd.AddCommand(newKeysSeal())
	return cmd
}

// runKeysAdd gives the body a key of a purpose that it has none of. Keys that it
// cannot be without are made with it, and are not added to: which key signs
// certificates is not changed in passing.
func runKeysAdd(ctx context.Context, out io.Writer, dir, purpose, alg string) error {
	switch keys.Purpose(purpose) {
	case keys.ForReceipt, keys.ForSeal:
	default:
		return term.Fail(term.Usage, fmt.Errorf("a key of purpose %q cannot be added", purpose), "the purposes are: receipt, seal")
	}
	b, err := openBody(ctx, dir)
	if err != nil {
		return err
	}
	defer b.Close()
	if keys.Purpose(purpose) == keys.ForSeal {
		return b.addSeal(ctx, out, dir, keys.Algorithm(alg))
	}
	k, err := keys.Generate(b.Body.URL, keys.ForReceipt, keys.Algorithm(alg), b.Now())
	if err != nil {
		return term.Fail(term.Usage, err, "")
	}
	err = b.addKey(ctx, dir, k, func(ring *keys.Ring) error {
		if active, err := ring.Active(keys.ForReceipt); err == nil {
			return fmt.Errorf("the body has a receipt key already, %s", active.ID)
		}
		return keys.Save(filepath.Join(dir, keysFolder), k)
	})
	if err != nil {
		return err
	}
	return term.JSON(out, map[string]any{"purpose": k.Purpose, "algorithm": k.Algorithm, "id": k.ID, "created": k.Created.Format(time.RFC3339)})
}

// addSeal gives the body a key to seal papers with, if it has none that can.
func (b *body) addSeal(ctx context.Context, out io.Writer, dir string, alg keys.Algorithm) error {
	k, chain, err := selfIssued(b.Body, alg, b.Now())
	if err != nil {
		return term.Fail(term.Usage, err, "")
	}
	err = b.addKey(ctx, dir, k, func(ring *keys.Ring) error {
		if active, err := ring.Active(keys.ForSeal); err == nil && loadSeals(dir, ring, b.Now).err == nil {
			return fmt.Errorf("the body has a seal key already, %s", active.ID)
		}
		return saveSeal(filepath.Join(dir, keysFolder), k, chain)
	})
	if err != nil {
		return err
	}
	return term.JSON(out, describeSeal(k, chain[0]))
}

// addKey records the key and saves it. save is given the keys as they are while
// nobody else adds any. What it has written is taken away again if the key is not
// recorded: it has signed nothing.
func (b *body) addKey(ctx context.Context, dir string, k *keys.Private, save func(*keys.Ring) error) error {
	folder := filepath.Join(dir, keysFolder)
	had := false
	err := b.AddKey(ctx, staff(), &k.Key, func() error {
		ring, err := keys.Load(folder, b.Body.URL)
		if err != nil {
			return err
		}
		_, had = ring.Set().Key(k.ID)
		return save(ring)
	})
	if err == nil {
		return nil
	}
	if !had {
		for _, file := range []string{filepath.Join(folder, k.Thumbprint()+".json"), chainFile(folder, k)} {
			if gone := os.Remove(file); !errors.Is(gone, fs.ErrNotExist) {
				err = errors.Join(err, gone)
			}
		}
	}
	return term.Fail(term.No, err, "")
}
