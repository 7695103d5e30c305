// A witness of one log, in memory: C2SP tlog-witness with the note, tree and cosignature code of the Go and
// transparency-dev projects. It is told the key of the log, and prints where it listens and its own key.
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"

	cosignature "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type witness struct {
	mu     sync.Mutex
	log    note.Verifier
	signer note.Signer
	size   int64
	root   tlog.Hash
}

type request struct {
	old   int64
	proof tlog.TreeProof
	note  []byte
}

func main() {
	log, err := note.NewVerifier(os.Args[1])
	check(err)
	skey, vkey, err := note.GenerateKey(rand.Reader, "witness.example/w1")
	check(err)
	signer, err := cosignature.NewSignerForCosignatureV1(skey)
	check(err)
	cosigning, err := cosignature.VKeyToCosignatureV1(vkey)
	check(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	check(json.NewEncoder(os.Stdout).Encode(map[string]string{
		"url":  fmt.Sprintf("http://%s/w1", listener.Addr()),
		"vkey": cosigning,
	}))
	w := &witness{log: log, signer: signer}
	http.HandleFunc("POST /w1/add-checkpoint", w.addCheckpoint)
	go func() { // ends with whoever started it
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	check(http.Serve(listener, nil))
}

func (w *witness) addCheckpoint(out http.ResponseWriter, in *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(out, in.Body, 65536))
	if err != nil {
		http.Error(out, err.Error(), 400)
		return
	}
	asked, err := read(body)
	if err != nil {
		http.Error(out, err.Error(), 400)
		return
	}
	status, answer := w.cosign(asked)
	if status == 409 {
		out.Header().Set("Content-Type", "text/x.tlog.size")
	}
	out.WriteHeader(status)
	_, _ = out.Write(answer)
}

func (w *witness) cosign(asked request) (int, []byte) {
	origin, _, _ := strings.Cut(string(asked.note), "\n")
	if origin != w.log.Name() {
		return 404, nil
	}
	opened, err := note.Open(asked.note, note.VerifierList(w.log))
	if err != nil {
		return 403, nil
	}
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return 400, nil
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil || asked.old > size {
		return 400, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if asked.old != w.size {
		return 409, fmt.Appendf(nil, "%d\n", w.size)
	}
	switch {
	case w.size == size && w.size > 0:
		if root != w.root {
			return 409, fmt.Appendf(nil, "%d\n", w.size)
		}
	case w.size > 0:
		if tlog.CheckTree(asked.proof, size, root, w.size, w.root) != nil {
			return 422, nil
		}
	case len(asked.proof) > 0:
		return 422, nil
	}
	signed, err := note.Sign(&note.Note{Text: opened.Text}, w.signer)
	if err != nil {
		return 500, nil
	}
	w.size, w.root = size, root
	_, signatures, _ := bytes.Cut(signed, []byte("\n\n"))
	return 200, signatures
}

func read(body []byte) (request, error) {
	head, text, found := bytes.Cut(body, []byte("\n\n"))
	if !found {
		return request{}, errors.New("no empty line")
	}
	lines := strings.Split(string(head), "\n")
	digits, found := strings.CutPrefix(lines[0], "old ")
	old, err := strconv.ParseInt(digits, 10, 64)
	if !found || err != nil || strconv.FormatInt(old, 10) != digits || len(lines) > 64 {
		return request{}, errors.New("no old size")
	}
	var proof tlog.TreeProof
	for _, line := range lines[1:] {
		hash, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(hash) != tlog.HashSize {
			return request{}, errors.New("no hash")
		}
		proof = append(proof, tlog.Hash(hash))
	}
	return request{old, proof, text}, nil
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
