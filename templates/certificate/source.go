package certificate

// source is what a file design.json holds. docs/designs.md explains each member
// to those who write one. Lengths are millimetres, sizes of type points.
type source struct {
	Format      int                          `json:"format"` // 1
	Title       string                       `json:"title"`
	About       string                       `json:"about,omitempty"`
	Schemes     []string                     `json:"schemes,omitempty"`
	Orientation string                       `json:"orientation"` // landscape or portrait
	Sizes       []Size                       `json:"sizes"`
	Languages   []string                     `json:"languages,omitempty"` // none: all
	Inks        map[string]string            `json:"inks"`                // name → #rrggbb
	Styles      map[string]styleSource       `json:"styles"`
	Words       map[string]map[string]string `json:"words,omitempty"` // language → key → text in place of the usual one
	Ornament    []ornamentSource             `json:"ornament,omitempty"`
	Images      []imageSource                `json:"images,omitempty"`
	Rules       []ruleSource                 `json:"rules,omitempty"`
	Blocks      []blockSource                `json:"blocks"` // in the order of reading
	Code        boxSource                    `json:"code"`
	Offline     *boxSource                   `json:"offline,omitempty"`
	Mark        markSource                   `json:"mark"`
}

// boxSource is a place on the page: on each axis two of distance from the one
// side, distance from the other, and size, so that one design serves papers of
// several sizes.
type boxSource struct {
	Left   *float64 `json:"left,omitempty"`
	Right  *float64 `json:"right,omitempty"`
	Width  *float64 `json:"width,omitempty"`
	Top    *float64 `json:"top,omitempty"`
	Bottom *float64 `json:"bottom,omitempty"`
	Height *float64 `json:"height,omitempty"`
	// In the middle of the page; then the size alone is given.
	Center bool `json:"center,omitempty"` // across
	Middle bool `json:"middle,omitempty"` // down
}

type styleSource struct {
	Family  string      `json:"family"` // serif, italic, sans, or a font file in the folder
	Ink     string      `json:"ink"`    // name, or name and strength: "blue 40%"
	Size    float64     `json:"size,omitempty"`
	Tries   []trySource `json:"tries,omitempty"` // in place of size
	Track   int         `json:"track,omitempty"` // thousandths of an em
	Leading float64     `json:"leading,omitempty"`
}

// trySource is a number of lines with the range of sizes allowed for it.
type trySource struct {
	Lines int     `json:"lines"`
	From  float64 `json:"from"`
	To    float64 `json:"to"`
}

type blockSource struct {
	Name    string       `json:"name"`
	Box     boxSource    `json:"box"`
	Align   string       `json:"align,omitempty"`   // start, center or end
	Stretch *[2]float64  `json:"stretch,omitempty"` // of gaps that stretch: least and most
	Parts   []partSource `json:"parts"`
	Spring  float64      `json:"spring,omitempty"` // beneath the last part
}

type partSource struct {
	// One of the three: a fact, the key of a fixed text, or a text of one's own
	// for each language.
	Fact  string            `json:"fact,omitempty"`
	Words string            `json:"words,omitempty"`
	Text  map[string]string `json:"text,omitempty"`

	Style  string  `json:"style"`
	Second string  `json:"second,omitempty"` // style of the second language; "" : the same style, smaller
	When   string  `json:"when,omitempty"`
	Gap    float64 `json:"gap,omitempty"`     // above
	Grow   float64 `json:"stretch,omitempty"` // above, that stretches
	Spring float64 `json:"spring,omitempty"`  // share of what is left of the block, above

	Label      string  `json:"label,omitempty"` // key of a fixed text; it stands and falls with the fact
	LabelStyle string  `json:"labelStyle,omitempty"`
	LabelGap   float64 `json:"labelGap,omitempty"`
	LabelUnder bool    `json:"labelUnder,omitempty"`
}

type ruleSource struct {
	Box    boxSource `json:"box"` // without height it lies, without width it stands
	Weight float64   `json:"weight"`
	Ink    string    `json:"ink"`
}

type imageSource struct {
	Role string    `json:"role"` // logo, seal or signature
	File string    `json:"file"`
	Box  boxSource `json:"box"`
	// Where in its box a picture of another shape stands: start, center or end.
	Align string `json:"align,omitempty"`
}

type markSource struct {
	Family string  `json:"family"`
	Size   float64 `json:"size"` // the largest
	Room   float64 `json:"room"` // its length at most
	Track  int     `json:"track,omitempty"`
	Angle  float64 `json:"angle"`
	Ink    string  `json:"ink"`
	Edge   string  `json:"edge"`
	Weight float64 `json:"weight"`
}

// ornamentSource is one piece of ornament. Which members it takes depends on its
// kind.
type ornamentSource struct {
	Kind   string  `json:"kind"`
	Ink    string  `json:"ink"`
	Weight float64 `json:"weight,omitempty"` // of the line; without one the piece is filled, where its kind can be

	Inset  float64    `json:"inset,omitempty"`  // frame, waves, corners: from the edge of the page
	Radius float64    `json:"radius,omitempty"` // frame, waves: of the corners
	Notch  float64    `json:"notch,omitempty"`  // frame: corners that curve inward
	Box    *boxSource `json:"box,omitempty"`    // rosette, band, field, rays

	Wave    float64 `json:"wave,omitempty"`    // length of a wave
	High    float64 `json:"high,omitempty"`    // from the middle of a wave to its crest
	Strands int     `json:"strands,omitempty"` // lines that interlace
	Second  float64 `json:"second,omitempty"`  // share of a second, slower wave
	Petals  int     `json:"petals,omitempty"`
	From    float64 `json:"from,omitempty"` // rosette: of the radius
	To      float64 `json:"to,omitempty"`
	Lines   int     `json:"lines,omitempty"` // field: their number
	Motif   string  `json:"motif,omitempty"` // corners
}
