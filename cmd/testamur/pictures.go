package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/testamur/testamur/cmd/internal/term"
	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/issuer/picture"
	"github.com/testamur/testamur/verifier/credential"
)

// asPictures is which pictures of a certificate are asked for.
type asPictures struct {
	png, svg string // files; "" for none
	dpi      int
	alone    bool // and nothing else is
}

// pictureFlags adds --png, --svg and --dpi to a command.
func pictureFlags(cmd *cobra.Command, p *asPictures) {
	f := cmd.Flags()
	f.StringVar(&p.png, "png", "", "write it as a picture with the credential in it (Open Badges 3.0) to this `file`")
	f.StringVar(&p.svg, "svg", "", "write it as a scalable drawing, likewise, to this `file`")
	f.IntVar(&p.dpi, "dpi", picture.Usual, "`pixels` to the inch of --png, 50 to 300")
	cmd.PreRun = func(cmd *cobra.Command, _ []string) {
		p.alone = p.any() && !f.Changed("output") && !f.Changed("out")
	}
}

// any reports whether a picture is asked for.
func (p *asPictures) any() bool { return p.png != "" || p.svg != "" }

// check refuses what is asked for and would not be had.
func (p *asPictures) check(cmd *cobra.Command) error {
	for _, one := range []struct{ flag, file, ending, what string }{{"--png", p.png, ".png", "a PNG"}, {"--svg", p.svg, ".svg", "an SVG"}} {
		if one.file != "" && !strings.EqualFold(filepath.Ext(one.file), one.ending) {
			return term.Fail(term.Usage, fmt.Errorf("%s %s: what is written is %s, and the name of the file is to end in %s", one.flag, one.file, one.what, one.ending), "")
		}
	}
	if cmd.Flags().Changed("dpi") && p.png == "" {
		return term.Fail(term.Usage, errors.New("--dpi is of a PNG, and none is asked for"), "add --png")
	}
	return nil
}

// writePictures writes the pictures asked for.
func (b *body) writePictures(ctx context.Context, cert *issuer.Certificate, p asPictures) error {
	if !p.any() {
		return nil
	}
	if p.dpi < picture.Coarsest || p.dpi > picture.Finest {
		return term.Fail(term.Usage, fmt.Errorf("--dpi %d is not between %d and %d", p.dpi, picture.Coarsest, picture.Finest), "150 fills a large screen, 300 prints well")
	}
	c, err := credential.Decode(cert.Payload)
	if err != nil {
		return term.Fail(term.No, err, "")
	}
	paper := cert.Paper(c)
	for _, one := range []struct {
		file string
		draw func() ([]byte, error)
	}{
		{p.png, func() ([]byte, error) { return b.pictures.PNG(ctx, paper, p.dpi) }},
		{p.svg, func() ([]byte, error) { return b.pictures.SVG(ctx, paper) }},
	} {
		if one.file == "" {
			continue
		}
		data, err := one.draw()
		if err == nil {
			err = writeFile(one.file, data)
		}
		if err != nil {
			return term.Fail(term.No, err, "")
		}
	}
	return nil
}
