//go:build wasip1

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"unsafe"
)

// evaluate asks the host to evaluate its module; the answer's length, or a
// negative number where the host holds no module.
//
//go:wasmimport sallyport evaluate
func hostEvaluate(address unsafe.Pointer, length uint32) int32

// read copies the last answer to an address with room for it.
//
//go:wasmimport sallyport read
func hostRead(address unsafe.Pointer)

func askHost(call hostCall) (*hostAnswer, error) {
	request, err := encode(call)
	if err != nil {
		return nil, err
	}
	length := hostEvaluate(unsafe.Pointer(unsafe.SliceData(request)), uint32(len(request)))
	if length <= 0 {
		return nil, errors.New("the host holds no artefact")
	}
	text := make([]byte, length)
	hostRead(unsafe.Pointer(unsafe.SliceData(text)))
	var answer hostAnswer
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, fmt.Errorf("the host's answer is no JSON: %w", err)
	}
	return &answer, nil
}
