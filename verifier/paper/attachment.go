package paper

import (
	"errors"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// attachedTokens looks into the attached files. A name proves nothing, and mail programs change it, so all attachments are
// looked at and their content decides.
func (d *document) attachedTokens(found *Found) {
	names := d.dict(d.catalog["Names"])
	d.attachmentsBelow(names["EmbeddedFiles"], found, visits{}, 0)
}

// attachmentsBelow walks the name tree of the attached files (ISO 32000-1 §7.9.6). It does not rely on the order of the
// names, which some writers get wrong from the tenth file on.
func (d *document) attachmentsBelow(o types.Object, found *Found, seen visits, depth int) {
	if d.ctx.Err() != nil || !seen.enter(o, depth) {
		return
	}
	node := d.dict(o)
	entries := d.array(node["Names"]) // name, file, name, file, …
	for i := 1; i < len(entries); i += 2 {
		if found.Attachments == MaxAttachments {
			found.note("The PDF has more than 32 attachments; the others were not looked at.")
			return
		}
		found.Attachments++

		content, err := d.attachment(entries[i])
		switch tokens := tokensIn(string(content)); {
		case errors.Is(err, ErrTooLarge):
			found.note("An attachment is larger than 64 KB and was not looked at.")
		case err != nil:
			found.note("An attachment is damaged.")
		case len(tokens) == 0 && tooLongToken(string(content)):
			found.note("The credential in an attachment is longer than 16 KB and was not looked at.")
		default:
			found.addTokens(tokens...)
		}
	}
	for _, kid := range d.array(node["Kids"]) {
		d.attachmentsBelow(kid, found, seen, depth+1)
	}
}

// attachment gives the content of one attached file (ISO 32000-1 §7.11.4).
func (d *document) attachment(fileSpec types.Object) ([]byte, error) {
	files := d.dict(d.dict(fileSpec)["EF"])
	for _, key := range []string{"F", "UF"} {
		if stream := d.stream(files[key]); stream != nil {
			return decoded(stream, MaxAttachment)
		}
	}
	return nil, errors.New("the file is missing")
}
