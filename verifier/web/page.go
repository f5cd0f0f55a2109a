package web

// pages is the table of the pages for people.
func (s *Service) pages() []route { return nil }
