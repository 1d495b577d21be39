package names

import (
	"fmt"
	"net/netip"
	"testing"

	"pratique/recorder/internal/decode"
)

func TestPlaceholders(t *testing.T) {
	p := NewPlaceholders(true)
	seen := map[netip.Addr]string{}
	for i := 0; i < maxPlaceholders; i++ {
		name := fmt.Sprintf("host%d.example.org", i)
		ipv4, ipv6 := p.For(name)
		for _, address := range []netip.Addr{ipv4, ipv6} {
			if other, taken := seen[address]; taken || !address.IsValid() {
				t.Fatalf("%s got %s, as did %q", name, address, other)
			}
			seen[address] = name
			if back, made := p.Name(address); !made || back != name {
				t.Fatalf("%s is %q, not %s", address, back, name)
			}
		}
		if again, _ := p.For(name); again != ipv4 {
			t.Fatalf("%s moved", name)
		}
	}
	for address := range seen {
		if address.Is4() && !netip.MustParsePrefix("198.18.0.0/15").Contains(address) ||
			address.Is6() && !netip.MustParsePrefix("2001:2::/48").Contains(address) {
			t.Fatal(address, "may be somebody's")
		}
	}
	if ipv4, ipv6 := p.For("one.too.many"); ipv4.IsValid() || ipv6.IsValid() {
		t.Error("there is no end to them")
	}
}

func TestNoPlaceholder(t *testing.T) {
	p := NewPlaceholders(false)
	first, none := p.For("a.example.org")
	if !first.Is4() || none.IsValid() {
		t.Error(first, none)
	}
	if name, made := p.Name(netip.AddrFrom16(first.As16())); !made || name != "a.example.org" {
		t.Error("mapped into IPv6:", name, made)
	}
	for _, address := range []string{"198.18.0.0", "198.18.0.2", "198.19.0.1", "192.0.2.1", "2001:2::2", "2001:db8::1"} {
		if name, made := p.Name(netip.MustParseAddr(address)); made {
			t.Errorf("%s is %s", address, name)
		}
	}
	if name, made := p.Name(netip.Addr{}); made {
		t.Error(name)
	}
}

func TestAnswers(t *testing.T) {
	a := Answers{Search: kubernetes, Placeholders: NewPlaceholders(true)}
	for _, c := range []struct {
		name    string
		kind    uint16
		outcome byte
		answers byte
	}{
		{"huggingface.co", decode.TypeA, 0, 1},
		{"huggingface.co", decode.TypeAAAA, 0, 1},
		{"huggingface.co", 65, 0, 0},
		{"mlflow", decode.TypeA, 0, 1},
		{"huggingface.co.x-ns.svc.cluster.local", decode.TypeA, 3, 0},
		{"mlflow.svc.cluster.local", decode.TypeAAAA, 3, 0},
		{"7.2.0.192.in-addr.arpa", 12, 3, 0},
		{"a b.example.org", decode.TypeA, 3, 0},
	} {
		packet := []byte{1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
		for _, label := range splitLabels(c.name) {
			packet = append(append(packet, byte(len(label))), label...)
		}
		packet = append(packet, 0, byte(c.kind>>8), byte(c.kind), 0, 1)
		question, err := decode.ParseQuestion(packet)
		if err != nil {
			t.Fatal(c.name, err)
		}
		answer, err := a.To(packet, question)
		if err != nil || answer[3]&15 != c.outcome || answer[7] != c.answers {
			t.Errorf("%s, type %d: % x %v", c.name, c.kind, answer, err)
		}
	}
}

func splitLabels(name string) (labels []string) {
	label := ""
	for _, c := range name + "." {
		if c != '.' {
			label += string(c)
			continue
		}
		labels, label = append(labels, label), ""
	}
	return labels
}
