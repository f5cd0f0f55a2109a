package certificate

// Specimen returns the facts of a specimen, for looking at designs.
func Specimen() Facts {
	return Facts{
		Holder:    "Ada Specimen",
		Title:     "Consultant/Manager Competence Certificate in ITSM according to ISO/IEC 20000",
		Code:      "CM-COMP",
		Number:    "SCB-0JV17-514Y9",
		Scope:     "Competence, proven in practice, to set up, run, judge and improve a management system for IT services as manager or consultant.",
		Scheme:    "Qualification and Certification Program in IT Service Management according to ISO/IEC 20000",
		Edition:   "3.3",
		Body:      "Specimen Certification Body",
		Decider:   "D. Decider (specimen)",
		Decided:   Day{2026, 11, 17},
		Effective: Day{2026, 11, 20},
		Expires:   &Day{2029, 11, 19},
		Specimen:  true,
		Link:      "https://certs.example.org/c/5YA89ZEJNCKRV6DED2CKXZQQ",
	}
}
