package web

// api is the table of the API for programs.
func (s *Service) api() []route { return nil }
