package discover

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Authority signs certificates for whoever is asked for, so that a program which trusts it goes on to say what it wants. Its
// key is made for one run, never leaves memory, and is worth nothing elsewhere: nobody else is told to trust it.
type Authority struct {
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate

	mu   sync.Mutex
	made map[string]*tls.Certificate
}

const (
	maxCertificates = 256
	backdated       = 24 * time.Hour // the program's clock may be off
	lifetime        = 30 * 24 * time.Hour
)

// NewAuthority makes one.
func NewAuthority() (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "pratique: made for one test run, trust it nowhere else"},
		NotBefore:             time.Now().Add(-backdated),
		NotAfter:              time.Now().Add(lifetime),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &Authority{key: key, certificate: certificate, made: map[string]*tls.Certificate{}}, nil
}

// For signs a certificate for a host name or an address.
func (a *Authority) For(host string) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if known := a.made[host]; known != nil {
		return known, nil
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		NotBefore:    time.Now().Add(-backdated),
		NotAfter:     time.Now().Add(lifetime),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if address := net.ParseIP(host); address != nil {
		template.IPAddresses = []net.IP{address}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, a.key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	certificate := &tls.Certificate{Certificate: [][]byte{der, a.certificate.Raw}, PrivateKey: a.key}
	if len(a.made) >= maxCertificates {
		a.made = map[string]*tls.Certificate{}
	}
	a.made[host] = certificate
	return certificate, nil
}

// FileName is the authority's certificate in the folder that the engine mounts.
const FileName = "authority.pem"

// trusting are the variables by which programs and libraries are told of other authorities than the system's. Java and GnuTLS
// have none.
var trusting = []string{
	"SSL_CERT_FILE",      // OpenSSL and with it Python, Ruby, PHP, Perl; Go; rustls; httpx
	"REQUESTS_CA_BUNDLE", // Python's requests
	"CURL_CA_BUNDLE",     // curl, R
	"NODE_EXTRA_CA_CERTS",
	"GIT_SSL_CAINFO",
	"PIP_CERT",
	"AWS_CA_BUNDLE",
	"CARGO_HTTP_CAINFO",
	"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
	"JULIA_SSL_CA_ROOTS_FILE",
	"NIX_SSL_CERT_FILE",
}

// Publish writes the certificate into a folder and returns an environment in which programs trust it.
func (a *Authority) Publish(folder string, environment []string) ([]string, error) {
	path := filepath.Join(folder, FileName)
	var out bytes.Buffer
	if err := pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw}); err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		return nil, err
	}
	replaced := map[string]bool{}
	for _, name := range trusting {
		replaced[name] = true
	}
	var changed []string
	for _, entry := range environment {
		name, _, _ := strings.Cut(entry, "=")
		if !replaced[name] {
			changed = append(changed, entry)
		}
	}
	for _, name := range trusting {
		changed = append(changed, name+"="+path)
	}
	return changed, nil
}
