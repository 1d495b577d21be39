package recording

import "strconv"

// Contact is what a program began to say to somebody.
type Contact struct {
	Host       *string  `json:"host"`    // the name that was looked up for it; null if there was none
	Address    *string  `json:"address"` // null if we made it up for the name
	Port       int      `json:"port"`
	Protocol   string   `json:"protocol"`   // tcp, udp
	Kind       string   `json:"kind"`       // tls, http, ssh, ...
	ServerName *string  `json:"serverName"` // of TLS
	Request    *Request `json:"request"`    // of HTTP, if it could be read
	Process    Process  `json:"process"`
	Count      int      `json:"count"`
	FirstAt    float64  `json:"firstAt"`
}

type Request struct {
	Method string `json:"method"`
	Host   string `json:"host"`
	Path   string `json:"path"`
	Query  bool   `json:"query"` // there was one; it is not kept
}

const maxContacts = 1000

// Said is what a contact was, without who and when.
type Said struct {
	Host, Address    string // one of them
	Port             int
	Protocol, Kind   string
	ServerName       string
	Method, At, Path string // of a request
	Query            bool
}

// Contact counts one.
func (b *Book) Contact(said Said, by Process) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dirty = true
	by = cleanProcess(by)
	for _, text := range []*string{&said.Host, &said.Address, &said.ServerName, &said.Method, &said.At, &said.Path} {
		*text = clean(*text)
	}
	key := by.Command
	for _, part := range []string{said.Host, said.Address, strconv.Itoa(said.Port), said.Protocol, said.Kind, said.ServerName, said.Method, said.At, said.Path, strconv.FormatBool(said.Query)} {
		key += "\x00" + part
	}
	entry := Contact{
		Host: given(said.Host), Address: given(said.Address), Port: said.Port, Protocol: said.Protocol, Kind: said.Kind,
		ServerName: given(said.ServerName), Process: by, FirstAt: seconds(b.clock().Sub(b.started)),
	}
	if said.Method != "" {
		entry.Request = &Request{said.Method, said.At, said.Path, said.Query}
	}
	if index := enter(b, b.contacts, &b.document.Contacts, key, by, entry); index >= 0 {
		b.document.Contacts[index].Count++
	}
}

// Unheard counts contacts that there was no room to listen to.
func (b *Book) Unheard() {
	b.Edit(func(d *Document) { d.Dropped.Contacts++ })
}

func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
