package decode

import (
	"bytes"
	"strings"
)

// Request is the part of an HTTP request that says what was wanted, without what may hold secrets.
type Request struct {
	Method string
	Host   string // without a port; empty where the request names none
	Path   string // empty for CONNECT
	Query  bool   // there was one; it is not kept
}

// MaxRequest is how much of a request is looked at for its first line and its host.
const MaxRequest = 16 << 10

const (
	maxMethod = 16
	maxPath   = 1024
)

// ParseRequest decodes the head of a request of HTTP/1 (RFC 9112). It needs no more than the first line and the Host.
func ParseRequest(stream []byte) (Request, error) {
	method, err := method(stream)
	if err != nil {
		return Request{}, err
	}
	line, rest, whole := cutLine(stream)
	if !whole {
		return Request{}, tooShort(stream)
	}
	words := strings.Split(string(line), " ")
	if len(words) != 3 || !strings.HasPrefix(words[2], "HTTP/1.") {
		return Request{}, ErrForeign
	}
	request := Request{Method: method}
	if method == "CONNECT" {
		request.Host = hostOnly(words[1])
		return request, nil
	}
	request.Host, request.Path, request.Query = splitTarget(words[1])
	if request.Host != "" {
		return request, nil // in its absolute form the target counts
	}
	for {
		if line, rest, whole = cutLine(rest); !whole {
			return request, tooShort(stream)
		}
		if len(line) == 0 {
			return request, nil
		}
		name, value, _ := strings.Cut(string(line), ":")
		if strings.EqualFold(strings.TrimSpace(name), "host") {
			request.Host = hostOnly(strings.TrimSpace(value))
			return request, nil
		}
	}
}

func tooShort(stream []byte) error {
	if len(stream) >= MaxRequest {
		return ErrForeign
	}
	return ErrMore
}

// method reads the first word. The registered ones are all upper case, WebDAV's with a dash among them.
func method(stream []byte) (string, error) {
	for i, c := range stream {
		switch {
		case c == ' ' && i >= 3:
			return string(stream[:i]), nil
		case i >= maxMethod, (c < 'A' || c > 'Z') && c != '-':
			return "", ErrForeign
		}
	}
	return "", ErrMore
}

func cutLine(stream []byte) (line, rest []byte, whole bool) {
	end := bytes.IndexByte(stream, '\n')
	if end < 0 {
		return nil, nil, false
	}
	return bytes.TrimSuffix(stream[:end], []byte{'\r'}), stream[end+1:], true
}

// splitTarget takes the host, if any, and the path of a request target, and drops what may be secret: name and password,
// query and fragment.
func splitTarget(target string) (host, path string, query bool) {
	if i := strings.IndexAny(target, "?#"); i >= 0 {
		target, query = target[:i], true
	}
	if _, rest, absolute := strings.Cut(target, "://"); absolute {
		authority, after, _ := strings.Cut(rest, "/")
		host, target = hostOnly(authority), "/"+after
	}
	if len(target) > maxPath {
		target = target[:maxPath]
	}
	return host, withoutTokens(target), query
}

// Hidden stands for a part of a path that may be a secret.
const Hidden = "(hidden)"

// withoutTokens hides what some services take in the path in place of a password: long words of small letters, capitals and
// digits, and whatever follows "bot".
func withoutTokens(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if isToken(part) {
			parts[i] = Hidden
		}
	}
	return strings.Join(parts, "/")
}

const minToken = 20

func isToken(part string) bool {
	number, rest, bot := strings.Cut(strings.TrimPrefix(part, "bot"), ":")
	if bot && strings.HasPrefix(part, "bot") && number != "" && rest != "" {
		return true
	}
	if len(part) < minToken {
		return false
	}
	var small, capital, digit bool
	for _, c := range part {
		switch {
		case 'a' <= c && c <= 'z':
			small = true
		case 'A' <= c && c <= 'Z':
			capital = true
		case '0' <= c && c <= '9':
			digit = true
		default:
			return false
		}
	}
	return small && capital && digit
}

// hostOnly takes the host out of "user:password@host:port".
func hostOnly(authority string) string {
	authority = authority[strings.LastIndexByte(authority, '@')+1:]
	if strings.HasPrefix(authority, "[") {
		address, _, _ := strings.Cut(authority[1:], "]")
		return HostName(address)
	}
	host, _, _ := strings.Cut(authority, ":")
	return HostName(host)
}

const maxHostName = 255

// HostName is a name, or an address, as a program wrote it: in lower case, and empty where it could be neither.
func HostName(name string) string {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if len(name) > maxHostName {
		return ""
	}
	for _, c := range name {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', strings.ContainsRune("-._:", c):
		default:
			return ""
		}
	}
	return name
}
