package scheme

import (
	"math"
	"strings"
	"testing"
)

func TestCheckNamesEveryFaultWithItsPath(t *testing.T) {
	for name, test := range map[string]struct {
		file  string
		spoil func(*Evidence)
		want  string // the whole error; "" for none
	}{
		"sound":                {"10-XCM.json", func(e *Evidence) {}, ""},
		"training of tomorrow": {"02-PRO-MGT.json", func(e *Evidence) { e.Trainings[0].Completed = day("2026-03-03") }, `trainings[0].completed: 2026-03-03 lies in the future`},
		"training of no day":   {"02-PRO-MGT.json", func(e *Evidence) { e.Trainings[0].Completed = Date{} }, `trainings[0].completed: is missing`},
		"training of nobody":   {"02-PRO-MGT.json", func(e *Evidence) { e.Trainings[0].Trainer = " " }, `trainings[0].trainer: is missing`},
		"training for what":    {"02-PRO-MGT.json", func(e *Evidence) { e.Trainings[0].For = "PRO-MGTT" }, `trainings[0].for: unknown certificate "PRO-MGTT"; did you mean "PRO-MGT"?`},
		"training for nothing": {"02-PRO-MGT.json", func(e *Evidence) { e.Trainings[0].For = "" }, `trainings[0].for: is missing`},
		"assignment misspelled": {"02-PRO-MGT.json", func(e *Evidence) { e.Trainings[0].Assignments[1].Subject = "Service improvment" },
			`trainings[0].assignments[1].subject: unknown assignment of the training for PRO-MGT "Service improvment"; did you mean "Service Improvement"?`},
		"assignment of the foundation": {"01-FND.json", func(e *Evidence) { e.Trainings[0].Assignments = []Assignment{{"Project", true}} },
			`trainings[0].assignments[0].subject: unknown assignment of the training for FND "Project"; there is none`},
		"exam of tomorrow":        {"01-FND.json", func(e *Evidence) { e.Exams[0].Date = day("2026-02-03") }, `exams[0].date: 2026-02-03 lies in the future`},
		"exam of nobody":          {"01-FND.json", func(e *Evidence) { e.Exams[0].Examiner = "" }, `exams[0].examiner: is missing`},
		"exam for what":           {"01-FND.json", func(e *Evidence) { e.Exams[0].For = "FDN" }, `exams[0].for: unknown certificate "FDN"; did you mean "FND"?`},
		"exam of what form":       {"20-FND-by-bridge.json", func(e *Evidence) { e.Exams[0].Form = "brigde" }, `exams[0].form: unknown form "brigde" of the exam for FND; did you mean "bridge"?`},
		"exam where there is one": {"01-FND.json", func(e *Evidence) { e.Exams[0].For = "PRO-COMP" }, `exams[0].form: unknown form "" of the exam for PRO-COMP; there is none`},
		"score too high":          {"01-FND.json", func(e *Evidence) { *e.Exams[0].Score = 100.1 }, `exams[0].score: must lie between 0 and 100`},
		"score below nothing":     {"01-FND.json", func(e *Evidence) { *e.Exams[0].Score = -0.1 }, `exams[0].score: must lie between 0 and 100`},
		"score no number":         {"04-PRO-CTL.json", func(e *Evidence) { *e.Exams[1].Score = Percent(math.NaN()) }, `exams[1].score: must lie between 0 and 100`},
		"score missing":           {"01-FND.json", func(e *Evidence) { e.Exams[0].Score = nil }, `exams[0].score: is missing; this exam has a pass mark of 65 %`},
		"verdict beside a score":  {"01-FND.json", func(e *Evidence) { e.Exams[0].Passed = new(bool) }, `exams[0].passed: is not for this exam, which is judged by its score; leave it out`},
		"verdict missing":         {"18-CITSOP.json", func(e *Evidence) { e.Exams[0].Passed = nil }, `exams[0].passed: is missing; the scheme states no pass mark for this exam`},
		"score beside parts":      {"10-XCM.json", func(e *Evidence) { e.Exams[0].Score = new(Percent) }, `exams[0].score: is not for this exam, which is judged by its parts; leave it out`},
		"score beside a verdict":  {"18-CITSOP.json", func(e *Evidence) { e.Exams[0].Score = new(Percent) }, `exams[0].score: is not for this exam, which is judged by the examiner's verdict; leave it out`},
		"score, and no verdict": {"18-CITSOP.json", func(e *Evidence) { e.Exams[0].Score, e.Exams[0].Passed = new(Percent), nil },
			"exams[0].score: is not for this exam, which is judged by the examiner's verdict; leave it out\nexams[0].passed: is missing; the scheme states no pass mark for this exam"},
		"score too fine":       {"01-FND.json", func(e *Evidence) { *e.Exams[0].Score = 64.999 }, `exams[0].score: must have two decimals at most`},
		"score of two faults":  {"10-XCM.json", func(e *Evidence) { e.Exams[0].Score = new(Percent); *e.Exams[0].Score = 101 }, `exams[0].score: must lie between 0 and 100`},
		"verdict beside parts": {"10-XCM.json", func(e *Evidence) { e.Exams[0].Passed = new(bool) }, `exams[0].passed: is not for this exam, which is judged by its parts; leave it out`},
		"part misspelled": {"10-XCM.json", func(e *Evidence) { e.Exams[0].Parts["class-contribution"] = true },
			`exams[0].parts["class-contribution"]: unknown part of this exam "class-contribution"; did you mean "class contribution"?`},
		"part of an exam without": {"01-FND.json", func(e *Evidence) { e.Exams[0].Parts = map[string]bool{"project": true} },
			`exams[0].parts["project"]: unknown part of this exam "project"; there is none`},
		"field misspelled":   {"09-CM-COMP.json", func(e *Evidence) { e.Experience[0].Field = "ITSM" }, `experience[0].field: unknown field "ITSM"; did you mean "itsm"?`},
		"role misspelled":    {"09-CM-COMP.json", func(e *Evidence) { e.Experience[1].Roles[1] = "process owner" }, `experience[1].roles[1]: unknown kind of role "process owner"; did you mean "process-owner"?`},
		"work without start": {"09-CM-COMP.json", func(e *Evidence) { e.Experience[0].From = Date{} }, `experience[0].from: is missing`},
		"work of tomorrow":   {"09-CM-COMP.json", func(e *Evidence) { e.Experience[1].From = day("2026-08-11") }, `experience[1].from: 2026-08-11 lies in the future`},
		"work backwards":     {"09-CM-COMP.json", func(e *Evidence) { *e.Experience[0].To = day("2018-02-28") }, `experience[0].to: 2018-02-28 lies before 2018-03-01, when the work began`},
		"audit of no length": {"16-XA.json", func(e *Evidence) { e.Audits[2].Days = 0 }, `audits[2].days: must be more than 0`},
		"audit without end":  {"16-XA.json", func(e *Evidence) { e.Audits[2].Days = math.Inf(1) }, `audits[2].days: must be more than 0`},
		"audit of tomorrow":  {"16-XA.json", func(e *Evidence) { e.Audits[0].Date = day("2026-10-06") }, `audits[0].date: 2026-10-06 lies in the future`},
		"degree misspelled":  {"18-CITSOP.json", func(e *Evidence) { e.Degrees[0].Level = "bachelors" }, `degrees[0].level: unknown level of degree "bachelors"; did you mean "bachelor"?`},
		"degree of nobody":   {"18-CITSOP.json", func(e *Evidence) { e.Degrees[0].Institution = "" }, `degrees[0].institution: is missing`},
		"degree of tomorrow": {"18-CITSOP.json", func(e *Evidence) { e.Degrees[0].Awarded = day("2026-05-12") }, `degrees[0].awarded: 2026-05-12 lies in the future`},
		"unknown route":      {"28-IA-by-auditor.json", func(e *Evidence) { e.Exemptions[0].Route = "audit" }, `exemptions[0].route: unknown route "audit"; did you mean "auditor"?`},
		"no route":           {"28-IA-by-auditor.json", func(e *Evidence) { e.Exemptions[0].Route = "" }, `exemptions[0].route: is missing`},
		"exemption of nobody, on nothing, for nothing": {"28-IA-by-auditor.json", func(e *Evidence) { e.Exemptions[0] = Exemption{Route: "auditor"} },
			"exemptions[0].evidence: is missing\nexemptions[0].assessor: is missing\nexemptions[0].reason: is missing\nexemptions[0].date: is missing"},
		"exemption of tomorrow":   {"28-IA-by-auditor.json", func(e *Evidence) { e.Exemptions[0].Date = day("2026-11-03") }, `exemptions[0].date: 2026-11-03 lies in the future`},
		"exemption for another":   {"28-IA-by-auditor.json", func(e *Evidence) { e.Exemptions[0].For = "CM" }, `exemptions[0].for: unknown certificate of route auditor "CM"; known are: IA`},
		"training of another age": {"02-PRO-MGT.json", func(e *Evidence) { e.Trainings[0].Completed = day("1949-12-31") }, `trainings[0].completed: 1949-12-31 is before 1950; is the year a slip?`},
		"exam of another age":     {"01-FND.json", func(e *Evidence) { e.Exams[0].Date = day("0026-01-23") }, `exams[0].date: 0026-01-23 is before 1950; is the year a slip?`},
		"work from 1950 on":       {"09-CM-COMP.json", func(e *Evidence) { e.Experience[0].From = day("1950-01-01") }, ``},
		"work of another age": {"09-CM-COMP.json", func(e *Evidence) { e.Experience[0].From, *e.Experience[0].To = day("1016-01-01"), day("1019-01-01") },
			"experience[0].from: 1016-01-01 is before 1950; is the year a slip?\nexperience[0].to: 1019-01-01 is before 1950; is the year a slip?"},
		"audit of another age":     {"16-XA.json", func(e *Evidence) { e.Audits[0].Date = day("1026-01-01") }, `audits[0].date: 1026-01-01 is before 1950; is the year a slip?`},
		"degree of another age":    {"18-CITSOP.json", func(e *Evidence) { e.Degrees[0].Awarded = day("1926-01-01") }, `degrees[0].awarded: 1926-01-01 is before 1950; is the year a slip?`},
		"exemption of another age": {"28-IA-by-auditor.json", func(e *Evidence) { e.Exemptions[0].Date = day("1926-01-01") }, `exemptions[0].date: 1926-01-01 is before 1950; is the year a slip?`},
		"choice not made": {"22-CM-by-itil-capability.json", func(e *Evidence) { e.Exemptions[0].For = "" },
			`exemptions[0].for: is missing; route itil-capability stands for one of PRO-SUP, PRO-CTL, PRO-DEL, PRO-ALN or PRO-MGT`},
	} {
		t.Run(name, func(t *testing.T) {
			w := example(t, test.file)
			test.spoil(&w.Evidence)
			got := ""
			if err := w.Evidence.Check(w.scheme, DateOf(w.at)); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestCheckJoinsAllFaults(t *testing.T) {
	bad := Evidence{
		Trainings: []Training{{}}, Exams: []Exam{{}}, Experience: []Experience{{}},
		Audits: []Audit{{}}, Degrees: []Degree{{}}, Exemptions: []Exemption{{}},
	}
	err := bad.Check(iso20000(t), day("2026-11-20"))
	if err == nil || len(strings.Split(err.Error(), "\n")) != 18 {
		t.Errorf("%v", err)
	}
	if err := (Evidence{}).Check(iso20000(t), day("2026-11-20")); err != nil {
		t.Errorf("nothing at all: %v", err)
	}
}

func TestDecideIsTotal(t *testing.T) {
	// What Check would refuse must not make Decide panic.
	s := iso20000(t)
	nan, no := math.NaN(), Percent(math.NaN())
	for _, c := range s.Certificates {
		s.Decide(Record{Certificate: c.Code, Evidence: Evidence{
			Trainings: []Training{{For: c.Code, Certified: true}}, Exams: []Exam{{For: c.Code, Score: &no}, {For: c.Code}},
			Experience: []Experience{{Field: "itsm", From: Date{-5, 99, 99}}}, Audits: []Audit{{Days: nan}, {Days: math.Inf(1), Date: day("2020-01-01")}},
			Degrees: []Degree{{}}, Exemptions: []Exemption{{Route: "itil-capability"}, {}},
		}, Held: []Held{{}}}, day("2026-11-20").utc())
	}
}
