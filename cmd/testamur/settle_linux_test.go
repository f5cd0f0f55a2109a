package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// That papers could not be written to the disk is said, whenever after the beginning
// it came to be known: the folder is opened before the first of them.
func TestPapersThatDoNotReachTheDiskAreSaidSo(t *testing.T) {
	folder := t.TempDir()
	sameFolder := func(fd int) bool {
		var here, there unix.Stat_t
		return unix.Fstat(fd, &here) == nil && unix.Stat(folder, &there) == nil && here.Dev == there.Dev && here.Ino == there.Ino
	}
	asked := 0
	settle, err := settleBy(folder, func(fd int) error {
		if asked++; !sameFolder(fd) {
			t.Error("another file system was written out")
		}
		return syscall.EIO
	})
	if err != nil || asked > 0 {
		t.Fatalf("%v, asked %d times", err, asked)
	}
	if err := settle(); !errors.Is(err, syscall.EIO) || asked != 1 {
		t.Errorf("%v, asked %d times", err, asked)
	}
	if settle, err = papersInto(folder); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "a.pdf"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := settle(); err != nil {
		t.Error(err)
	}
	if _, err := papersInto(filepath.Join(folder, "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}
