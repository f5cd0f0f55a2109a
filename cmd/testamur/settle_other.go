//go:build !linux

package main

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// papersInto is called before papers are moved into the folder. What it returns waits
// until they survive a power cut, and is called once.
func papersInto(folder string) (settle func() error, err error) {
	return func() error { return settlePapers(folder) }, nil
}

func settlePapers(folder string) error {
	papers, err := filepath.Glob(filepath.Join(folder, "*.pdf"))
	for _, path := range papers {
		f, openErr := os.OpenFile(path, os.O_RDWR, 0)
		if openErr != nil {
			err = errors.Join(err, openErr)
			continue
		}
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if runtime.GOOS == "windows" { // where a folder cannot be synced
		return err
	}
	d, openErr := os.Open(folder)
	if openErr != nil {
		return errors.Join(err, openErr)
	}
	return errors.Join(err, d.Sync(), d.Close())
}
