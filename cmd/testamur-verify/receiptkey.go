package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/verifier"
)

func newReceiptKey() *cobra.Command {
	var dir, address, name string
	cmd := &cobra.Command{
		Use:   "receipt-key --dir DIR --url URL",
		Short: "Make the key that signs receipts of verifications",
		Long: `Make a key that signs receipts of verifications, in the name of the service at
--url, and print the trust file by which others check them (testamur-verify
receipt --trust FILE). The folder may hold receipt keys of the service already: the
youngest signs, and the trust file names all of them. A folder with other keys, such
as that of a body, is left as it is.`,
		Example: "  testamur-verify receipt-key --dir receipts --url https://verify.example.org --name \"Example Employer\" > receipts.json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runReceiptKey(cmd.OutOrStdout(), dir, address, name, time.Now())
		},
	}
	f := cmd.Flags()
	f.StringVar(&dir, "dir", "", "`folder` of the key")
	f.StringVar(&address, "url", "", "`URL` of the service")
	f.StringVar(&name, "name", "", "`name` of the body that verifies")
	_ = cmd.MarkFlagRequired("dir")
	_ = cmd.MarkFlagRequired("url")
	return cmd
}

func runReceiptKey(out io.Writer, dir, address, name string, now time.Time) error {
	address, err := serviceURL(address)
	if err != nil {
		return term.Fail(term.Usage, fmt.Errorf("--url: %w", err), urlHint)
	}
	// All that can be wrong is found before anything is written: among the keys of
	// somebody else, one more would keep theirs from being loaded.
	if err := receiptKeysOnly(dir, address); err != nil {
		return err
	}
	key, err := keys.Generate(address, keys.ForReceipt, keys.ES256, now)
	if err != nil {
		return term.Fail(term.Usage, err, "")
	}
	set, err := keys.NewSet(&key.Key)
	if err != nil {
		return err
	}
	entry := verifier.Issuer{ID: address, Name: name, Keys: set, StatusLists: []string{}}
	if _, err := verifier.NewTrust([]*verifier.Issuer{&entry}, nil); err != nil {
		return term.Fail(term.Usage, err, "")
	}
	if err := keys.Save(dir, key); err != nil {
		return term.Fail(term.No, err, "choose another folder with --dir")
	}
	ring, err := keys.Load(dir, address)
	if err != nil {
		return term.Fail(term.No, err, "")
	}
	entry.Keys = ring.Set()
	trust, err := verifier.NewTrust([]*verifier.Issuer{&entry}, nil)
	if err != nil {
		return term.Fail(term.No, err, "")
	}
	return term.JSON(out, trust)
}

// receiptKeysOnly refuses a folder of keys that are not for receipts of the service.
// One that is not there, or holds no keys, is none.
func receiptKeysOnly(dir, address string) error {
	ring, err := keys.Load(dir, address)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return term.Fail(term.Usage, fmt.Errorf("--dir: %w", err), "choose another folder with --dir; this one is left as it is")
	}
	for _, k := range ring.Keys() {
		if k.Purpose != keys.ForReceipt {
			return term.Fail(term.Usage, fmt.Errorf("--dir: %s holds keys of a body, of which one is for %s", dir, k.Purpose),
				"add a receipt key to a body with: testamur keys add receipt; or choose another folder with --dir")
		}
	}
	return nil
}
