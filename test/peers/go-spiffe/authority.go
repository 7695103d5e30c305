package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net/url"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
)

// keys sign SVIDs.
type keys struct {
	root   *x509.Certificate
	key    *ecdsa.PrivateKey
	jwtKey *ecdsa.PrivateKey
	kid    string
}

// authority issues SVIDs for one trust domain.
type authority struct {
	domain spiffeid.TrustDomain

	mu     sync.Mutex
	bundle *spiffebundle.Bundle
	active keys
	next   keys
	serial int64
	// changed is closed, and made anew, when the bundle changes.
	changed chan struct{}
}

func newAuthority(domain spiffeid.TrustDomain) (*authority, error) {
	a := &authority{domain: domain, bundle: spiffebundle.New(domain), changed: make(chan struct{})}
	a.bundle.SetRefreshHint(time.Minute)
	return a, a.rotate()
}

// rotate takes new keys into use at once, and withdraws the old ones.
func (a *authority) rotate() error {
	if err := a.prepare(); err != nil {
		return err
	}
	a.activate()
	a.withdraw()
	return nil
}

// activate signs with the keys that were prepared.
func (a *authority) activate() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.active = a.next
}

// withdraw leaves the active keys alone in the bundle.
func (a *authority) withdraw() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bundle.SetX509Authorities([]*x509.Certificate{a.active.root})
	a.bundle.SetJWTAuthorities(map[string]crypto.PublicKey{a.active.kid: a.active.jwtKey.Public()})
	a.tell()
}

// tell says that the bundle changed; the caller holds the lock.
func (a *authority) tell() {
	a.serial++
	a.bundle.SetSequenceNumber(uint64(a.serial))
	close(a.changed)
	a.changed = make(chan struct{})
}

// prepare makes new keys and announces them beside the active ones.
func (a *authority) prepare() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	jwtKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.serial++
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(a.serial),
		Subject:               pkix.Name{CommonName: fmt.Sprintf("%s %d", a.domain, a.serial)},
		NotBefore:             time.Now().Add(-time.Minute),
		NotAfter:              time.Now().Add(time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		URIs:                  []*url.URL{a.domain.ID().URL()},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	kid := fmt.Sprintf("key-%d", a.serial)
	a.bundle.AddX509Authority(root)
	if err := a.bundle.AddJWTAuthority(kid, jwtKey.Public()); err != nil {
		return err
	}
	a.next = keys{root, key, jwtKey, kid}
	a.tell()
	return nil
}

func (a *authority) now() (*spiffebundle.Bundle, <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.bundle.Clone(), a.changed
}

// GetBundleForTrustDomain serves the handler of go-spiffe.
func (a *authority) GetBundleForTrustDomain(domain spiffeid.TrustDomain) (*spiffebundle.Bundle, error) {
	bundle, _ := a.now()
	return bundle.GetBundleForTrustDomain(domain)
}

func (a *authority) GetX509BundleForTrustDomain(domain spiffeid.TrustDomain) (*x509bundle.Bundle, error) {
	bundle, _ := a.now()
	return bundle.GetX509BundleForTrustDomain(domain)
}

func (a *authority) x509SVID(id spiffeid.ID) (*x509svid.SVID, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.serial++
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(a.serial),
		Subject:               pkix.Name{Organization: []string{"workload"}},
		NotBefore:             time.Now().Add(-time.Minute),
		NotAfter:              time.Now().Add(10 * time.Minute),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		URIs:                  []*url.URL{id.URL()},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.active.root, key.Public(), a.active.key)
	if err != nil {
		return nil, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(crypto.PrivateKey(key))
	if err != nil {
		return nil, err
	}
	return x509svid.ParseRaw(der, pkcs8)
}

func (a *authority) jwtSVID(id spiffeid.ID, audience []string) (string, error) {
	a.mu.Lock()
	key := jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: a.active.jwtKey, KeyID: a.active.kid}}
	a.mu.Unlock()
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", err
	}
	now := time.Now()
	return jwt.Signed(signer).Claims(jwt.Claims{
		Subject:  id.String(),
		Audience: audience,
		IssuedAt: jwt.NewNumericDate(now),
		Expiry:   jwt.NewNumericDate(now.Add(5 * time.Minute)),
	}).Serialize()
}
