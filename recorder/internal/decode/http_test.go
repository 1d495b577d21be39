package decode

import (
	"strings"
	"testing"
)

func TestParseRequest(t *testing.T) {
	for in, want := range map[string]Request{
		"GET /bert/resolve/main/config.json?token=S HTTP/1.1\r\nUser-Agent: x\r\nhost:  HuggingFace.co \r\n\r\n": {"GET", "huggingface.co", "/bert/resolve/main/config.json", true},
		"GET / HTTP/1.0\n\n":                                                {"GET", "", "/", false},
		"POST /v1/runs HTTP/1.1\r\nHost: mlflow:5000\r\n":                   {"POST", "mlflow", "/v1/runs", false},
		"PROPFIND /dav HTTP/1.1\r\nHost: [2001:DB8::1]:80\r\n":              {"PROPFIND", "2001:db8::1", "/dav", false},
		"VERSION-CONTROL /x HTTP/1.1\r\nHost: h\r\n":                        {"VERSION-CONTROL", "h", "/x", false},
		"GET http://u:secret@Example.ORG:81/a/b#c HTTP/1.1\r\n":             {"GET", "example.org", "/a/b", true},
		"GET http://example.org HTTP/1.1\r\n":                               {"GET", "example.org", "/", false},
		"CONNECT huggingface.co:443 HTTP/1.1\r\nHost: proxy\r\n":            {"CONNECT", "huggingface.co", "", false},
		"OPTIONS * HTTP/1.1\r\nHost: h\r\n":                                 {"OPTIONS", "h", "*", false},
		"GET /x HTTP/1.1\r\nHost: <script>\r\n\r\n":                         {"GET", "", "/x", false},
		"GET /services/T0A/B0B/AbCdEfGh12345678IjKl90 HTTP/1.1\nHost: h\n":  {"GET", "h", "/services/T0A/B0B/(hidden)", false},
		"GET /bot123:AAsecret/sendMessage HTTP/1.1\nHost: h\n":              {"GET", "h", "/(hidden)/sendMessage", false},
		"GET /Mixtral-8x7B-Instruct-v01-GGUF/model.bin HTTP/1.1\nHost: h\n": {"GET", "h", "/Mixtral-8x7B-Instruct-v01-GGUF/model.bin", false},
	} {
		if got, err := ParseRequest([]byte(in)); err != nil || got != want {
			t.Errorf("%q: %+v %v", in, got, err)
		}
	}
}

func TestParseRequestComesInPieces(t *testing.T) {
	whole := "GET /x HTTP/1.1\r\nAccept: */*\r\nHost: h\r\n"
	for n := 0; n < len(whole); n++ {
		if got, err := ParseRequest([]byte(whole[:n])); err != ErrMore {
			t.Fatalf("%q: %+v %v", whole[:n], got, err)
		}
	}
	// Whoever hangs up before the Host has said what it wanted all the same.
	if got, _ := ParseRequest([]byte("GET /x HTTP/1.1\r\n")); got.Path != "/x" {
		t.Error(got)
	}
}

func TestNoRequest(t *testing.T) {
	for _, in := range []string{
		"get / HTTP/1.1\r\n", "GET /\r\n", "GET / HTTP/2\r\n", "GET /a b HTTP/1.1\r\n", "AB /", " / HTTP/1.1\r\n",
		"SSH-2.0-OpenSSH\r\n", "\x16\x03\x01", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "GET " + strings.Repeat("x", MaxRequest),
	} {
		if got, err := ParseRequest([]byte(in)); err != ErrForeign {
			t.Errorf("%.40q: %+v %v", in, got, err)
		}
	}
}

func FuzzRequest(f *testing.F) {
	f.Add([]byte("GET http://u:p@h/a?b HTTP/1.1\r\nHost: h\r\n\r\n"))
	f.Add([]byte("CONNECT h:1 HTTP/1.1\r\n"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		got, err := ParseRequest(stream)
		if err != nil {
			return
		}
		if len(got.Path) > maxPath+len(Hidden) || strings.ContainsAny(got.Path, "?#\n") || got.Host != HostName(got.Host) || got.Method == "" {
			t.Errorf("%+v", got)
		}
	})
}
