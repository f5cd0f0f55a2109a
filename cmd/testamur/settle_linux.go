package main

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// papersInto is called before papers are moved into the folder. What it returns waits
// until they survive a power cut, and is called once: for all of them together, which
// is much quicker than for each. Disks that the folder is not on are not waited for.
func papersInto(folder string) (settle func() error, err error) {
	return settleBy(folder, unix.Syncfs)
}

// settleBy settles by a function that writes out the file system that an open file is
// on. Its error is of whatever there could not be written since the file was opened,
// which is why the folder is opened first.
func settleBy(folder string, sync func(fd int) error) (settle func() error, err error) {
	d, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	return func() error {
		if err := sync(int(d.Fd())); err != nil {
			return errors.Join(&os.PathError{Op: "sync", Path: folder, Err: err}, d.Close())
		}
		return errors.Join(d.Sync(), d.Close())
	}, nil
}
