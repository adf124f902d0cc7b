// Checks a whole log in a folder with Go's own checksum database packages: sumdb/note and sumdb/tlog.
//
//	sumdb FOLDER LOGVKEY [WITNESSVKEY...]
//
// FOLDER holds the files that a log serves (checkpoint, tile/...) and two files of proofs, each a row of
// records "count byte, then count hashes of 32 bytes": inclusion.bin has one for each index at the size of the
// checkpoint, consistency.bin one for each size from 1 up to it.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

// cosigner verifies cosignature/v1 (C2SP tlog-cosignature), which package note leaves to its callers.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newCosigner(vkey string) (*cosigner, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("witness key: not three parts")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 4 {
		return nil, errors.New("witness key: not of type 4")
	}
	digest := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	hash := binary.BigEndian.Uint32(digest[:4])
	if fmt.Sprintf("%08x", hash) != parts[1] {
		return nil, errors.New("witness key: another key hash")
	}
	return &cosigner{parts[0], hash, ed25519.PublicKey(key[1:])}, nil
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }
func (c *cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	head := fmt.Sprintf("cosignature/v1\ntime %d\n", binary.BigEndian.Uint64(sig))
	return ed25519.Verify(c.key, append([]byte(head), msg...), sig[8:])
}

// hashes keeps every hash of the tree by its storage index, as tlog counts them.
type hashes []tlog.Hash

func (h hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(h)) {
			return nil, fmt.Errorf("no hash %d", index)
		}
		found[i] = h[index]
	}
	return found, nil
}

// filePath is where C2SP puts a tile: without the height, and entries under another name.
func filePath(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	if tile.L == -1 {
		path = "entries/" + strings.TrimPrefix(path, "data/")
	}
	return "tile/" + path
}

// tileFiles lets tlog authenticate tiles by itself, from the root down.
type tileFiles struct{ folder string }

func (f tileFiles) Height() int { return tileHeight }
func (f tileFiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		bytes, err := os.ReadFile(filepath.Join(f.folder, filePath(tile)))
		if err != nil {
			return nil, err
		}
		data[i] = bytes
	}
	return data, nil
}
func (f tileFiles) SaveTiles([]tlog.Tile, [][]byte) {}

func readCheckpoint(folder, logKey string, witnessKeys []string) (tlog.Tree, int, error) {
	var tree tlog.Tree
	text, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return tree, 0, err
	}
	verifier, err := note.NewVerifier(logKey)
	if err != nil {
		return tree, 0, err
	}
	verifiers := []note.Verifier{verifier}
	for _, vkey := range witnessKeys {
		witness, err := newCosigner(vkey)
		if err != nil {
			return tree, 0, err
		}
		verifiers = append(verifiers, witness)
	}
	opened, err := note.Open(text, note.VerifierList(verifiers...))
	if err != nil {
		return tree, 0, err
	}
	signed := map[string]bool{}
	for _, sig := range opened.Sigs {
		signed[sig.Name] = true
	}
	if len(signed) != len(verifiers) {
		return tree, 0, fmt.Errorf("checkpoint: %d of %d signatures", len(signed), len(verifiers))
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tree, 0, errors.New("checkpoint: another origin")
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, 0, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, len(verifiers) - 1, err
}

// readEntries rebuilds all hashes from the entry bundles alone.
func readEntries(folder string, size int64) (hashes, []tlog.Hash, error) {
	var stored hashes
	var leaves []tlog.Hash
	for n := int64(0); n*256 < size; n++ {
		width := size - n*256
		if width > 256 {
			width = 256
		}
		path := filePath(tlog.Tile{H: tileHeight, L: -1, N: n, W: int(width)})
		bundle, err := os.ReadFile(filepath.Join(folder, path))
		if err != nil {
			return nil, nil, err
		}
		for i := int64(0); i < width; i++ {
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				return nil, nil, fmt.Errorf("%s: too short", path)
			}
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			fresh, err := tlog.StoredHashes(n*256+i, bundle[2:end], stored)
			if err != nil {
				return nil, nil, err
			}
			stored = append(stored, fresh...)
			leaves = append(leaves, fresh[0])
			bundle = bundle[end:]
		}
		if len(bundle) != 0 {
			return nil, nil, fmt.Errorf("%s: too long", path)
		}
	}
	return stored, leaves, nil
}

// widestTiles leaves out the narrower widths of a tile that some versions of NewTiles list before the last one.
func widestTiles(size int64) []tlog.Tile {
	var tiles []tlog.Tile
	for _, tile := range tlog.NewTiles(tileHeight, 0, size) {
		if last := len(tiles) - 1; last >= 0 && tiles[last].L == tile.L && tiles[last].N == tile.N {
			tiles[last] = tile
		} else {
			tiles = append(tiles, tile)
		}
	}
	return tiles
}

func checkTiles(folder string, tree tlog.Tree, stored hashes) (int, error) {
	tiles := widestTiles(tree.N)
	for _, tile := range tiles {
		want, err := tlog.ReadTileData(tile, stored)
		if err != nil {
			return 0, err
		}
		got, err := os.ReadFile(filepath.Join(folder, filePath(tile)))
		if err != nil {
			return 0, err
		}
		if !bytes.Equal(got, want) {
			return 0, fmt.Errorf("%s: another content", filePath(tile))
		}
	}
	// Once more as a client of a checksum database does it: from the signed root down to the first and last leaf.
	reader := tlog.TileHashReader(tree, tileFiles{folder})
	ends := []int64{tlog.StoredHashIndex(0, 0), tlog.StoredHashIndex(0, tree.N-1)}
	_, err := reader.ReadHashes(ends)
	return len(tiles), err
}

// proofs reads one record after the other.
type proofs struct {
	path string
	rest []byte
}

func openProofs(folder, name string) (*proofs, error) {
	data, err := os.ReadFile(filepath.Join(folder, name))
	return &proofs{name, data}, err
}

func (p *proofs) next() ([]tlog.Hash, error) {
	if len(p.rest) == 0 || len(p.rest) < 1+tlog.HashSize*int(p.rest[0]) {
		return nil, fmt.Errorf("%s: too short", p.path)
	}
	proof := make([]tlog.Hash, p.rest[0])
	p.rest = p.rest[1:]
	for i := range proof {
		copy(proof[i][:], p.rest)
		p.rest = p.rest[tlog.HashSize:]
	}
	return proof, nil
}

func checkProofs(folder string, tree tlog.Tree, stored hashes, leaves []tlog.Hash) error {
	inclusion, err := openProofs(folder, "inclusion.bin")
	if err != nil {
		return err
	}
	consistency, err := openProofs(folder, "consistency.bin")
	if err != nil {
		return err
	}
	for index, leaf := range leaves {
		proof, err := inclusion.next()
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, int64(index), leaf); err != nil {
			return fmt.Errorf("inclusion of %d: %w", index, err)
		}
		size := int64(index) + 1
		old, err := tlog.TreeHash(size, stored)
		if err != nil {
			return err
		}
		if proof, err = consistency.next(); err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, size, old); err != nil {
			return fmt.Errorf("consistency from %d: %w", size, err)
		}
	}
	return nil
}

func check(folder, logKey string, witnessKeys []string) error {
	tree, witnesses, err := readCheckpoint(folder, logKey, witnessKeys)
	if err != nil {
		return err
	}
	stored, leaves, err := readEntries(folder, tree.N)
	if err != nil {
		return err
	}
	root, err := tlog.TreeHash(tree.N, stored)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return errors.New("root: the entries have another")
	}
	tiles, err := checkTiles(folder, tree, stored)
	if err != nil {
		return err
	}
	if err := checkProofs(folder, tree, stored, leaves); err != nil {
		return err
	}
	fmt.Printf("%d entries, %d witnesses, %d tiles, every inclusion, every consistency\n", tree.N, witnesses, tiles)
	return nil
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: sumdb FOLDER LOGVKEY [WITNESSVKEY...]")
		os.Exit(2)
	}
	if err := check(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
