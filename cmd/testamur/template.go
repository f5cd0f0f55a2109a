package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/picture"
	"github.com/testamur/testamur/issuer/render"
	"github.com/testamur/testamur/issuer/scheme"
	"github.com/testamur/testamur/templates/certificate"
)

// What is inside the folder of a body that tells how its certificates look.
const (
	templatesFolder = "templates"
	designsFolder   = "templates/certificate" // designs of the body's own, a folder each
)

// openDesigns returns the built-in designs and those of the body's own. No name
// in a design leads out of its folder, not even over a symbolic link.
func openDesigns(dir string) (*certificate.Designs, error) {
	root, err := os.OpenRoot(filepath.Join(dir, filepath.FromSlash(designsFolder)))
	if errors.Is(err, fs.ErrNotExist) {
		return certificate.Builtin(), nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	designs, err := certificate.Open(root.FS())
	if err != nil {
		return nil, fmt.Errorf("the designs in %s cannot be used:\n%w", root.Name(), err)
	}
	return designs, nil
}

// openHouse returns how the body wants its certificates printed.
func openHouse(dir string, designs *certificate.Designs) (*certificate.House, error) {
	root, err := os.OpenRoot(filepath.Join(dir, templatesFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return new(certificate.House), nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	house, err := certificate.ReadHouse(root.FS(), designs)
	if err != nil {
		return nil, fmt.Errorf("in %s:\n%w", root.Name(), err)
	}
	return house, nil
}

// looks is how the certificates of a body are printed.
type looks struct {
	designs *certificate.Designs
	house   *certificate.House
	asked   certificate.Style // in place of the house's choice; empty members are left to it
}

func openLooks(dir string) (*looks, error) {
	designs, err := openDesigns(dir)
	if err != nil {
		return nil, err
	}
	house, err := openHouse(dir, designs)
	if err != nil {
		return nil, err
	}
	return &looks{designs: designs, house: house}, nil
}

// choice is how a certificate of a scheme is printed.
func (l *looks) choice(scheme string) certificate.Style {
	return l.asked.Or(l.house.Style(scheme, l.designs))
}

// ask takes what was asked for by flags.
func (l *looks) ask(f styleFlags) error {
	if f == (styleFlags{}) {
		return nil
	}
	l.asked = f.style()
	// For which scheme is not known yet, but what none can have is.
	if err := l.designs.Holds(l.choice("")); err != nil {
		return term.Fail(term.Usage, err, "testamur template list shows every design with its sizes and languages")
	}
	return nil
}

// styleFlags are the flags that say how a certificate is to be printed.
type styleFlags struct{ design, page, language string }

func (f *styleFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.design, "design", "", "`name` of the design (default: the house's choice for the scheme); see testamur template list")
	cmd.Flags().StringVar(&f.page, "page", "", "`size` of the paper: A4 or Letter (default: the house's choice)")
	cmd.Flags().StringVar(&f.language, "language", "", "`language` of the fixed wording, as \"de\", or two for a bilingual certificate, as \"de,en\" (default: the house's choice)")
}

// style returns what was asked for; what was not is empty.
func (f *styleFlags) style() certificate.Style {
	return certificate.Style{Design: f.design, Size: certificate.ParseSize(f.page), Languages: certificate.ParseLanguages(f.language)}
}

func newTemplate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "template",
		Short: "See, check and make the designs of certificates",
		Long: `The designs of certificates: those built in, and those that the body keeps in the
folder templates/certificate of its own folder, one folder each. How to make one
is told in docs/designs.md.

Which design a certificate is printed in is the house's choice. It stands in
templates/house.json:

  {"default": {"page": "A4", "languages": ["de", "en"]},
   "schemes": {"iso20000": {"design": "classic"}}}

What it leaves open is taken from the design made for the scheme, A4 and English.`,
		Example: `  testamur template list
  testamur template preview iso20000 --language de,en --out preview.pdf
  testamur template new house --from classic
  testamur template check house`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newTemplateList(), newTemplateCheck(), newTemplatePreview(), newTemplateNew())
	return cmd
}

func newTemplateList() *cobra.Command {
	var dir, format string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the designs, with their sizes, languages and schemes",
		Example: "  testamur template list\n  testamur template list -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			designs, err := openDesigns(dir)
			if err != nil {
				return term.Fail(term.No, err, "testamur template check names every fault of every design")
			}
			return runTemplateList(cmd.OutOrStdout(), designs, format)
		},
	}
	dirFlag(cmd, &dir)
	formatFlag(cmd, &format, "text", "json")
	return cmd
}

// designJSON is what is told of a design.
type designJSON struct {
	Name      string             `json:"name"`
	Title     string             `json:"title"`
	About     string             `json:"about,omitempty"`
	Builtin   bool               `json:"builtin"`
	Schemes   []string           `json:"schemes"`
	Sizes     []certificate.Size `json:"sizes"`
	Languages []string           `json:"languages"`
	Offline   bool               `json:"offline"` // a place for the second QR code
}

func runTemplateList(out io.Writer, designs *certificate.Designs, format string) error {
	if format == "json" {
		list := []designJSON{}
		for _, d := range designs.All() {
			list = append(list, designJSON{d.Name, d.Title, d.About, d.Builtin, append([]string{}, d.Schemes...), d.Sizes, d.Languages, d.Offline})
		}
		return term.JSON(out, list)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tTITLE\tPAGES\tLANGUAGES\tFOR\tORIGIN")
	for _, d := range designs.All() {
		origin, schemes := "own", strings.Join(d.Schemes, ", ")
		if d.Builtin {
			origin = "built-in"
		}
		if schemes == "" {
			schemes = "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", d.Name, term.Plain(d.Title), listed(d.Sizes), strings.Join(d.Languages, ", "), schemes, origin)
	}
	return w.Flush()
}

func listed[T ~string](list []T) string {
	var out []string
	for _, s := range list {
		out = append(out, string(s))
	}
	return strings.Join(out, ", ")
}

func newTemplateCheck() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "check [NAME|FOLDER]",
		Short: "Check designs and name every fault in them",
		Long: `Check one design, by its name or its folder, or every design of the body's own
and the house's choice. Beside the form of design.json it is checked that every
fact a certificate must show has its place, that facts of a length to be expected
fit, in every language and pair of languages and on every size of paper, that
nothing overlaps, that type is large and dark enough to read, and that QR codes
are large enough to scan. In the folder of a body it is checked too that there are
the schemes that designs and the house name, and that the verification addresses of
the body are not broken within a word.

Exit codes: 0 sound, 1 faults, 2 usage.`,
		Example: "  testamur template check\n  testamur template check house\n  testamur template check drafts/house",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runTemplateCheck(cmd.Context(), cmd.OutOrStdout(), dir, slices.Concat(args, []string{""})[0])
		},
	}
	dirFlag(cmd, &dir)
	return cmd
}

func runTemplateCheck(ctx context.Context, out io.Writer, dir, what string) error {
	if what == "" {
		return checkHouse(ctx, out, dir)
	}
	d, err := findDesign(dir, what)
	if err != nil {
		return term.Fail(term.No, err, "")
	}
	faults := d.Check()
	if !d.Builtin {
		ids, err := schemeIDs(dir)
		if err != nil {
			return term.Fail(term.No, err, "")
		}
		faults = append(faults, certificate.Only(d).Unknown(new(certificate.House), ids)...)
	}
	if len(faults) > 0 {
		return term.Fail(term.No, faults, "")
	}
	if err := sound(out, d); err != nil {
		return err
	}
	return noteTorn(ctx, out, dir, d)
}

// schemeIDs are the ids of the schemes of the body.
func schemeIDs(dir string) ([]string, error) {
	catalogue, err := loadSchemes(dir)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, s := range catalogue.Schemes() {
		if !slices.Contains(ids, s.ID) {
			ids = append(ids, s.ID)
		}
	}
	return ids, nil
}

// noteTorn says where the verification addresses of the body would be broken
// within a word: they are read all the same, and typed with more mistakes.
func noteTorn(ctx context.Context, out io.Writer, dir string, designs ...*certificate.Design) error {
	link := sampleLink(ctx, dir)
	if link == "" {
		return nil // not in the folder of a body
	}
	for _, d := range designs {
		for _, size := range d.Sizes {
			torn, err := d.Tears(link, size)
			switch {
			case err != nil:
				_, err = fmt.Fprintf(out, "note: design %s on %s: %v\n", d.Name, size, err)
			case torn:
				_, err = fmt.Fprintf(out, "note: design %s on %s breaks the address %s within a word; a wider or higher box, or more lines, would keep it whole\n", d.Name, size, term.Plain(link))
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// sampleLink is an address as the body in the folder gives them out, "" where
// there is none.
func sampleLink(ctx context.Context, dir string) string {
	b, err := openBody(ctx, dir)
	if err != nil {
		return ""
	}
	defer b.Close()
	return b.Body.VerifyURL("5YA89ZEJNCKRV6DED2CKXZQQ8R")
}

func sound(out io.Writer, d *certificate.Design) error {
	_, err := fmt.Fprintf(out, "design %s is sound: %s, in %s\n", d.Name, listed(d.Sizes), strings.Join(d.Languages, ", "))
	return err
}

// checkHouse checks every design of the body's own, and then its choice.
func checkHouse(ctx context.Context, out io.Writer, dir string) error {
	designs, err := openDesigns(dir)
	if err != nil {
		return term.Fail(term.No, err, "")
	}
	var faults certificate.Faults
	own := 0
	for _, d := range designs.All() {
		if d.Builtin {
			continue
		}
		own++
		wrong := d.Check()
		if faults = append(faults, wrong...); len(wrong) > 0 {
			continue
		}
		if err := sound(out, d); err != nil {
			return err
		}
	}
	if len(faults) > 0 {
		return term.Fail(term.No, faults, "")
	}
	house, err := openHouse(dir, designs)
	if err != nil {
		return term.Fail(term.No, err, "")
	}
	ids, err := schemeIDs(dir)
	if err != nil {
		return term.Fail(term.No, err, "")
	}
	if unknown := designs.Unknown(house, ids); len(unknown) > 0 {
		return term.Fail(term.No, unknown, "")
	}
	var used []*certificate.Design
	for _, d := range designs.All() {
		if !d.Builtin || slices.ContainsFunc(ids, func(id string) bool { return house.Style(id, designs).Design == d.Name }) {
			used = append(used, d)
		}
	}
	if err := noteTorn(ctx, out, dir, used...); err != nil {
		return err
	}
	if own == 0 {
		_, err = fmt.Fprintf(out, "there are no designs of the body's own in %s; those built in are sound\n", filepath.Join(dir, filepath.FromSlash(designsFolder)))
	}
	return err
}

// findDesign returns a design by its name or its folder.
func findDesign(dir, what string) (*certificate.Design, error) {
	if info, err := os.Stat(what); err == nil && info.IsDir() && (strings.ContainsAny(what, `/\`) || what == ".") {
		folder, err := filepath.Abs(what)
		if err != nil {
			return nil, err
		}
		root, err := os.OpenRoot(filepath.Dir(folder))
		if err != nil {
			return nil, err
		}
		defer root.Close()
		return certificate.Read(root.FS(), filepath.Base(folder))
	}
	// One by its name alone, so that faults of another do not stand in the way.
	if root, err := os.OpenRoot(filepath.Join(dir, filepath.FromSlash(designsFolder))); err == nil {
		defer root.Close()
		if _, err := root.Stat(what); err == nil {
			return certificate.Read(root.FS(), what)
		}
	}
	designs, err := openDesigns(dir)
	if err != nil {
		designs = certificate.Builtin()
	}
	return designs.Design(what)
}

func newTemplatePreview() *cobra.Command {
	var dir, out string
	var flags styleFlags
	var lasting bool
	cmd := &cobra.Command{
		Use:   "preview NAME|FOLDER",
		Short: "Print a specimen in a design, as PDF, PNG or SVG",
		Long: `Print a specimen in a design, as PDF, PNG or SVG by the ending of --out. It shows
the facts of nobody, is marked as a specimen, and proves nothing: the credential
attached to it is empty.`,
		Example: "  testamur template preview iso20000 --out preview.pdf\n  testamur template preview portrait --page Letter --language fr,en --out preview.png\n  testamur template preview citsop --lasting --out lasting.svg",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runTemplatePreview(cmd.Context(), dir, args[0], flags.style(), lasting, out)
		},
	}
	dirFlag(cmd, &dir)
	f := cmd.Flags()
	f.StringVar(&flags.page, "page", "", "`size` of the paper: A4 or Letter (default: the first of the design)")
	f.StringVar(&flags.language, "language", "", "`language` of the fixed wording, as \"de\", or two, as \"de,en\" (default: the first of the design)")
	f.BoolVar(&lasting, "lasting", false, "of a certificate that does not expire")
	f.StringVar(&out, "out", "", "write to this `file`: .pdf, .png or .svg")
	cmd.MarkFlagRequired("out")
	return cmd
}

func runTemplatePreview(ctx context.Context, dir, what string, style certificate.Style, lasting bool, out string) error {
	kind := strings.ToLower(filepath.Ext(out))
	if !slices.Contains([]string{".pdf", ".png", ".svg"}, kind) {
		return term.Fail(term.Usage, fmt.Errorf("--out %s: a preview is a .pdf, a .png or a .svg", out), "")
	}
	d, err := findDesign(dir, what)
	if err != nil {
		return term.Fail(term.No, err, "testamur template list shows those there are")
	}
	designs := certificate.Only(d)
	style = certificate.Style{Design: d.Name, Size: style.Size, Languages: style.Languages}.Or(certificate.Style{Size: d.Sizes[0], Languages: d.Languages[:1]})
	if err := designs.Holds(style); err != nil {
		return term.Fail(term.Usage, err, "")
	}
	press, err := render.New(render.House{Designs: designs})
	if err != nil {
		return term.Fail(term.No, err, "")
	}
	paper := specimenPaper(d, lasting)
	paper.Style = style
	var content []byte
	switch kind {
	case ".pdf":
		content, err = press.Render(ctx, paper)
	case ".png":
		content, err = picture.New(press).PNG(ctx, paper, picture.Usual)
	case ".svg":
		content, err = picture.New(press).SVG(ctx, paper)
	}
	if err == nil {
		err = writeFile(out, content)
	}
	if err != nil {
		return term.Fail(term.No, err, "")
	}
	return nil
}

// specimenPaper is a paper for looking at a design.
func specimenPaper(d *certificate.Design, lasting bool) issuer.Paper {
	f := certificate.Specimen()
	day := func(d certificate.Day) scheme.Date { return scheme.Date{Year: d.Year, Month: d.Month, Day: d.Day} }
	p := issuer.Paper{
		Holder: f.Holder, Title: f.Title, Code: f.Code, Number: f.Number, Scope: f.Scope, Scheme: f.Scheme,
		Edition: f.Edition, Body: f.Body, Decider: f.Decider, Decided: day(f.Decided), Effective: day(f.Effective),
		Specimen: true, Link: f.Link, QR: strings.ToUpper(f.Link),
		Token:   "e30.e30.AA", // {} signed by nobody
		Created: time.Date(f.Effective.Year, f.Effective.Month, f.Effective.Day, 9, 0, 0, 0, time.UTC),
	}
	if !lasting {
		until := day(*f.Expires)
		p.Expires = &until
	}
	if d.Offline {
		// As long as a real one.
		p.Summary = "https://certs.example.org/v#" + strings.Repeat("0123456789", 150)
	}
	return p
}

func newTemplateNew() *cobra.Command {
	var dir, from string
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Begin a design of the body's own with a copy of a built-in one",
		Long: `Copy a built-in design into the folder templates/certificate/NAME of the body,
as a beginning for one of its own. The copy is no scheme's first choice: name it in
templates/house.json, or give it "schemes". A design of the same name as a built-in
one takes its place.`,
		Example: "  testamur template new house --from iso20000\n  testamur template preview house --out preview.pdf",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runTemplateNew(cmd.OutOrStdout(), dir, args[0], from)
		},
	}
	dirFlag(cmd, &dir)
	cmd.Flags().StringVar(&from, "from", "classic", "built-in `design` to copy")
	return cmd
}

// The lines of a design that make it the first choice for a scheme, and that
// name it.
var (
	forScheme = regexp.MustCompile(`(?m)^ "schemes": .*\n`)
	titleLine = regexp.MustCompile(`(?m)^ "title": .*$`)
)

func runTemplateNew(out io.Writer, dir, name, from string) error {
	if !certificate.IsName(name) {
		return term.Fail(term.Usage, fmt.Errorf("%q is not a name for a design: it has a-z, 0-9 and -, and at most 40 characters", name), "")
	}
	d, err := certificate.Builtin().Design(from)
	if err != nil {
		return term.Fail(term.Usage, err, "")
	}
	files, err := d.Files()
	if err != nil {
		return term.Fail(term.No, err, "")
	}
	if _, err := os.Stat(dir); err != nil {
		return term.Fail(term.Usage, fmt.Errorf("there is no body in %s", dir), "name the folder of the body with --dir")
	}
	folder := filepath.Join(dir, filepath.FromSlash(designsFolder), name)
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return term.Fail(term.No, err, "")
	}
	if err := os.Mkdir(folder, 0o755); errors.Is(err, fs.ErrExist) {
		return term.Fail(term.No, fmt.Errorf("there is %s already", folder), "choose another name, or move it away")
	} else if err != nil {
		return term.Fail(term.No, err, "")
	}
	for file, data := range files {
		data = titleLine.ReplaceAllLiteral(forScheme.ReplaceAll(data, nil), []byte(` "title": "`+name+`",`)) // of a-z, 0-9 and -
		if err := writeFile(filepath.Join(folder, file), data); err != nil {
			return term.Fail(term.No, err, "")
		}
	}
	_, err = fmt.Fprintf(out, "%s is a copy of %s. See it with: testamur template preview --dir %s %s --out preview.pdf\n", folder, from, dir, name)
	return err
}
