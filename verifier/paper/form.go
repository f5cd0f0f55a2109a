package paper

import "github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

// resource finds a named resource. A form without resources of its own uses
// those of the page.
func (in *interpreter) resource(kind, key string) types.Object {
	return in.doc.dict(in.resources[len(in.resources)-1][kind])[key]
}

// enter makes resources those that names refer to. Colour spaces that stand for
// those of the device can make any colour of any other (§8.6.5.6).
func (in *interpreter) enter(resources types.Dict) {
	spaces := in.doc.dict(resources["ColorSpace"])
	if spaces["DefaultGray"] != nil || spaces["DefaultRGB"] != nil || spaces["DefaultCMYK"] != nil {
		in.doubt(doubtPainting)
	}
	in.resources = append(in.resources, resources)
}

// external takes over an external graphics state (§8.4.5).
func (in *interpreter) external(o types.Object) {
	d, s := in.doc, &in.state
	gs := d.dict(o)
	if gs == nil {
		in.broken = true
		return
	}
	for key, v := range gs {
		switch key {
		case "ca", "CA":
			// No certificate has anything that can be seen through.
			alpha, ok := d.numeric(v)
			if !ok || alpha != 1 {
				in.doubt(doubtPainting)
			}
			if key == "ca" {
				s.alpha = alpha
			} else {
				s.lineAlpha = alpha
			}
		case "LW":
			s.width = d.number(v)
		case "BM":
			if n := d.name(v); n != "Normal" && n != "Compatible" {
				s.odd = true
				in.doubt(doubtPainting)
			}
		case "TR", "TR2":
			if n := d.name(v); n != "Identity" && n != "Default" {
				in.doubt(doubtPainting)
			}
		case "SMask":
			if d.name(v) != "None" {
				s.odd = true
				in.doubt(doubtPainting)
			}
		case "Font":
			if list := d.array(v); len(list) == 2 {
				s.font, s.size = in.font(list[0]), d.number(list[1])
			}
		case "OP", "op":
			if d.isTrue(v) {
				in.doubt(doubtPainting)
			}
		case "Type", "OPM", "SA", "AIS", "TK", "SM", "FL", "RI":
		default:
			in.doubt(doubtPainting)
		}
	}
}

// draw paints a form or a picture (§8.8, §8.10).
func (in *interpreter) draw(key string, depth int) {
	d := in.doc
	o := in.resource("XObject", key)
	x := d.stream(o)
	if x == nil {
		in.broken = true
		return
	}
	if in.forms++; in.forms > maxForms || depth >= maxFormDepth {
		in.broken = true
		return
	}
	if x.Dict["OC"] != nil {
		in.marked = append(in.marked, marked{optional: true})
		defer func() { in.marked = in.marked[:len(in.marked)-1] }()
	}
	switch d.name(x.Dict["Subtype"]) {
	case "Image":
		in.mark(paint{kind: aPicture, box: box{0, 0, 1, 1}.mapped(in.state.ctm), picture: x, m: in.state.ctm, shade: 0.5})
	case "Form":
		in.form(x, depth)
	default:
		in.broken = true
	}
}

func (in *interpreter) form(x *types.StreamDict, depth int) {
	d := in.doc
	content, err := decoded(x, maxContent-in.decoded)
	if err != nil {
		in.broken = true
		return
	}
	in.decoded += len(content)
	// A page of another file may stand for it (§8.10.4); a group is composed by
	// itself first (§11.6.6).
	if x.Dict["Ref"] != nil || x.Dict["Group"] != nil {
		in.doubt(doubtPainting)
	}
	before, saved, text, open := in.state, in.saved, in.text, in.marked
	in.saved = nil
	in.inText = false
	if m := d.array(x.Dict["Matrix"]); len(m) == 6 {
		var form matrix
		for i := range form {
			n, ok := d.numeric(m[i])
			form[i] = n
			in.broken = in.broken || !ok
		}
		in.state.ctm = form.then(in.state.ctm)
		in.broken = in.broken || !in.state.ctm.sane()
	} else if x.Dict["Matrix"] != nil {
		in.doubt(doubtPainting)
	}
	bbox, ok := d.rectangle(x.Dict["BBox"])
	if !ok || bbox.empty() || !in.state.ctm.upright() {
		in.doubt(doubtPainting)
	}
	if ok {
		in.state.clip = in.state.clip.cut(bbox.mapped(in.state.ctm))
		in.state.oddClip = in.state.oddClip || !in.state.ctm.upright()
	}
	resources := in.resources[len(in.resources)-1]
	if own := d.dict(x.Dict["Resources"]); own != nil {
		resources = own
	}
	in.enter(resources)
	in.path = path{}
	in.run(content, depth+1)
	if in.inText || len(in.path.parts) > 0 || len(in.saved) > 0 {
		in.doubt(doubtPainting) // it may go on after the form
	}
	if len(in.marked) != len(open) {
		in.doubt(doubtSpoken)
	}
	in.path, in.inText = path{}, false
	in.resources = in.resources[:len(in.resources)-1]
	in.state, in.saved, in.text, in.marked = before, saved, text, open
}

// inline paints a picture that stands in the content itself (§8.9.7).
func (in *interpreter) inline(l *lexer) {
	in.mark(paint{kind: aPicture, box: box{0, 0, 1, 1}.mapped(in.state.ctm), shade: 0.5})
	in.doubt(doubtPainting) // where it ends, programs find out each in its own way
	if l.inline() != nil {
		in.broken = true
	}
}

// font opens a font once.
func (in *interpreter) font(o types.Object) *font {
	ref, isRef := o.(types.IndirectRef)
	if isRef {
		if f := in.fonts[ref]; f != nil {
			return f
		}
	}
	if in.opened++; in.opened > maxFonts || in.doc.dict(o) == nil {
		in.broken = true
		return nil
	}
	f := in.doc.font(o)
	if isRef {
		in.fonts[ref] = f
	}
	return f
}

// switchable reports whether what is painted now can be switched off, and says
// so: no certificate has such parts, and what a viewer shows of them is its own
// choice (§8.11).
func (in *interpreter) switchable() {
	for _, m := range in.marked {
		if m.optional {
			in.fault(faultOfLayers, "The page has parts that can be shown and hidden; a certificate has none.")
			return
		}
	}
}
