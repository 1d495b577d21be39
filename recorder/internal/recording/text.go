package recording

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// clean makes a string of a hostile program fit for a document: bounded, valid UTF-8, and without control characters
// other than line breaks and tabs, which a "-c" program is full of.
func clean(s string) string {
	plain := len(s) <= maxString
	for i := 0; plain && i < len(s); i++ {
		plain = s[i] >= ' ' && s[i] < 0x7f
	}
	if plain {
		return s
	}
	var out strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		piece := s[:size]
		if r == utf8.RuneError && size == 1 || r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 {
			piece = fmt.Sprintf(`\x%02x`, r)
			if r == utf8.RuneError {
				piece = fmt.Sprintf(`\x%02x`, s[0])
			}
		}
		if out.Len()+len(piece) > maxString {
			break
		}
		out.WriteString(piece)
		s = s[size:]
	}
	return out.String()
}

// CleanAll does so for an argument list, and cuts that too.
func CleanAll(words []string) []string {
	const maxWords = 1024
	if len(words) > maxWords {
		words = words[:maxWords]
	}
	cleaned := make([]string, len(words))
	for i, word := range words {
		cleaned[i] = clean(word)
	}
	return cleaned
}
