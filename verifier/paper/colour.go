package paper

// An ink is a colour as far as it matters here: how dark it is.
type ink struct {
	shade float64
	known bool
	parts int // components of its colour space; 0: unknown
}

var black = ink{0, true, 1}

// doColour carries out the operators of colour (ISO 32000-1 §8.6.8).
func (in *interpreter) doColour(op operator, a operands) bool {
	to := &in.state.fill
	switch op {
	case "G", "RG", "K", "CS", "SC", "SCN":
		to = &in.state.line
	}
	switch op {
	case "g", "G", "rg", "RG", "k", "K":
		*to = mixed(a)
	case "cs", "CS":
		n := a.name(0)
		parts := 0
		switch n {
		case "DeviceGray", "DeviceRGB", "DeviceCMYK":
			parts = map[string]int{"DeviceGray": 1, "DeviceRGB": 3, "DeviceCMYK": 4}[n]
		default:
			// What its colours look like is not known here.
			parts = in.doc.components(in.resource("ColorSpace", n))
			in.doubt(doubtPainting)
		}
		*to = ink{shade: 0, known: parts > 0, parts: parts}
	case "sc", "SC", "scn", "SCN":
		parts := to.parts
		for i := range a {
			if _, ok := a[i].(float64); !ok {
				in.doubt(doubtPainting)
			}
		}
		if parts == 0 || len(a) != parts {
			in.doubt(doubtPainting)
		}
		if parts == 0 || len(a) != parts || a.name(len(a)-1) != "" {
			*to = ink{shade: 0.5, parts: parts}
			return true
		}
		*to = mixed(a)
	default:
		return false
	}
	return true
}

// mixed is the ink of one, three or four components.
func mixed(a operands) ink {
	v := make([]float64, len(a))
	for i := range a {
		v[i] = min(max(a.num(i), 0), 1)
	}
	switch len(v) {
	case 1:
		return ink{v[0], true, 1}
	case 3:
		return ink{0.299*v[0] + 0.587*v[1] + 0.114*v[2], true, 3}
	case 4:
		return ink{max(0, 1-0.299*v[0]-0.587*v[1]-0.114*v[2]-v[3]), true, 4}
	}
	return ink{shade: 0.5}
}
