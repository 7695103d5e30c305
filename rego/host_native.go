//go:build !wasip1

package main

import "errors"

// askHost: the native program has no host that could hold an artefact.
func askHost(hostCall) (*hostAnswer, error) {
	return nil, errors.New("the host holds no artefact")
}
