package names

import (
	"sort"
	"strings"
)

// Search strips what a resolver appends to a name: with "options ndots:5" the search domains come first, and as nobody
// answers, the plain name is never asked for.
type Search struct{ suffixes []string }

// NewSearch takes the search domains of resolv.conf.
func NewSearch(domains []string) Search {
	var s Search
	for _, domain := range domains {
		if domain = strings.ToLower(strings.Trim(domain, ".")); domain != "" {
			s.suffixes = append(s.suffixes, "."+domain)
		}
	}
	// "x.svc.cluster.local" must go before "svc.cluster.local".
	sort.SliceStable(s.suffixes, func(i, j int) bool { return len(s.suffixes[i]) > len(s.suffixes[j]) })
	return s
}

// Plain returns the name that the program probably asked for.
func (s Search) Plain(name string) string {
	for _, suffix := range s.suffixes {
		if plain := strings.TrimSuffix(name, suffix); plain != name && isHostName(plain) {
			return plain
		}
	}
	return name
}

// isHostName tells whether something could be a host name by itself.
func isHostName(name string) bool {
	for _, label := range strings.Split(name, ".") {
		if label == "" {
			return false
		}
		for _, c := range label {
			letter := 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
			if !letter && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}
