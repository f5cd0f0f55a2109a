package main

import (
	"errors"
	"os"
	"syscall"
)

// settlePapers waits until the files that have been moved into the folder survive a
// power cut: once for all of them, which is much quicker than once for each.
func settlePapers(folder string) error {
	syscall.Sync()
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
