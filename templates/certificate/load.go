package certificate

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/testamur/testamur/templates/picture"
	"github.com/testamur/testamur/templates/typeface"
)

//go:embed */design.json
var builtinFiles embed.FS

const (
	designFile = "design.json"
	plainName  = "plain" // of the design for schemes that none is made for

	maxDesigns = 100     // of one folder
	maxFont    = 4 << 20 // bytes
	maxPicture = 1 << 20
)

var (
	namePattern = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)
	filePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,59}\.(?i:(png|jpg|jpeg|gif|webp)|ttf)$`)
	inkPattern  = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
)

// design is what a file design.json says, made ready.
type design struct {
	src      source
	families map[string]*typeface.Family
	styles   map[string]*style
	pictures map[string]*picture.Picture // of the images, by file

	wrongInks map[string]bool // that are there, and no colours

	mu    sync.RWMutex
	fixed map[fixedKey]*Fixed
	forms map[formKey]*form
}

type fixedKey struct {
	size     Size
	mirrored bool
}

type formKey struct {
	size          Size
	first, second string
}

// Builtin returns the designs shipped with the program.
func Builtin() *Designs { return builtin() }

var builtin = sync.OnceValue(func() *Designs {
	list, faults := readAll(builtinFiles, true)
	if len(faults) > 0 {
		panic(faults) // a test reads them
	}
	return &Designs{list}
})

// Open returns the built-in designs and those in the folder; one there takes the
// place of a built-in one of the same name. Every fault of every design is in
// the error, which is [Faults] then.
func Open(folder fs.FS) (*Designs, error) {
	own, faults := readAll(folder, false)
	if len(faults) > 0 {
		return nil, faults
	}
	all := own
	for _, d := range Builtin().list {
		if !slices.ContainsFunc(own, func(o *Design) bool { return o.Name == d.Name }) {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b *Design) int { return strings.Compare(a.Name, b.Name) })
	return &Designs{all}, nil
}

// Design returns the design of that name; the error names those there are.
func (l *Designs) Design(name string) (*Design, error) {
	var names []string
	for _, d := range l.list {
		if d.Name == name {
			return d, nil
		}
		names = append(names, d.Name)
	}
	return nil, fmt.Errorf("there is no design %q%s; there are: %s", name, meant(name, names), strings.Join(names, ", "))
}

// For returns the design that is the first choice for a scheme, or the plain one.
// One of the body's own is preferred to a built-in one.
func (l *Designs) For(scheme string) *Design {
	var found, plain *Design
	for _, d := range l.list {
		if slices.Contains(d.Schemes, scheme) && (found == nil || found.Builtin && !d.Builtin) {
			found = d
		}
		if d.Name == plainName {
			plain = d
		}
	}
	if found == nil {
		return plain
	}
	return found
}

// readAll reads every design of a folder.
func readAll(folder fs.FS, ours bool) ([]*Design, Faults) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, Faults{{File: ".", Text: cause(err)}}
	}
	var (
		list   []*Design
		faults Faults
	)
	for _, e := range entries {
		name := e.Name()
		if !e.IsDir() || strings.HasPrefix(name, ".") || ours && name == "wording" {
			continue
		}
		if !namePattern.MatchString(name) {
			faults = append(faults, Fault{File: strconv.Quote(name), Text: "a design has a name of a-z, 0-9 and -, of at most 40 characters; rename the folder"})
			continue
		}
		if len(list) == maxDesigns {
			faults = append(faults, Fault{File: name, Text: fmt.Sprintf("there are more than %d designs", maxDesigns)})
			break
		}
		d, wrong := readDesign(folder, name, ours)
		if faults = append(faults, wrong...); d != nil {
			list = append(list, d)
		}
	}
	return list, faults
}

// IsName reports whether a design may have that name.
func IsName(name string) bool { return namePattern.MatchString(name) }

// Only returns the one design, for looking at it.
func Only(d *Design) *Designs { return &Designs{[]*Design{d}} }

// Read reads the one design of that name in the folder. The error is [Faults].
func Read(folder fs.FS, name string) (*Design, error) {
	if !namePattern.MatchString(name) {
		return nil, Faults{{File: strconv.Quote(name), Text: "a design has a name of a-z, 0-9 and -, of at most 40 characters"}}
	}
	d, faults := readDesign(folder, name, false)
	if len(faults) > 0 {
		return nil, faults
	}
	return d, nil
}

func readDesign(folder fs.FS, name string, ours bool) (*Design, Faults) {
	r := &reader{file: name + "/" + designFile}
	data, err := readFile(folder, name+"/"+designFile, maxFile)
	if err != nil {
		r.fault("", "%s", cause(err))
		return nil, r.faults
	}
	d := &Design{Name: name, Builtin: ours}
	if r.read(data, &d.src) {
		d.resolve(r, folder)
	}
	if len(r.faults) > 0 {
		return nil, r.faults
	}
	d.Title, d.About, d.Schemes, d.Sizes, d.Languages = d.src.Title, d.src.About, d.src.Schemes, d.src.Sizes, d.src.Languages
	if len(d.Languages) == 0 {
		d.Languages = Languages()
	}
	if d.src.Offline != nil {
		d.Offline = true
	}
	if ours { // a test checks them, and starting a program should cost little
		return d, nil
	}
	// The least that must hold for a design to be used at all; Check does the rest.
	for _, size := range d.Sizes {
		w, err := d.newForm(size, d.Languages[:1])
		if err != nil {
			r.unset(size, d.Languages[:1], err)
			continue
		}
		w.check(r)
	}
	if len(r.faults) > 0 {
		return nil, r.faults
	}
	return d, nil
}

// readFile reads a file of at most so many bytes. Anything but a file is refused
// before it is opened: a pipe would keep whoever opens it waiting for ever.
func readFile(folder fs.FS, name string, most int) ([]byte, error) {
	if info, err := fs.Stat(folder, name); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a file")
	}
	f, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a file")
	}
	data, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	if err == nil && len(data) > most {
		err = fmt.Errorf("it has more than %d bytes", most)
	}
	return data, err
}

// cause leaves out the path of an error of the file system, which stands beside
// it already.
func cause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		if path.Err.Error() == "path escapes from parent" { // os.Root has no name for this error
			return "it is a link that leads out of the folder; put the file itself there"
		}
		return path.Err.Error()
	}
	return err.Error()
}

// Files returns what the folder of a built-in design holds, for whoever begins a
// design of their own with it.
func (d *Design) Files() (map[string][]byte, error) {
	if !d.Builtin {
		return nil, fmt.Errorf("design %s is not a built-in one", d.Name)
	}
	all := map[string][]byte{}
	err := fs.WalkDir(builtinFiles, d.Name, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := builtinFiles.ReadFile(path)
		all[strings.TrimPrefix(path, d.Name+"/")] = data
		return err
	})
	return all, err
}

// ink resolves an ink: its name, or its name and its strength, as "blue 40%".
func (d *design) ink(name string) Colour {
	c, _ := d.findInk(name)
	return c
}

func (d *design) findInk(name string) (Colour, bool) {
	base, strength, tinted := strings.Cut(name, " ")
	hex, ok := d.src.Inks[base]
	if !ok || !inkPattern.MatchString(hex) {
		return Colour{}, false
	}
	v, _ := strconv.ParseUint(hex[1:], 16, 32)
	c := Colour{uint8(v >> 16), uint8(v >> 8), uint8(v)}
	if tinted {
		percent, ok := strings.CutSuffix(strength, "%")
		n, err := strconv.Atoi(percent)
		if !ok || err != nil || n < 1 || n > 100 {
			return Colour{}, false
		}
		c = c.Tint(float64(n) / 100)
	}
	return c, true
}

// Fixed returns what is the same on every page in that size. Pages whose first
// language is read from right to left are mirrored ([Page.Mirrored]), ornament
// included.
func (d *Design) Fixed(size Size, mirrored bool) (*Fixed, error) {
	key := fixedKey{size, mirrored}
	d.mu.RLock()
	f := d.fixed[key]
	d.mu.RUnlock()
	if f != nil {
		return f, nil
	}
	if !slices.Contains(d.src.Sizes, size) {
		return nil, fmt.Errorf("design %s is not made for paper of the size %q; it is made for: %s", d.Name, size, joined(d.src.Sizes))
	}
	wide, high, _ := sheetSize(size, d.src.Orientation == "landscape")
	c := &canvas{wide: wide, high: high}
	for _, o := range d.src.Ornament {
		c.draw(o, d.ink(o.Ink), mirrored)
	}
	if c.curves > maxCurves {
		return nil, fmt.Errorf("the ornament on %s has more than %d curves; make waves longer, or lines and strands fewer", size, maxCurves)
	}
	f = &Fixed{Wide: wide, High: high, Drawings: c.drawings, Families: d.familyList()}
	for _, i := range d.src.Images {
		p := d.pictures[i.File]
		r := inside(i.Box.on(wide, high), p, i.Align)
		if mirrored {
			r = r.mirror(wide)
		}
		f.Images = append(f.Images, Image{Rect: r, Role: i.Role, File: i.File, Picture: p.PNG})
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if first := d.fixed[key]; first != nil { // one for all
		return first, nil
	}
	if d.fixed == nil {
		d.fixed = map[fixedKey]*Fixed{}
	}
	d.fixed[key] = f
	return f, nil
}

// form returns the design made ready for a style.
func (d *Design) form(s Style) (*form, error) {
	if s.Size == "" {
		s.Size = d.Sizes[0]
	}
	key := formKey{size: s.Size}
	switch len(s.Languages) {
	case 0:
		key.first = d.Languages[0]
	case 1:
		key.first = s.Languages[0]
	default:
		key.first, key.second = s.Languages[0], s.Languages[1]
	}
	d.mu.RLock()
	w := d.forms[key]
	d.mu.RUnlock()
	if w != nil && len(s.Languages) <= 2 {
		return w, nil
	}
	tags := slices.Clone(s.Languages)
	if len(tags) == 0 {
		tags = []string{key.first}
	}
	w, err := d.newForm(s.Size, tags)
	if err != nil {
		return nil, err
	}
	if r := (&reader{file: d.Name + "/" + designFile}); !w.fits(r) {
		return nil, fmt.Errorf("design %s has no room for the wording in %s on %s: %s", d.Name, strings.Join(tags, " and "), s.Size, r.faults[0].Text)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if first := d.forms[key]; first != nil {
		return first, nil
	}
	if d.forms == nil {
		d.forms = map[formKey]*form{}
	}
	d.forms[key] = w
	return w, nil
}

// Set puts the facts in their places. The error is a [*TextError] for a text that
// cannot be drawn or does not fit, or says that the design has no such size or
// language. Where the style names no size or language, the first of the design is
// taken. Set takes some tens of microseconds for plain texts.
func (d *Design) Set(f Facts, s Style) (*Page, error) {
	w, err := d.form(s)
	if err != nil {
		return nil, err
	}
	return w.page(&f)
}

func joined[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return strings.Join(out, ", ")
}
