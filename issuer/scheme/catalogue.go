package scheme

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

//go:embed catalogue/*.yaml
var builtin embed.FS

// Catalogue holds every edition of every scheme that a body issues under, or
// ever did.
type Catalogue struct {
	schemes []*Scheme // by id, and each one's editions from the oldest to the newest
}

// Builtin returns the catalogue that is built in.
func Builtin() (*Catalogue, error) { return Load() }

// Load returns the built-in catalogue together with the files *.yaml at the top
// of the given folders. The same edition of a scheme twice is an error, and so
// is any fault of any file; all of them are reported together.
func Load(fsys ...fs.FS) (*Catalogue, error) {
	own, err := fs.Sub(builtin, "catalogue")
	if err != nil {
		return nil, err
	}
	c := &Catalogue{}
	from := map[string]string{} // file by scheme and edition
	var errs []error
	for _, folder := range append([]fs.FS{own}, fsys...) {
		names, err := fs.Glob(folder, "*.yaml")
		if err != nil {
			return nil, fmt.Errorf("list scheme files: %w", err)
		}
		for _, name := range names {
			data, err := readFile(folder, name)
			if err != nil {
				errs = append(errs, fmt.Errorf("read scheme file: %w", err))
				continue
			}
			s, err := Parse(data)
			if err != nil {
				errs = append(errs, fmt.Errorf("scheme file %s:\n%w", name, err))
				continue
			}
			key := s.ID + " " + s.Edition
			if earlier, ok := from[key]; ok {
				errs = append(errs, fmt.Errorf("scheme file %s: edition %s of scheme %s is already in %s; a changed scheme needs an edition of its own", name, s.Edition, s.ID, earlier))
				continue
			}
			from[key] = name
			c.schemes = append(c.schemes, s)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	slices.SortFunc(c.schemes, byAge)
	return c, nil
}

// Schemes returns every edition of every scheme: by id, and each one's editions
// from the oldest to the newest.
func (c *Catalogue) Schemes() []*Scheme { return slices.Clone(c.schemes) }

// Current returns the newest edition of every scheme, by id.
func (c *Catalogue) Current() []*Scheme {
	var current []*Scheme
	for i, s := range c.schemes {
		if i+1 == len(c.schemes) || c.schemes[i+1].ID != s.ID {
			current = append(current, s)
		}
	}
	return current
}

// Scheme returns an edition of a scheme, the current one when edition is "".
func (c *Catalogue) Scheme(id, edition string) (*Scheme, error) {
	var ids, editions []string
	for _, s := range c.Current() {
		ids = append(ids, s.ID)
		if s.ID == id && edition == "" {
			return s, nil
		}
	}
	for _, s := range c.schemes {
		if s.ID == id {
			if s.Edition == edition {
				return s, nil
			}
			editions = append(editions, s.Edition)
		}
	}
	if editions == nil {
		return nil, fmt.Errorf("unknown scheme %q%s", id, orNearest(id, ids))
	}
	return nil, fmt.Errorf("scheme %s has no edition %q; there are: %s", id, edition, strings.Join(editions, ", "))
}

// Find returns the certificate of that code and its scheme, in the current
// editions.
func (c *Catalogue) Find(code string) (*Scheme, *Certificate, error) {
	var found *Scheme
	var known []string
	for _, s := range c.Current() {
		known = append(known, s.codes()...)
		if _, ok := s.Certificate(code); !ok {
			continue
		}
		if found != nil {
			return nil, nil, fmt.Errorf("certificate %s is in scheme %s and in scheme %s; name the scheme too", code, found.ID, s.ID)
		}
		found = s
	}
	if found == nil {
		return nil, nil, fmt.Errorf("unknown certificate %q%s", code, orNearest(code, known))
	}
	certificate, _ := found.Certificate(code)
	return found, certificate, nil
}

// byAge orders schemes by id and their editions by day and then by number: an
// edition whose source names no day is taken to be older than one with a day.
func byAge(a, b *Scheme) int {
	if n := strings.Compare(a.ID, b.ID); n != 0 {
		return n
	}
	if a.Dated != b.Dated {
		if a.Dated.IsZero() || !b.Dated.IsZero() && a.Dated.Before(b.Dated) {
			return -1
		}
		return 1
	}
	return compareEditions(a.Edition, b.Edition)
}

// compareEditions compares number by number, so that 3.10 comes after 3.9. What
// is no number comes after every number.
func compareEditions(a, b string) int {
	return cmp.Or(slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(a, b string) int {
		m, errA := strconv.Atoi(a)
		n, errB := strconv.Atoi(b)
		switch {
		case errA == nil && errB == nil:
			return cmp.Compare(m, n)
		case errA == nil:
			return -1
		case errB == nil:
			return 1
		}
		return strings.Compare(a, b)
	}), strings.Compare(a, b))
}

// readFile reads a scheme file. Anything but a file is refused before it is opened: a
// pipe would keep whoever opens it waiting for ever.
func readFile(folder fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(folder, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", name)
	}
	return fs.ReadFile(folder, name)
}
