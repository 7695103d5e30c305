//go:build !wasip1

// Command rego is the toolchain as a native program: one JSON request on
// standard input, one JSON answer on standard output. It exists so that a test
// can show that the WebAssembly build answers exactly the same.
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	request, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot read the request from standard input:", err)
		os.Exit(1)
	}
	if _, err := os.Stdout.Write(dispatch(request)); err != nil {
		fmt.Fprintln(os.Stderr, "cannot write the answer to standard output:", err)
		os.Exit(1)
	}
}
