package main

import (
	"context"
	"net"

	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/proto/spiffe/workload"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// agent serves the Workload API for the authority's trust domain.
type agent struct {
	workload.UnimplementedSpiffeWorkloadAPIServer
	authority *authority
	id        spiffeid.ID
}

func serveAgent(a *authority, id spiffeid.ID, socket string) error {
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	workload.RegisterSpiffeWorkloadAPIServer(server, &agent{authority: a, id: id})
	go server.Serve(listener)
	return nil
}

// each sends what answer makes of the bundle, now and whenever it changes.
func each[T any](a *agent, ctx context.Context, send func(*T) error, answer func(*spiffebundle.Bundle) (*T, error)) error {
	given, _ := metadata.FromIncomingContext(ctx)
	if values := given.Get("workload.spiffe.io"); len(values) != 1 || values[0] != "true" {
		return status.Error(codes.InvalidArgument, "security header missing")
	}
	for {
		bundle, changed := a.authority.now()
		message, err := answer(bundle)
		if err != nil {
			return err
		}
		if err := send(message); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

func roots(bundle *spiffebundle.Bundle) []byte {
	var der []byte
	for _, root := range bundle.X509Authorities() {
		der = append(der, root.Raw...)
	}
	return der
}

func (a *agent) FetchX509SVID(_ *workload.X509SVIDRequest, stream workload.SpiffeWorkloadAPI_FetchX509SVIDServer) error {
	return each(a, stream.Context(), stream.Send, func(bundle *spiffebundle.Bundle) (*workload.X509SVIDResponse, error) {
		svid, err := a.authority.x509SVID(a.id)
		if err != nil {
			return nil, err
		}
		chain, key, err := svid.MarshalRaw()
		return &workload.X509SVIDResponse{Svids: []*workload.X509SVID{
			{SpiffeId: a.id.String(), X509Svid: chain, X509SvidKey: key, Bundle: roots(bundle)},
		}}, err
	})
}

func (a *agent) FetchX509Bundles(_ *workload.X509BundlesRequest, stream workload.SpiffeWorkloadAPI_FetchX509BundlesServer) error {
	return each(a, stream.Context(), stream.Send, func(bundle *spiffebundle.Bundle) (*workload.X509BundlesResponse, error) {
		return &workload.X509BundlesResponse{Bundles: map[string][]byte{a.authority.domain.IDString(): roots(bundle)}}, nil
	})
}

func (a *agent) FetchJWTBundles(_ *workload.JWTBundlesRequest, stream workload.SpiffeWorkloadAPI_FetchJWTBundlesServer) error {
	return each(a, stream.Context(), stream.Send, func(bundle *spiffebundle.Bundle) (*workload.JWTBundlesResponse, error) {
		keys, err := bundle.JWTBundle().Marshal()
		return &workload.JWTBundlesResponse{Bundles: map[string][]byte{a.authority.domain.IDString(): keys}}, err
	})
}
