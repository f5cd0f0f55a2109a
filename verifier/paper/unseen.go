package paper

// A whisper is a character that is shown in no ink (text rendering modes 3 and 7).
// Nobody sees it; programs that copy, search or read aloud take it for the text of the
// page.
type whisper struct {
	text string
	at   point // where its baseline begins, on the page
	end  point
}

const maxWhispers = 5000 // of one page

// whisper writes down a character that is shown in no ink.
func (in *interpreter) whisper(l *letter) {
	s := &in.state
	m := matrix{s.size * s.stretch, 0, 0, s.size, 0, s.rise}.then(in.text.m).then(s.ctm)
	if !m.sane() || len(in.whispers) >= maxWhispers {
		in.broken = true
		return
	}
	in.whispers = append(in.whispers, whisper{text: l.text, at: m.apply(0, 0), end: m.apply(l.width, 0)})
}
