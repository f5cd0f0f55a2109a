package paper

import (
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// page is one page of a PDF, with what it has or has inherited (ISO 32000-1 §7.7.3.4).
type page struct {
	dict      types.Dict
	resources types.Object
	media     types.Object
	crop      types.Object
	node      types.Object // what it was found by
}

// collectPages finds the first pages, and counts them.
func (d *document) collectPages(found *Found) {
	d.pagesBelow(d.catalog["Pages"], page{}, visits{}, 0)
	found.Pages = len(d.pages)
	if count := d.integer(d.dict(d.catalog["Pages"])["Count"]); len(d.pages) < MaxPages && count != len(d.pages) {
		d.oddPages = true
	}
}

// pagesBelow walks the page tree (ISO 32000-1 §7.7.3).
func (d *document) pagesBelow(o types.Object, above page, seen visits, depth int) {
	if len(d.pages) >= MaxPages || d.ctx.Err() != nil || !seen.enter(o, depth) {
		return
	}
	node := d.dict(o)
	if node == nil {
		d.oddPages = true
		return
	}
	// What a page inherits, some programs look for from the page upwards.
	if parent := node["Parent"]; parent == nil != (above.node == nil) || parent != nil && !sameObject(parent, above.node) {
		d.oddPages = true
	}
	above.node = o
	for key, inherited := range map[string]*types.Object{"Resources": &above.resources, "MediaBox": &above.media, "CropBox": &above.crop} {
		if own, ok := node[key]; ok {
			*inherited = own
		}
	}
	kids, isNode := node["Kids"]
	if kind := d.name(node["Type"]); isNode && kind != "Pages" || !isNode && kind != "Page" {
		d.oddPages = true // every program may take it for something else
	}
	if !isNode {
		above.dict = node
		d.pages = append(d.pages, above)
		return
	}
	for _, kid := range d.array(kids) {
		d.pagesBelow(kid, above, seen, depth+1)
	}
}

// sameObject reports whether two references lead to the same object.
func sameObject(a, b types.Object) bool {
	one, isOne := a.(types.IndirectRef)
	other, isOther := b.(types.IndirectRef)
	return isOne && isOther && one == other
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
