// Runs h2spec's cases for servers against one address and reports them as JUnit XML, which `go install` cannot build: the
// module has no go.mod of its own.
package main

import (
	"log"
	"os"
	"strconv"
	"time"

	"github.com/summerwind/h2spec"
	"github.com/summerwind/h2spec/config"
)

func main() {
	if len(os.Args) != 5 {
		log.Fatal("usage: h2spec-peer HOST PORT PATH REPORT")
	}
	port, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	_, err = h2spec.Run(&config.Config{
		Host:         os.Args[1],
		Port:         port,
		Path:         os.Args[3],
		JUnitReport:  os.Args[4],
		Timeout:      2 * time.Second,
		MaxHeaderLen: 4000,
	})
	if err != nil {
		log.Fatal(err)
	}
}
