// Command go-spiffe is the other side of SPIFFE, for tests: SPIFFE's own Go
// library issues SVIDs, serves the Workload API and a bundle endpoint, and uses
// those of others. One JSON request a line, one JSON answer a line.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/federation"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"github.com/spiffe/go-spiffe/v2/svid/jwtsvid"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
)

type request struct {
	Act      string   `json:"act"`
	Domain   string   `json:"domain"`
	ID       string   `json:"id"`
	Audience []string `json:"audience"`
	Socket   string   `json:"socket"`
	URL      string   `json:"url"`
	// Bundle: authorities in PEM of the trust domain of an endpoint.
	Bundle string `json:"bundle"`
}

type answer map[string]any

type peer struct {
	authority *authority
}

func main() {
	var p peer
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var r request
		done, err := answer{}, json.Unmarshal(lines.Bytes(), &r)
		if err == nil {
			done, err = p.do(r)
		}
		if err != nil {
			done = answer{"error": err.Error()}
		}
		if err := out.Encode(done); err != nil {
			return
		}
	}
}

func (p *peer) do(r request) (answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	switch r.Act {
	case "begin":
		domain, err := spiffeid.TrustDomainFromString(r.Domain)
		if err != nil {
			return nil, err
		}
		p.authority, err = newAuthority(domain)
		return answer{}, err
	case "rotate":
		return answer{}, p.authority.rotate()
	case "prepare":
		return answer{}, p.authority.prepare()
	case "activate":
		p.authority.activate()
		return answer{}, nil
	case "withdraw":
		p.authority.withdraw()
		return answer{}, nil
	case "bundle":
		bundle, _ := p.authority.now()
		text, err := bundle.Marshal()
		return answer{"bundle": string(text)}, err
	case "jwt-svid":
		token, err := p.authority.jwtSVID(spiffeid.RequireFromString(r.ID), r.Audience)
		return answer{"token": token}, err
	case "x509-svid":
		svid, err := p.authority.x509SVID(spiffeid.RequireFromString(r.ID))
		if err != nil {
			return nil, err
		}
		chain, key, err := svid.Marshal()
		return answer{"chain": string(chain), "key": string(key)}, err
	case "serve-agent":
		return answer{}, serveAgent(p.authority, spiffeid.RequireFromString(r.ID), r.Socket)
	case "serve-endpoint":
		return p.serveEndpoint(r)
	case "fetch-endpoint":
		return fetchEndpoint(ctx, r)
	case "use-agent":
		return useAgent(ctx, r)
	case "serve-workload":
		return serveWorkload(ctx, r)
	}
	return answer{"error": "no such act"}, nil
}

// serveEndpoint serves our bundle, as the SPIFFE ID asked for (profile https_spiffe).
func (p *peer) serveEndpoint(r request) (answer, error) {
	handler, err := federation.NewHandler(p.authority.domain, p.authority)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		svid, err := p.authority.x509SVID(spiffeid.RequireFromString(r.ID))
		if err != nil {
			return nil, err
		}
		return tlsconfig.GetCertificate(svid)(nil)
	}}
	return listen(config, handler)
}

func listen(config *tls.Config, handler http.Handler) (answer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go http.Serve(tls.NewListener(listener, config), handler)
	return answer{"url": "https://" + listener.Addr().String()}, nil
}

// fetchEndpoint fetches somebody's bundle from an endpoint of profile https_spiffe.
func fetchEndpoint(ctx context.Context, r request) (answer, error) {
	id := spiffeid.RequireFromString(r.ID)
	known, err := x509bundle.Parse(id.TrustDomain(), []byte(r.Bundle))
	if err != nil {
		return nil, err
	}
	domain := spiffeid.RequireTrustDomainFromString(r.Domain)
	bundle, err := federation.FetchBundle(ctx, domain, r.URL, federation.WithSPIFFEAuth(known, id))
	if err != nil {
		return nil, err
	}
	sequence, _ := bundle.SequenceNumber()
	hint, _ := bundle.RefreshHint()
	return answer{
		"authorities": len(bundle.X509Authorities()), "keys": len(bundle.JWTAuthorities()),
		"sequence": sequence, "hint": hint.Seconds(),
	}, nil
}

// useAgent asks somebody's Workload API for everything.
func useAgent(ctx context.Context, r request) (answer, error) {
	client, err := workloadapi.New(ctx, workloadapi.WithAddr("unix://"+r.Socket))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	svid, err := client.FetchX509SVID(ctx)
	if err != nil {
		return nil, err
	}
	x509, err := client.FetchX509Bundles(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := client.FetchJWTBundles(ctx)
	if err != nil {
		return nil, err
	}
	token, err := client.FetchJWTSVID(ctx, jwtsvid.Params{Audience: r.Audience[0]})
	if err != nil {
		return nil, err
	}
	valid, err := jwtsvid.ParseAndValidate(token.Marshal(), keys, r.Audience)
	if err != nil {
		return nil, err
	}
	return answer{"svid": svid.ID.String(), "x509": x509.Len(), "jwt": keys.Len(), "jwt_svid": valid.ID.String()}, nil
}

// serveWorkload serves as the workload that somebody's Workload API says we are, for peers of its trust domain.
func serveWorkload(ctx context.Context, r request) (answer, error) {
	source, err := workloadapi.NewX509Source(ctx, workloadapi.WithClientOptions(workloadapi.WithAddr("unix://"+r.Socket)))
	if err != nil {
		return nil, err
	}
	domain := spiffeid.RequireTrustDomainFromString(r.Domain)
	config := tlsconfig.MTLSServerConfig(source, source, tlsconfig.AuthorizeMemberOf(domain))
	return listen(config, http.HandlerFunc(func(w http.ResponseWriter, asked *http.Request) {
		w.Header().Set("content-type", "application/json")
		json.NewEncoder(w).Encode(answer{"peer": asked.TLS.PeerCertificates[0].URIs[0].String()})
	}))
}
