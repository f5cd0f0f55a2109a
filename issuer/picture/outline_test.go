package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"

	"github.com/testamur/testamur/issuer"
	"github.com/testamur/testamur/templates/certificate"
	"github.com/testamur/testamur/templates/typeface"
)

// inked is how much black there is, in pixels.
func inked(outlines ...[]polygon) float64 {
	c := canvas{img: white(200, 200), scale: 1, brush: new(brush)}
	for _, o := range outlines {
		c.fill(o, certificate.Colour{})
	}
	var sum float64
	for i := 0; i < len(c.img.Pix); i += 4 {
		sum += float64(0xff-c.img.Pix[i]) / 0xff
	}
	return sum
}

// A line leaves as much ink as it is long times as it is wide, hair lines as well
// as bold ones: no part of it is laid down twice.
func TestStrokesLayTheirInkDownOnce(t *testing.T) {
	circle := polygon{}
	for i := range 400 {
		sin, cos := math.Sincos(float64(i) / 400 * 2 * math.Pi)
		circle = append(circle, point{100 + 80*cos, 100 + 80*sin})
	}
	wave := polygon{}
	long := 0.0
	for i := range 600 {
		p := point{20 + float64(i)/600*160, 100 + 40*math.Sin(float64(i)/15)}
		if i > 0 {
			long += math.Hypot(p.x-wave[i-1].x, p.y-wave[i-1].y)
		}
		wave = append(wave, p)
	}
	corner := polygon{{20.3, 20.7}, {180.1, 20.7}, {180.1, 180.2}}
	backward := polygon{{180.1, 180.2}, {180.1, 20.7}, {20.3, 20.7}}
	slant := polygon{{13.7, 20.1}, {171.3, 154.9}}
	for _, wide := range []float64{0.3, 0.59, 1, 2.2} {
		caps := math.Pi * wide * wide / 4
		for name, tt := range map[string]struct {
			line   polygon
			closed bool
			want   float64
		}{
			"circle":                {circle, true, 2 * math.Pi * 80 * wide},
			"wave":                  {wave, false, long*wide + caps},
			"corner":                {corner, false, (159.8+159.5)*wide + caps + (math.Pi/4-1)*wide*wide/4},
			"corner from behind":    {backward, false, (159.8+159.5)*wide + caps + (math.Pi/4-1)*wide*wide/4},
			"slant":                 {slant, false, math.Hypot(157.6, 134.8)*wide + caps},
			"square":                {append(corner, point{20.3, 180.2}), true, 2*(159.8+159.5)*wide + (math.Pi-4)*wide*wide/4},
			"dot":                   {polygon{{50.2, 50.9}}, false, caps},
			"points on one another": {polygon{{20, 50}, {20, 50}, {100, 50}, {100, 50}}, false, 80*wide + caps},
		} {
			got := inked(stroke(tt.line, tt.closed, wide))
			if math.Abs(got-tt.want) > 0.02*tt.want+0.05*wide {
				t.Errorf("%s of %g: %.2f, want %.2f", name, wide, got, tt.want)
			}
		}
	}
	// A twin that draws each piece by itself, round at both ends, lays down more.
	var pieces []polygon
	for i := range wave[:len(wave)-1] {
		pieces = append(pieces, stroke(wave[i:i+2], false, 0.59)...)
	}
	if got, want := inked(pieces), long*0.59; got < 1.1*want {
		t.Errorf("the twin lays down %.2f, and %.2f is right: it would not be told apart", got, want)
	}
}

func TestCurvesAreFollowed(t *testing.T) {
	const k = 0.5522847498 // a quarter of a circle by a cubic
	quarter := func(a, b, c, d typeface.Point) typeface.Segment {
		return typeface.Segment{Op: typeface.CubeTo, P: [3]typeface.Point{b, c, d}}
	}
	p := func(x, y float64) typeface.Point { return typeface.Point{X: x, Y: y} }
	circle := []typeface.Segment{
		{Op: typeface.MoveTo, P: [3]typeface.Point{p(1, 0)}},
		quarter(p(1, 0), p(1, k), p(k, 1), p(0, 1)),
		quarter(p(0, 1), p(-k, 1), p(-1, k), p(-1, 0)),
		quarter(p(-1, 0), p(-1, -k), p(-k, -1), p(0, -1)),
		quarter(p(0, -1), p(k, -1), p(1, -k), p(1, 0)),
	}
	for _, r := range []float64{0.5, 3, 40, 90} {
		m := affine{a: r, d: r, e: 100, f: 100}
		outline := m.flatten(nil, circle)
		for i, q := range outline[0] {
			if d := math.Hypot(q.x-100, q.y-100); math.Abs(d-r) > 0.0004*r {
				t.Errorf("radius %g: a point at %g", r, d)
			}
			if i > 0 {
				last := outline[0][i-1]
				if d := math.Hypot((q.x+last.x)/2-100, (q.y+last.y)/2-100); r-d > 2*flat {
					t.Errorf("radius %g: a chord is %g off", r, r-d)
				}
			}
		}
		if got, want := inked(outline), math.Pi*r*r; math.Abs(got-want) > 0.01*want+0.1 {
			t.Errorf("radius %g: %g pixels inside, want %g", r, got, want)
		}
	}
}

func TestWhatIsOutsideIsNotPainted(t *testing.T) {
	square := func(x, y, side float64) []polygon {
		return []polygon{{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}}}
	}
	for name, tt := range map[string]struct {
		outline []polygon
		want    float64
	}{
		"far left":    {square(-500, 0, 100), 0},
		"far right":   {square(500, 0, 100), 0},
		"above":       {square(0, -500, 100), 0},
		"half inside": {square(-50, 50, 100), 50 * 100},
		"all over":    {square(-500, -500, 1000), 200 * 200},
		"a point":     {[]polygon{{{50, 50}}}, 0},
		"nothing":     {nil, 0},
		"no number":   {[]polygon{{{math.NaN(), 0}, {10, 10}, {0, 10}}}, 0},
	} {
		if got := inked(tt.outline); math.Abs(got-tt.want) > 0.5 {
			t.Errorf("%s: %g, want %g", name, got, tt.want)
		}
	}
}

func TestGroundsKeptAreBounded(t *testing.T) {
	p := New(nil)
	img := white(1754, 1240)
	for range 40 {
		p.keep(ground{groundKey{fixed: new(certificate.Fixed)}, img})
	}
	if n := len(p.grounds); n*len(img.Pix) > kept || n < 2 {
		t.Errorf("%d grounds of %d KiB are kept", n, len(img.Pix)>>10)
	}
	newest := p.grounds[len(p.grounds)-1].of
	oldest := p.grounds[0].of
	if p.find(oldest) == nil || p.grounds[len(p.grounds)-1].of != oldest || p.find(newest) == nil {
		t.Error("what was used last is not kept last")
	}
	large := white(5000, 5000)
	p.keep(ground{groundKey{fixed: new(certificate.Fixed)}, large})
	if len(p.grounds) != 1 {
		t.Errorf("%d are kept beside one larger than all together", len(p.grounds)-1)
	}
}

// quarters is a picture of the body's own: red, green, blue and black.
func quarters(t *testing.T) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 40, 40))
	for y := range 40 {
		for x := range 40 {
			c := color.NRGBA{A: 0xff}
			switch {
			case x < 20 && y < 20:
				c.R = 0xff
			case y < 20:
				c.G = 0xff
			case x < 20:
				c.B = 0xff
			}
			img.SetNRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// one sets every paper on the same page.
type one struct{ page *certificate.Page }

func (o one) Lay(issuer.Paper) (*certificate.Page, [][]bool, [][]bool, error) {
	return o.page, [][]bool{{false, false, false}, {false, true, false}, {false, false, false}}, nil, nil
}

func TestPicturesOfTheBodyStandInTheirPlaces(t *testing.T) {
	page := &certificate.Page{
		Wide: 100, High: 50, Fixed: &certificate.Fixed{}, Code: certificate.Square{X: 70, Y: 10, Side: 20},
		Images: []certificate.Image{{Rect: certificate.Rect{X: 10.3, Y: 5.7, W: 30, H: 20}, File: "logo.png", Picture: quarters(t)}},
	}
	p := New(one{page})
	q := issuer.Paper{Token: "eyJ.eyJ.c2ln"}
	data, err := p.PNG(t.Context(), q, 254) // ten pixels to the millimetre
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []struct {
		x, y float64
		want color.RGBA
	}{
		{17, 10, color.RGBA{0xff, 0, 0, 0xff}}, {33, 10, color.RGBA{0, 0xff, 0, 0xff}}, {17, 21, color.RGBA{0, 0, 0xff, 0xff}}, {33, 21, color.RGBA{0, 0, 0, 0xff}},
		{10.6, 6, color.RGBA{0xff, 0, 0, 0xff}}, {39.9, 25.4, color.RGBA{0, 0, 0, 0xff}},
		{10, 10, color.RGBA{0xff, 0xff, 0xff, 0xff}}, {40.6, 10, color.RGBA{0xff, 0xff, 0xff, 0xff}}, {20, 26, color.RGBA{0xff, 0xff, 0xff, 0xff}},
		{80, 20, color.RGBA{0, 0, 0, 0xff}}, {72, 12, color.RGBA{0xff, 0xff, 0xff, 0xff}}, // the code
	} {
		if got := color.RGBAModel.Convert(img.At(int(at.x*10), int(at.y*10))); got != at.want {
			t.Errorf("at %g, %g mm it is %v, not %v", at.x, at.y, got, at.want)
		}
	}
	drawing, err := p.SVG(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if want := `<image x="10.3" y="5.7" width="30" height="20" preserveAspectRatio="none" xlink:href="data:image/png;base64,`; !strings.Contains(string(drawing), want) {
		t.Errorf("the drawing lacks the picture:\n%s", drawing)
	}
	page.Fixed, page.Images[0].Picture = &certificate.Fixed{}, []byte("none")
	if _, err := p.PNG(t.Context(), q, 254); err == nil || !strings.Contains(err.Error(), "logo.png") {
		t.Errorf("a picture that cannot be read: %v", err)
	}
}

// A fault of what sets or draws ends in an error, whatever it is.
func TestNoPanicEscapes(t *testing.T) {
	q := issuer.Paper{Token: "eyJ.eyJ.c2ln"}
	for name, page := range map[string]*certificate.Page{
		"no page":               nil,
		"a text without a line": {Wide: 10, High: 10, Texts: []certificate.Text{{Size: 3}}},
	} {
		p := New(one{page})
		if _, err := p.PNG(t.Context(), q, Usual); err == nil {
			t.Errorf("%s: drawn", name)
		}
		if _, err := p.SVG(t.Context(), q); err == nil {
			t.Errorf("%s: drawn as SVG", name)
		}
		if len(p.places) != 0 {
			t.Errorf("%s: its place is not given back", name)
		}
	}
}
