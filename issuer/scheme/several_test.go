package scheme

import (
	"slices"
	"strings"
	"testing"
)

func TestOnePersonToAnEntry(t *testing.T) {
	for text, want := range map[string]bool{
		"Eva Examiner":                       false,
		"Muster, Eva":                        false,
		"Muster, Eva Maria":                  false,
		"Muster, Eva, MBA":                   false,
		"Eva Examiner, CISA":                 false,
		"Eva Examiner, PhD":                  false,
		"Eva Examiner, Ph. D.":               false,
		"Eva Examiner, CISA, M.Sc.":          false,
		"Eva Examiner, MBA CISA":             false,
		"Prof. Dr.-Ing. Eva Examiner, MBA":   false,
		"Anderson Undset":                    false,
		"E. Examiner (specimen)":             false,
		"Eva Examiner; Theo Trainer":         true,
		"Eva Examiner/Theo Trainer":          true,
		"Examiner & Trainer":                 true,
		"Examiner ＆ Trainer":                 true,
		"Eva + Theo":                         true,
		"Eva and Theo Trainer":               true,
		"Eva Examiner und Theo Trainer":      true,
		"Eva Examiner ET Theo Trainer":       true,
		"Eva Examiner, Theo Trainer":         true,
		"Eva Examiner, PhD, Theo Trainer":    true,
		"Examiner, Eva, Trainer, Theo":       true,
		"Eva Examiner, Theo Trainer, Max Ma": true,
	} {
		if several(text) != want {
			t.Errorf("%q: %q", text, people(text))
		}
		err := Evidence{Trainings: []Training{{For: "FND", Trainer: text, Completed: day("2026-01-01")}}}.Check(iso20000(t), day("2026-11-20"))
		if (err != nil) != want || want && err.Error() != "trainings[0].trainer: one person per entry: write a second training/exam entry, or name the responsible one" {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestEachOfSeveralPeopleIsFound(t *testing.T) {
	for _, text := range []string{
		"Max Ma; Theo Trainer; Eva Examiner", "Max Ma, Theo Trainer, Eva Examiner", "Ma, Max, Trainer, Theo, Examiner, Eva",
		"Trainer, Theo & Ma, Max; Examiner, Eva", "Theo Trainer and Max Ma und Eva Examiner, PhD",
	} {
		for _, one := range []string{"Max Ma", "T. Trainer", "Examiner, Dr. Eva"} {
			if !samePerson(text, one) || !samePerson(one, text) {
				t.Errorf("%q is not in %q", one, text)
			}
		}
		if samePerson(text, "Ada Specimen") {
			t.Errorf("Ada Specimen is in %q", text)
		}
	}
	if slices.Contains(people(strings.Repeat(";", 10)), "") {
		t.Error("nobody is somebody")
	}
}

func TestNamesHaveALimit(t *testing.T) {
	s := iso20000(t)
	e := Evidence{Exams: []Exam{{For: "FND", Date: Date{2026, 1, 1}, Examiner: "E" + strings.Repeat("e", MaxName), Score: new(Percent)}}}
	if err := e.Check(s, Date{2026, 2, 1}); err == nil || !strings.Contains(err.Error(), "exams[0].examiner: is longer than 300 bytes") {
		t.Errorf("a name of %d bytes: %v", MaxName+1, err)
	}
}
