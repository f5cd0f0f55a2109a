package render

import "time"

// producer is who wrote the document.
const producer = "Testamur"

// xmp is the metadata of the document (ISO 16684-1), saying the same as the
// information dictionary.
func (j *job) xmp() []byte {
	s := make(stream, 0, 2<<10)
	s.str("<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""` +
		` xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:xmp="http://ns.adobe.com/xap/1.0/">` + "\n" +
		"<dc:format>application/pdf</dc:format>\n<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">")
	s.xml(j.title())
	s.str("</rdf:li></rdf:Alt></dc:title>\n<dc:creator><rdf:Seq><rdf:li>")
	s.xml(j.paper.Body)
	s.str("</rdf:li></rdf:Seq></dc:creator>\n<dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">")
	s.xml(j.subject())
	s.str("</rdf:li></rdf:Alt></dc:description>\n<dc:identifier>")
	s.xml(j.paper.Link)
	s.str("</dc:identifier>\n<dc:language><rdf:Bag>")
	for _, tag := range j.page.Languages {
		s.str("<rdf:li>")
		s.xml(tag)
		s.str("</rdf:li>")
	}
	s.str("</rdf:Bag></dc:language>\n<pdf:Producer>" + producer + "</pdf:Producer>\n")
	for _, name := range []string{"CreateDate", "ModifyDate", "MetadataDate"} {
		s.str("<xmp:" + name + ">")
		s = j.paper.Created.UTC().AppendFormat(s, time.RFC3339)
		s.str("</xmp:" + name + ">\n")
	}
	s.str("</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>")
	return s
}

// xml writes text as XML has it.
func (s *stream) xml(text string) {
	for i := range len(text) {
		switch text[i] {
		case '&':
			s.str("&amp;")
		case '<':
			s.str("&lt;")
		case '>':
			s.str("&gt;")
		default:
			*s = append(*s, text[i])
		}
	}
}
