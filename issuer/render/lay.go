package render

import (
	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/templates/certificate"
)

// Lay returns the page on which q is printed and the modules of the QR codes on
// it, as [QR] gives them: what whoever draws it otherwise than as a PDF needs. The
// second code is nil where the page has none.
func (p *Press) Lay(q issuer.Paper) (page *certificate.Page, code, offline [][]bool, err error) {
	j, err := p.compose(q)
	if err != nil {
		return nil, nil, nil, err
	}
	if code = j.code.modules(); j.page.Offline != nil {
		offline = j.summary.modules()
	}
	return j.page, code, offline, nil
}

// modules returns the modules row by row from the top, with the quiet zone.
func (c *Code) modules() [][]bool {
	all := make([][]bool, c.Side+2*quiet)
	for y := range all {
		all[y] = make([]bool, len(all))
		for x := range all[y] {
			all[y][x] = c.Dark(x-quiet, y-quiet)
		}
	}
	return all
}
