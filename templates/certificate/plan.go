package certificate

// Plan returns what a page must show for these facts, languages and size,
// whatever the version of the program that printed it: it names places and
// ranges, not where each line stands. The style is resolved as by [Design.Set];
// Facts.Offline is not looked at, for what goes with the second QR code is
// optional.
func (d *Design) Plan(f Facts, s Style) (*Plan, error) {
	w, err := d.form(s)
	if err != nil {
		return nil, err
	}
	p := &Plan{Wide: w.wide, High: w.high, Mirrored: w.mirrored, Drawings: w.fixed.Drawings, Rules: w.rules}
	if f.Specimen {
		p.Mark, p.Marked = w.mark.Line.Text, w.mark
	}
	for _, i := range w.fixed.Images {
		p.Images = append(p.Images, i.Rect)
	}
	p.Code = []Rect{{w.code.X, w.code.Y, w.code.Side, w.code.Side}}
	if w.offline != nil {
		p.Offline = []Rect{{w.offline.X, w.offline.Y, w.offline.Side, w.offline.Side}}
	}
	all := f
	all.Offline = true
	for b := range w.blocks {
		place := Place{Rect: w.blocks[b].place.grown(margin / 2)}
		for _, i := range w.blocks[b].items {
			if !i.shown(&all) {
				continue
			}
			e := Entry{Want: i.want(&all), Optional: i.when == whenOffline}
			if i.kind == itemText || i.kind == itemDay {
				e.Fact = i.fact
			}
			if i.kind == itemPhrase {
				e.Instead = i.fixed.text
				if f.Expires == nil {
					e.Instead = i.otherwise.text
				}
			}
			// Another version of the program may measure a little otherwise.
			least, most := i.sizes()
			e.Least, e.Most = least*0.9, most*1.1
			place.Entries = append(place.Entries, e)
		}
		if len(place.Entries) > 0 {
			p.Places = append(p.Places, place)
		}
	}
	return p, nil
}
