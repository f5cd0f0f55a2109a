package keys

import (
	"crypto"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/testamur/testamur/keys/strictjson"
)

// keyFile is the content of a private key file, <thumbprint>.json.
type keyFile struct {
	Purpose Purpose         `json:"purpose"`
	Created time.Time       `json:"created"`
	JWK     json.RawMessage `json:"jwk"`
}

// Save writes the private key into the folder, which it makes if needed, as a
// file that only its owner may read. It is on disk when Save returns. An
// existing file is never replaced.
func Save(folder string, k *Private) error {
	private := jose.JSONWebKey{Key: k.signer, KeyID: k.ID, Algorithm: string(k.Algorithm), Use: "sig"}
	jwk, err := private.MarshalJSON()
	if err != nil {
		return fmt.Errorf("save key: %w", err)
	}
	text, err := json.MarshalIndent(keyFile{k.Purpose, k.Created, jwk}, "", "  ")
	if err != nil {
		return fmt.Errorf("save key: %w", err)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("save key: %w", err)
	}
	// Whole under another name first: a half-written key file would keep the
	// ring from being loaded.
	f, err := os.CreateTemp(folder, ".key-*.tmp") // mode 0600
	if err != nil {
		return fmt.Errorf("save key: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(text, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("save key: %w", err)
	}
	if err := os.Link(f.Name(), filepath.Join(folder, k.Thumbprint()+".json")); err != nil { // fails where the name is taken
		return fmt.Errorf("save key: %w", err)
	}
	// The name of the key in its folder, and that of the folder in its own: a key
	// that has signed must not be lost by a power cut.
	return errors.Join(syncFolder(folder), syncFolder(filepath.Dir(filepath.Clean(folder))))
}

// Rename gives a folder of keys another name beside its own. It is on disk when
// Rename returns.
func Rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("rename keys: %w", err)
	}
	return syncFolder(filepath.Dir(filepath.Clean(to)))
}

// Load reads every private key file of the folder. A file that others than its
// owner may read is refused, as is one whose name is not its thumbprint.
func Load(folder, issuer string) (*Ring, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("load keys: %w", err)
	}
	var list []*Private
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		k, err := loadFile(filepath.Join(folder, e.Name()), issuer)
		if err != nil {
			return nil, fmt.Errorf("load key %s: %w", e.Name(), err)
		}
		list = append(list, k)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("load keys: %s holds none: %w", folder, fs.ErrNotExist)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Created.Before(list[j].Created) })
	return NewRing(list...)
}

func loadFile(path, issuer string) (*Private, error) {
	// Opening a pipe would wait for ever.
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat() // of the very file that is read
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others than the owner may read it (mode %04o): run chmod 600 %s", info.Mode().Perm(), path)
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	var file keyFile
	if err := strictjson.Decode(text, &file); err != nil {
		return nil, err
	}
	var jwk jose.JSONWebKey
	if err := jwk.UnmarshalJSON(file.JWK); err != nil {
		return nil, err
	}
	signer, ok := jwk.Key.(crypto.Signer)
	if !ok {
		return nil, errors.New("holds no private key")
	}
	if ec, ok := signer.(*ecdsa.PrivateKey); ok && !halvesFit(ec) { // go-jose compares those of the others
		return nil, errors.New("its private and its public half are of two keys")
	}
	k, err := newPrivate(issuer, file.Purpose, signer, file.Created)
	if err != nil {
		return nil, err
	}
	if got := strings.TrimSuffix(filepath.Base(path), ".json"); got != k.Thumbprint() {
		return nil, fmt.Errorf("its thumbprint is %s", k.Thumbprint())
	}
	if jwk.KeyID != k.ID {
		return nil, fmt.Errorf("it belongs to %q, not to the issuer %q", jwk.KeyID, issuer)
	}
	return k, nil
}

// halvesFit reports whether the public half is that of the private half.
func halvesFit(k *ecdsa.PrivateKey) bool {
	private, err := k.ECDH()
	if err != nil {
		return false
	}
	public, err := k.PublicKey.ECDH()
	return err == nil && private.PublicKey().Equal(public)
}

// syncFolder makes a new name in a folder survive a power cut.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
