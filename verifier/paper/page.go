package paper

import (
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// page is one page of a PDF, with the resources it has or has inherited.
type page struct {
	dict      types.Dict
	resources types.Object
}

// collectPages finds the first pages, and counts them.
func (d *document) collectPages(found *Found) {
	d.pagesBelow(d.catalog["Pages"], nil, visits{}, 0)
	found.Pages = len(d.pages)
}

// pagesBelow walks the page tree (ISO 32000-1 §7.7.3).
func (d *document) pagesBelow(o, resources types.Object, seen visits, depth int) {
	if len(d.pages) >= MaxPages || d.ctx.Err() != nil || !seen.enter(o, depth) {
		return
	}
	node := d.dict(o)
	if node == nil {
		return
	}
	if own, ok := node["Resources"]; ok {
		resources = own
	}
	kids, isNode := node["Kids"]
	if !isNode {
		d.pages = append(d.pages, page{node, resources})
		return
	}
	for _, kid := range d.array(kids) {
		d.pagesBelow(kid, resources, seen, depth+1)
	}
}

// annotatedLinks adds the web links that can be clicked on the pages (ISO 32000-1 §12.6.4.7).
func (d *document) annotatedLinks(found *Found) {
	for _, page := range d.pages {
		for i, o := range d.array(page.dict["Annots"]) {
			if i == maxNodes {
				break
			}
			action := d.dict(d.dict(o)["A"])
			if d.name(action["S"]) != "URI" {
				continue
			}
			if link := strings.TrimSpace(d.text(action["URI"])); isLink(link) {
				found.addLinks(link)
			}
		}
	}
}
