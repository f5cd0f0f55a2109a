package keys

import (
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
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
	f, err := os.OpenFile(filepath.Join(folder, k.Thumbprint()+".json"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("save key: %w", err)
	}
	_, err = f.Write(append(text, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("save key: %w", err)
	}
	return syncFolder(folder)
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
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others than the owner may read it (mode %04o): run chmod 600 %s", info.Mode().Perm(), path)
	}
	text, err := os.ReadFile(path)
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

// syncFolder makes a new name in a folder survive a power cut.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
