package names

import (
	"net/netip"
	"strings"

	"pratique/recorder/internal/decode"
)

// Answers makes something up for every name.
type Answers struct {
	Search       Search
	Placeholders *Placeholders
}

// To makes the response to a query. There are no such names as those that a resolver makes with its search domains, so that
// it goes on to the plain one; and whoever asks for something else than an address gets nothing.
func (a Answers) To(query []byte, q decode.Question) ([]byte, error) {
	isReverse := strings.HasSuffix(q.Name, ".arpa")
	if isReverse || !isHostName(q.Name) || a.Search.Plain(q.Name) != q.Name {
		return decode.Answer(query, decode.NoSuchName, netip.Addr{})
	}
	var address netip.Addr
	switch q.Type {
	case decode.TypeA:
		address, _ = a.Placeholders.For(q.Name)
	case decode.TypeAAAA:
		_, address = a.Placeholders.For(q.Name)
	}
	return decode.Answer(query, decode.NameExists, address)
}
