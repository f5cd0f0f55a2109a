package main

import (
	"context"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/render"
	"github.com/testamur/testamur/issuer/seal"
	"github.com/testamur/testamur/keys"
	"github.com/testamur/testamur/keys/strictjson"
)

// sealFile says how the body seals its papers. It may be absent.
const sealFile = "seal.json"

// sealSettings is the content of the seal file.
type sealSettings struct {
	Timestamp string `json:"timestamp"` // address of a time-stamp server (RFC 3161); "": papers have no time-stamps
	Policy    string `json:"policy"`    // the policy it must stamp by, as 1.2.3; "": its own choice
}

// seals seals the papers of a body. A body whose seal is out of order is opened all
// the same: what it has to publish does not wait for it. Its papers do.
type seals struct {
	plain    *seal.Seal
	stamped  *seal.Seal // nil: there is no time-stamp server
	stamp    bool       // whether the papers that are printed now are stamped
	err      error      // why nothing can be sealed, or nil
	stampErr error      // why nothing can be stamped, or nil: papers that are not stamped do without
	now      func() time.Time
}

var _ render.Sealer = (*seals)(nil)

// use is the seal for the papers that are printed now.
func (s *seals) use() (*seal.Seal, error) {
	switch {
	case s.err != nil:
		return nil, s.err
	case s.stamp && s.stampErr != nil:
		return nil, s.stampErr
	case s.stamp && s.stamped != nil:
		return s.stamped, nil
	}
	return s.plain, nil
}

// Room implements [render.Sealer].
func (s *seals) Room() int {
	use, err := s.use()
	if err != nil {
		return 1 // none will be made
	}
	return use.Room()
}

// Since is when the certificate of the seal begins.
func (s *seals) Since() time.Time {
	if s.err != nil {
		return time.Time{}
	}
	return s.plain.Since()
}

// Seal implements [render.Sealer].
func (s *seals) Seal(ctx context.Context, digest [32]byte) ([]byte, error) {
	use, err := s.use()
	if err != nil {
		return nil, err
	}
	// A service runs for long: what was in force when it began need not be any more.
	if err := use.InForce(s.now()); err != nil {
		return nil, outOfOrder(fmt.Errorf("%w; seal with another one: testamur keys seal, and start the service again", err))
	}
	cms, err := use.Seal(ctx, digest)
	if errors.Is(err, seal.ErrTimestamp) {
		err = fmt.Errorf("%w: --no-timestamp does without", err)
	}
	return cms, err
}

// loadSeals returns what seals the papers of the body in the folder, nil if it has
// no key for that. Time-stamps are asked for only where a command says so: papers
// that strangers ask a service for must not keep another server busy.
func loadSeals(dir string, ring *keys.Ring, now func() time.Time) *seals {
	key, err := ring.Active(keys.ForSeal)
	if err != nil {
		return nil
	}
	s := &seals{now: now}
	if err := s.load(dir, key); err != nil {
		s.err = outOfOrder(err)
	}
	return s
}

func outOfOrder(err error) error {
	return fmt.Errorf("the seal of the body is out of order: %w", err)
}

// sealNotice is how long before a seal runs out it is said. An authority takes its
// time to make out the next certificate.
const sealNotice = 42 * 24 * time.Hour

// notice says that the certificate of the seal runs out soon, "" if it does not.
func (s *seals) notice() string {
	now := s.now()
	if s.err != nil || s.plain.InForce(now) != nil { // which the next paper says
		return ""
	}
	until := s.plain.Until()
	left := until.Sub(now)
	if left > sealNotice {
		return ""
	}
	return fmt.Sprintf("the certificate that papers are sealed with runs out at %s, in %d days; nothing is printed after that, until there is the next one: testamur keys seal",
		until.UTC().Format(time.RFC3339), int(left/(24*time.Hour)))
}

// watch says, until ctx is done, that no paper can be sealed, and once a day that the
// seal runs out soon or has run out. What is soon when it begins has been said.
func (s *seals) watch(ctx context.Context, log *slog.Logger) {
	const unprinted = "no paper is printed until this is mended and the service started again"
	if s.err != nil {
		log.Error(unprinted, "error", s.err.Error())
		return
	}
	day := time.NewTicker(24 * time.Hour)
	defer day.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-day.C:
		}
		if words := s.notice(); words != "" {
			log.Warn(words)
		} else if err := s.plain.InForce(s.now()); err != nil {
			log.Error(unprinted, "error", outOfOrder(err).Error())
		}
	}
}

func (s *seals) load(dir string, key *keys.Private) error {
	signer, err := key.Sealer()
	if err != nil {
		return err
	}
	text, err := readOwn(chainFile(filepath.Join(dir, keysFolder), key), seal.MaxPEM)
	if err != nil {
		return fmt.Errorf("%w; restore the file from a backup, or add a new seal: testamur keys add seal", err)
	}
	chain, err := seal.ParseChain(text)
	if err == nil {
		err = seal.Check(chain, signer.Public(), s.now())
	}
	if err != nil {
		return fmt.Errorf("%s: %w; seal with another one: testamur keys seal, or add one of the body's own making: testamur keys add seal", chainFile(keysFolder, key), err)
	}
	if s.plain, err = seal.New(signer, chain, nil); err != nil {
		return err
	}
	server, err := loadServer(filepath.Join(dir, sealFile))
	if err != nil { // which is of no concern to papers that are not stamped
		s.stampErr = fmt.Errorf("the time-stamp server cannot be used: %w; mend it, or do without for now: --no-timestamp", err)
		return nil
	}
	if server != nil {
		s.stamped, err = seal.New(signer, chain, server)
	}
	return err
}

// loadServer returns the time-stamp server that the seal file names, nil if none.
func loadServer(path string) (*seal.Server, error) {
	text, err := readOwn(path, 64<<10)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var settings sealSettings
	if err := strictjson.DecodeKnown(text, &settings); err != nil {
		return nil, fmt.Errorf(`%s: %w; it should read {"timestamp": "https://tsa.example.org"}`, sealFile, err)
	}
	if settings.Timestamp == "" {
		return nil, nil
	}
	server, err := seal.NewServer(settings.Timestamp)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sealFile, err)
	}
	if server.Policy, err = parsePolicy(settings.Policy); err != nil {
		return nil, fmt.Errorf("%s: %w", sealFile, err)
	}
	return server, nil
}

// parsePolicy reads an object identifier, such as 1.3.6.1; "" is none.
func parsePolicy(s string) (asn1.ObjectIdentifier, error) {
	if s == "" {
		return nil, nil
	}
	var oid asn1.ObjectIdentifier
	for part := range strings.SplitSeq(s, ".") {
		n, err := strconv.ParseUint(part, 10, 31)
		if err != nil || part != strconv.FormatUint(n, 10) {
			return nil, fmt.Errorf("policy %q is no object identifier, such as 1.3.6.1.4.1.99999.1", s)
		}
		oid = append(oid, int(n))
	}
	if _, err := asn1.Marshal(oid); err != nil {
		return nil, fmt.Errorf("policy %q is no object identifier, such as 1.3.6.1.4.1.99999.1", s)
	}
	return oid, nil
}

// readOwn reads a file in the folder of a body. Anything but a file is refused before
// it is opened: a pipe would keep whoever opens it waiting for ever.
func readOwn(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", path)
	}
	return readLimited(path, limit)
}

func readLimited(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("%s is longer than %d bytes", path, limit)
	}
	return text, err
}

// noTimestampFlag adds --no-timestamp to a command that prints papers.
func noTimestampFlag(cmd *cobra.Command, unstamped *bool) {
	cmd.Flags().BoolVar(unstamped, "no-timestamp", false, "seal papers without asking the time-stamp server of "+sealFile)
}

// sealing says how the papers are sealed that are printed from now on: with a
// time-stamp if there is a server for it. Whoever prints is told if they are not
// sealed at all.
func (b *body) sealing(words io.Writer, stamp bool) {
	if b.seals == nil {
		fmt.Fprintln(words, "testamur: papers are not sealed, as the body has no key for it; make one: testamur keys add seal")
		return
	}
	b.seals.stamp = stamp
	if notice := b.seals.notice(); notice != "" {
		fmt.Fprintln(words, "testamur:", notice)
	}
}

// chainFile holds the certificates of a seal key, beside it.
func chainFile(folder string, k *keys.Private) string {
	return filepath.Join(folder, k.Thumbprint()+".pem")
}

// selfIssued is a new seal key of the body, with the certificate that it makes out
// for itself.
func selfIssued(b issuer.Body, alg keys.Algorithm, now time.Time) (*keys.Private, []*x509.Certificate, error) {
	k, err := keys.Generate(b.URL, keys.ForSeal, alg, now)
	if err != nil {
		return nil, nil, err
	}
	signer, err := k.Sealer()
	if err != nil {
		return nil, nil, err
	}
	c, err := seal.SelfIssued(b.Name, b.URL, signer, now)
	return k, []*x509.Certificate{c}, err
}

// saveSeal saves the certificates of a seal key, and then the key, which makes it
// the one that seals. The folder is there already.
func saveSeal(folder string, k *keys.Private, chain []*x509.Certificate) error {
	if err := writeFile(chainFile(folder, k), seal.EncodeChain(chain)); err != nil {
		return fmt.Errorf("save certificates: %w", err)
	}
	return keys.Save(folder, k)
}

// newKeysSeal is the command by which a body seals with a certificate that others
// made out for it.
func newKeysSeal() *cobra.Command {
	var dir, certificates, key string
	cmd := &cobra.Command{
		Use:   "seal --certificate CHAIN.pem --key KEY.pem",
		Short: "Seal papers with the body's own document certificate",
		Long: `Seal papers from now on with a certificate that an authority has made out for the
body, so that readers of PDF who trust that authority show the body as the signer.

CHAIN.pem holds the certificate of the key first and then those that vouch for it;
KEY.pem the private key without a password, P-256 or RSA of at least 3072 bits. The
key is copied into the folder of the body; the file may be destroyed afterwards.

Restart "testamur serve" afterwards, and hand out the trust file anew: verifiers
know a seal by the key in the trust file, whoever vouches for its certificate.
Papers that were sealed before stay good. docs/sealing.md tells more.`,
		Example: "  testamur keys seal --certificate chain.pem --key key.pem",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runKeysSeal(cmd.Context(), cmd.OutOrStdout(), dir, certificates, key)
		},
	}
	dirFlag(cmd, &dir)
	cmd.Flags().StringVar(&certificates, "certificate", "", "`file` with the certificate and those that vouch for it (PEM)")
	cmd.Flags().StringVar(&key, "key", "", "`file` with its private key (PEM)")
	cmd.MarkFlagRequired("certificate")
	cmd.MarkFlagRequired("key")
	return cmd
}

func runKeysSeal(ctx context.Context, out io.Writer, dir, certificates, key string) error {
	text, err := readLimited(certificates, seal.MaxPEM)
	if err != nil {
		return term.Fail(term.Usage, err, "")
	}
	chain, err := seal.ParseChain(text)
	if err != nil {
		return term.Fail(term.Usage, fmt.Errorf("%s: %w", certificates, err), "")
	}
	if text, err = readLimited(key, seal.MaxPEM); err != nil {
		return term.Fail(term.Usage, err, "")
	}
	signer, err := seal.ParseKey(text)
	if err != nil {
		return term.Fail(term.Usage, fmt.Errorf("%s: %w", key, err), "")
	}
	b, err := openBody(ctx, dir)
	if err != nil {
		return err
	}
	defer b.Close()
	if err := seal.Check(chain, signer.Public(), b.Now()); err != nil {
		return term.Fail(term.Usage, fmt.Errorf("%s: %w", certificates, err), "")
	}
	k, err := keys.Import(b.Body.URL, signer, b.Now())
	if err != nil {
		return term.Fail(term.Usage, fmt.Errorf("%s: %w", key, err), "")
	}
	err = b.addKey(ctx, dir, k, func(ring *keys.Ring) error {
		if have, ok := ring.Set().Key(k.ID); ok {
			return fmt.Errorf("the body has this key already, as its %s key %s; a renewed certificate of it goes into %s", have.Purpose, have.ID, chainFile(keysFolder, k))
		}
		return saveSeal(filepath.Join(dir, keysFolder), k, chain)
	})
	if err != nil {
		return err
	}
	return term.JSON(out, describeSeal(k, chain[0]))
}

// describeSeal is what is told of a new seal key on standard output.
func describeSeal(k *keys.Private, c *x509.Certificate) map[string]any {
	return map[string]any{
		"purpose": k.Purpose, "algorithm": k.Algorithm, "id": k.ID, "created": k.Created.Format(time.RFC3339),
		"certificate": map[string]any{
			"subject": c.Subject.String(), "issuer": c.Issuer.String(),
			"notBefore": c.NotBefore.UTC().Format(time.RFC3339), "notAfter": c.NotAfter.UTC().Format(time.RFC3339),
		},
	}
}
