package certificate

import "testing"

// BenchmarkSet sets certificates of ever new holders, as a batch does.
func BenchmarkSet(b *testing.B) {
	for _, name := range []string{"classic", "portrait"} {
		for _, languages := range [][]string{{"en"}, {"de", "en"}} {
			b.Run(name+"/"+joined(languages), func(b *testing.B) {
				d, err := Builtin().Design(name)
				if err != nil {
					b.Fatal(err)
				}
				f, s := Specimen(), Style{Size: A4, Languages: languages}
				holder, number := []byte("Ada Specimen 000000"), []byte("SCB-0JV17-000000")
				b.ReportAllocs()
				for n := 0; b.Loop(); n++ {
					for k, v := 0, n; k < 6; k, v = k+1, v/10 {
						holder[len(holder)-1-k] = byte('0' + v%10)
						number[len(number)-1-k] = byte('0' + v%10)
					}
					f.Holder, f.Number, f.Link = string(holder), string(number), "https://certs.example.org/c/"+string(number)
					if _, err := d.Set(f, s); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
