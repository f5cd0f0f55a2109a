package verifier

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// load reads the list of the address that an earlier run has kept. It is verified
// like any other.
func (s *Lists) load(issuer *Issuer, url string) (*list, error) {
	if s.Dir == "" {
		return nil, errors.New("no folder")
	}
	text, err := os.ReadFile(s.file(issuer, url))
	if err != nil {
		return nil, err
	}
	l, err := openGuarded(string(text), issuer, url)
	if err != nil {
		return nil, err
	}
	if l.url != url {
		return nil, fmt.Errorf("%s holds another list", s.file(issuer, url))
	}
	return l, nil
}

// save keeps the list for later runs, unless it must not take the place of the one
// that another process has kept meanwhile: that is the error, and the other list
// serves here too.
func (s *Lists) save(k *keptList, issuer *Issuer, fresh *list, now time.Time) (saving, err error) {
	if stored, none := s.load(issuer, k.url); none == nil {
		if err := fresh.mayReplace(stored, k.url, now); err != nil {
			if stored.mayReplace(k.list, k.url, now) == nil && !stored.validFrom.Before(k.floor) {
				k.take(stored)
			}
			return nil, err
		}
	}
	return s.write(issuer, k.url, fresh.text), nil
}

// write puts the list into the folder, whole or not at all.
func (s *Lists) write(issuer *Issuer, url, text string) (err error) {
	defer func() {
		if err != nil {
			var named *fs.PathError
			if errors.As(err, &named) { // for a file that is called otherwise each time
				err = named.Err
			}
			err = fmt.Errorf("keep status list %s in %s: %w", url, s.Dir, err)
		}
	}()
	f, err := os.CreateTemp(s.Dir, "list-*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // which is gone if all went well
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(f.Name(), s.file(issuer, url))
	}
	if err == nil {
		err = syncFolder(s.Dir)
	}
	return err
}

// syncFolder makes a new name in a folder survive a power cut.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// file is named for the issuer too: two may have one address in common.
func (s *Lists) file(issuer *Issuer, url string) string {
	sum := sha256.Sum256([]byte(issuer.ID + " " + url))
	return filepath.Join(s.Dir, hex.EncodeToString(sum[:])+".jws")
}
