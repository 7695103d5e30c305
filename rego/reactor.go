//go:build wasip1

// Command rego is the toolchain as a WASI reactor. The host calls _initialize
// once and then, for each request: alloc, write the request, call, read the
// answer of that length at answer.
package main

import "unsafe"

// The host holds bare addresses into these, so they must stay reachable until
// the next request replaces them. The host calls from one thread.
var (
	requestBuffer []byte
	answerBuffer  []byte
)

// main is never run in a reactor, but the linker wants it.
func main() {}

// alloc returns the address of size bytes that the host fills with a request.
//
//go:wasmexport alloc
func alloc(size uint32) unsafe.Pointer {
	requestBuffer = make([]byte, size)
	return unsafe.Pointer(unsafe.SliceData(requestBuffer))
}

// call answers the request of length bytes at address, which alloc returned,
// and returns the length of the answer in bytes.
//
//go:wasmexport call
func call(address unsafe.Pointer, length uint32) uint32 {
	answerBuffer = dispatch(unsafe.Slice((*byte)(address), length))
	requestBuffer = nil
	return uint32(len(answerBuffer))
}

// answer returns the address of the last answer.
//
//go:wasmexport answer
func answer() unsafe.Pointer {
	return unsafe.Pointer(unsafe.SliceData(answerBuffer))
}
