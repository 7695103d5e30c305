// Command tlog is the other side of the audit log, for tests: Go's own packages
// for transparency logs open its notes, read its tiles over HTTP and check its
// proofs. One request and one answer, both JSON.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type request struct {
	Vkey string `json:"vkey"`
	// Prefix: where the log is served. Bearer: who asks.
	Prefix string `json:"prefix"`
	Bearer string `json:"bearer"`
	// Records: indices of entries to read and to prove.
	Records []int64 `json:"records"`
	// Before: earlier checkpoints, each with the log's own proof of consistency with the newest.
	Before []struct {
		Note  string   `json:"note"`
		Proof []string `json:"proof"`
	} `json:"before"`
	// Proofs: files of C2SP tlog-proof, each with its record.
	Proofs []struct {
		Text   string `json:"text"`
		Record string `json:"record"`
	} `json:"proofs"`
	// Sign: a text to be signed with Skey.
	Skey string `json:"skey"`
	Sign string `json:"sign"`
}

type answer struct {
	Size     int64    `json:"size"`
	Checked  int      `json:"checked"`
	Problems []string `json:"problems"`
	Signed   string   `json:"signed"`
}

type log struct {
	request
	verifier note.Verifier
	answer   answer
}

func main() {
	var l log
	if err := json.NewDecoder(os.Stdin).Decode(&l.request); err != nil {
		fatal(err)
	}
	if err := l.check(); err != nil {
		l.answer.Problems = append(l.answer.Problems, err.Error())
	}
	if err := json.NewEncoder(os.Stdout).Encode(l.answer); err != nil {
		fatal(err)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func (l *log) check() error {
	verifier, err := note.NewVerifier(l.Vkey)
	if err != nil {
		return err
	}
	l.verifier = verifier
	if l.Sign != "" {
		signer, err := note.NewSigner(l.Skey)
		if err != nil {
			return err
		}
		signed, err := note.Sign(&note.Note{Text: l.Sign}, signer)
		if err != nil {
			return err
		}
		l.answer.Signed = string(signed)
	}
	text, err := l.get("checkpoint")
	if err != nil {
		return err
	}
	tree, err := l.open(string(text))
	if err != nil {
		return err
	}
	l.answer.Size = tree.N
	hashes := tlog.TileHashReader(tree, tiles{l})
	for _, index := range l.Records {
		if err := l.checkRecord(tree, hashes, index); err != nil {
			return fmt.Errorf("record %d: %w", index, err)
		}
		l.answer.Checked++
	}
	for _, before := range l.Before {
		if err := l.checkBefore(tree, hashes, before.Note, before.Proof); err != nil {
			return err
		}
		l.answer.Checked++
	}
	for _, proof := range l.Proofs {
		if err := l.checkProof(proof.Text, proof.Record); err != nil {
			return err
		}
		l.answer.Checked++
	}
	return nil
}

// open verifies a checkpoint (C2SP tlog-checkpoint).
func (l *log) open(text string) (tlog.Tree, error) {
	opened, err := note.Open([]byte(text), note.VerifierList(l.verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != l.verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("no checkpoint of %s", l.verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func (l *log) checkRecord(tree tlog.Tree, hashes tlog.HashReader, index int64) error {
	tile := tlog.Tile{H: 8, L: -1, N: index / 256, W: int(min(256, tree.N-index/256*256))}
	bundle, err := l.get(pathOf(tile))
	if err != nil {
		return err
	}
	var entry []byte
	for i := int64(0); i <= index%256; i++ {
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		entry, bundle = bundle[2:end], bundle[end:]
	}
	proof, err := tlog.ProveRecord(tree.N, index, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry))
}

// checkBefore checks both the proof that the tiles give and the log's own.
func (l *log) checkBefore(tree tlog.Tree, hashes tlog.HashReader, text string, own []string) error {
	before, err := l.open(text)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(tree.N, before.N, hashes)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, before.N, before.Hash); err != nil {
		return err
	}
	theirs, err := parseHashes(own)
	if err != nil {
		return err
	}
	return tlog.CheckTree(tlog.TreeProof(theirs), tree.N, tree.Hash, before.N, before.Hash)
}

// checkProof checks a C2SP tlog-proof with nothing but the key.
func (l *log) checkProof(text, record string) error {
	head, checkpoint, _ := strings.Cut(text, "\n\n")
	tree, err := l.open(checkpoint)
	if err != nil {
		return err
	}
	lines := strings.Split(head, "\n")
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil || lines[0] != "c2sp.org/tlog-proof@v1" {
		return fmt.Errorf("no proof: %q", lines[:2])
	}
	hashes, err := parseHashes(lines[2:])
	if err != nil {
		return err
	}
	return tlog.CheckRecord(tlog.RecordProof(hashes), tree.N, tree.Hash, index, tlog.RecordHash([]byte(record)))
}

func parseHashes(texts []string) ([]tlog.Hash, error) {
	hashes := []tlog.Hash{}
	for _, text := range texts {
		hash, err := tlog.ParseHash(text)
		if err != nil {
			return nil, err
		}
		if hash.String() != text {
			return nil, fmt.Errorf("%q is not how a hash is written: %s", text, base64.StdEncoding.EncodeToString(hash[:]))
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// tiles reads tiles as C2SP tlog-tiles serves them; the package checks them against the tree.
type tiles struct{ *log }

func (t tiles) Height() int { return 8 }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range wanted {
		data, err := t.get(pathOf(tile))
		if err != nil {
			return nil, err
		}
		read = append(read, data)
	}
	return read, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// pathOf is the path in C2SP's form, which has no height and calls entries by name.
func pathOf(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), "tile/8/")
	return "tile/" + strings.Replace(path, "data/", "entries/", 1)
}

func (l *log) get(path string) ([]byte, error) {
	asked, err := http.NewRequest(http.MethodGet, l.Prefix+path, nil)
	if err != nil {
		return nil, err
	}
	asked.Header.Set("Authorization", "Bearer "+l.Bearer)
	response, err := http.DefaultClient.Do(asked)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, response.Status)
	}
	return io.ReadAll(response.Body)
}
