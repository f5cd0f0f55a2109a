package web

import "net/url"

// base is the path of a URL, "" or as "/certs".
func base(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Path == "/" {
		return ""
	}
	return u.Path
}
