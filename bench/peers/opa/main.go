// Command opa is the OPA server that the benchmark measures, from the module that the Rego toolchain is built from.
package main

import (
	"os"

	"github.com/open-policy-agent/opa/cmd"
)

func main() {
	if cmd.RootCommand.Execute() != nil {
		os.Exit(1)
	}
}
