// Command opa-bundle is OPA's own side of bundle signatures, for tests: it
// hashes documents, builds and signs bundles, and reads signed ones, through
// the packages that the opa command is made of. One request and one answer,
// both JSON.
package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/compile"
	"github.com/open-policy-agent/opa/v1/keys"
	"github.com/open-policy-agent/opa/v1/util"
)

type request struct {
	// Hash: documents to hash, SHA-256.
	Hash [][]byte `json:"hash"`
	// Build: what `opa build` is to make of a folder, signed.
	Build *struct {
		Folder     string `json:"folder"`
		Entrypoint string `json:"entrypoint"`
		Revision   string `json:"revision"`
		Key        string `json:"key"`
		Algorithm  string `json:"algorithm"`
	} `json:"build"`
	// Read: bundles to read, each under the one key that must have signed it.
	Read []struct {
		Archive   []byte `json:"archive"`
		Key       string `json:"key"`
		Algorithm string `json:"algorithm"`
	} `json:"read"`
}

type answer struct {
	Hash  []string `json:"hash"`
	Build []byte   `json:"build"`
	// Read: the error of each, or nothing.
	Read []string `json:"read"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var r request
	var a answer
	if err := json.NewDecoder(os.Stdin).Decode(&r); err != nil {
		return err
	}
	hasher, err := bundle.NewSignatureHasher(bundle.SHA256)
	if err != nil {
		return err
	}
	for _, document := range r.Hash {
		var value any
		if err := util.Unmarshal(document, &value); err != nil {
			return err
		}
		sum, err := hasher.HashFile(value)
		if err != nil {
			return err
		}
		a.Hash = append(a.Hash, hex.EncodeToString(sum))
	}
	if b := r.Build; b != nil {
		var out bytes.Buffer
		compiler := compile.New().
			WithTarget(compile.TargetWasm).
			WithAsBundle(true).
			WithPaths(b.Folder).
			WithEntrypoints(b.Entrypoint).
			WithRevision(b.Revision).
			WithBundleSigningConfig(bundle.NewSigningConfig(b.Key, b.Algorithm, "")).
			WithBundleVerificationKeyID("ours").
			WithOutput(&out)
		if err := compiler.Build(context.Background()); err != nil {
			return err
		}
		a.Build = out.Bytes()
	}
	for _, item := range r.Read {
		known := map[string]*keys.Config{"ours": {Key: item.Key, Algorithm: item.Algorithm}}
		config := bundle.NewVerificationConfig(known, "ours", "", nil)
		_, err := bundle.NewReader(bytes.NewReader(item.Archive)).WithBundleVerificationConfig(config).Read()
		if err != nil {
			a.Read = append(a.Read, err.Error())
		} else {
			a.Read = append(a.Read, "")
		}
	}
	return json.NewEncoder(os.Stdout).Encode(a)
}
