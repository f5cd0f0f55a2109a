package certificate

// Words returns the fixed wording in a language, in no order, as it stands on
// pages that have no words of their own: by it one tells which language a page is
// in. It is empty for a language without wording.
func Words(language string) []string {
	all, err := wordings()
	if err != nil || all[language] == nil {
		return nil
	}
	var list []string
	for _, key := range wordKeys {
		list = append(list, all[language].Words[key])
	}
	return list
}
