// Command conformance compiles OPA's own evaluation cases (v1/test/cases of the
// OPA module) to WebAssembly. The first argument is the module's folder, the
// second the file for the cases, one JSON object a line; the distinct policy
// modules go to standard output, each behind its length in four bytes, little
// end first. A case names its module by its place in that stream. The third
// argument is the file for the plans of the cases that have input, one JSON
// object {"module", "plan"} a line.
package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/test/cases"
	"github.com/open-policy-agent/opa/v1/types"
	"github.com/open-policy-agent/opa/v1/util"
)

// line is one case. Documents are JSON texts within the JSON, so that a reader
// cannot lose digits of their numbers.
type line struct {
	Folder              string `json:"folder"`
	File                string `json:"file"`
	Index               int    `json:"index"`
	Note                string `json:"note"`
	Module              int    `json:"module"`
	Data                string `json:"data,omitempty"`
	Input               string `json:"input,omitempty"`
	WantDefined         *bool  `json:"wantDefined,omitempty"`
	WantResult          string `json:"wantResult,omitempty"`
	WantErrorCode       string `json:"wantErrorCode,omitempty"`
	WantError           string `json:"wantError,omitempty"`
	SortBindings        bool   `json:"sortBindings,omitempty"`
	IgnoreGeneratedVars bool   `json:"ignoreGeneratedVars,omitempty"`
	StrictError         bool   `json:"strictError,omitempty"`
	Excepted            string `json:"excepted,omitempty"`
}

// job is a case to compile and where its answer is to go.
type job struct {
	version ast.RegoVersion
	tc      cases.TestCase
	wasm    []byte
	err     error
}

// plan is the plan that a module was compiled from.
type plan struct {
	Module int             `json:"module"`
	Plan   json.RawMessage `json:"plan"`
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: conformance <folder of the OPA module> <file for the cases> <file for the plans>")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func run(module, target, plansTarget string) error {
	registerSleep()
	exceptions, err := readExceptions(module)
	if err != nil {
		return err
	}
	lines, jobs, err := readCases(filepath.Join(module, "v1", "test", "cases", "testdata"), exceptions)
	if err != nil {
		return err
	}
	ordered := compileAll(jobs)
	modules := bufio.NewWriterSize(os.Stdout, 1<<20)
	known := map[string]int{}
	planned := map[int]bool{}
	var plans []plan
	for i := range lines {
		done := <-ordered
		if done.err != nil {
			return fmt.Errorf("%s %d (%s): %w", lines[i].File, lines[i].Index, lines[i].Note, done.err)
		}
		id, seen := known[string(done.wasm)]
		if !seen {
			id = len(known)
			known[string(done.wasm)] = id
			if err := writeModule(modules, done.wasm); err != nil {
				return err
			}
		}
		done.wasm = nil
		lines[i].Module = id
		if lines[i].Input != "" && !planned[id] {
			planned[id] = true
			text, err := planOf(optionsOf(done.version, done.tc))
			if err != nil {
				return fmt.Errorf("%s %d (%s): plan: %w", lines[i].File, lines[i].Index, lines[i].Note, err)
			}
			plans = append(plans, plan{id, text})
		}
	}
	if err := modules.Flush(); err != nil {
		return err
	}
	if err := writeLines(plansTarget, plans); err != nil {
		return err
	}
	return writeLines(target, lines)
}

// readExceptions returns what OPA's own run over WebAssembly leaves out: note
// to reason.
func readExceptions(module string) (map[string]string, error) {
	path := filepath.Join(module, "internal", "wasm", "sdk", "test", "e2e", "exceptions.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	exceptions := map[string]string{}
	if err := util.Unmarshal(text, &exceptions); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for note := range exceptions {
		if strings.Contains(note, "*") {
			return nil, fmt.Errorf("%s: pattern %q, only plain notes are understood", path, note)
		}
	}
	return exceptions, nil
}

func readCases(root string, exceptions map[string]string) ([]line, []*job, error) {
	var lines []line
	var jobs []*job
	versions := []struct {
		folder  string
		version ast.RegoVersion
	}{{"v0", ast.RegoV0}, {"v1", ast.RegoV1}}
	for _, v := range versions {
		set, err := cases.Load(filepath.Join(root, v.folder))
		if err != nil {
			return nil, nil, err
		}
		index := map[string]int{}
		for _, tc := range set.Cases {
			if len(tc.Env) > 0 {
				return nil, nil, fmt.Errorf("%s: environment variables are not understood", tc.Filename)
			}
			file, err := filepath.Rel(root, tc.Filename)
			if err != nil {
				return nil, nil, err
			}
			l, err := lineOf(tc)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", file, err)
			}
			l.File = filepath.ToSlash(file)
			l.Folder = filepath.ToSlash(filepath.Dir(file))
			l.Index = index[file]
			l.Excepted = exceptions[tc.Note]
			index[file]++
			lines = append(lines, l)
			jobs = append(jobs, &job{version: v.version, tc: tc})
		}
	}
	return lines, jobs, nil
}

func lineOf(tc cases.TestCase) (line, error) {
	l := line{
		Note:                tc.Note,
		WantDefined:         tc.WantDefined,
		SortBindings:        tc.SortBindings,
		IgnoreGeneratedVars: tc.IgnoreGeneratedVars,
		StrictError:         tc.StrictError,
	}
	if tc.WantErrorCode != nil {
		l.WantErrorCode = *tc.WantErrorCode
	}
	if tc.WantError != nil {
		l.WantError = *tc.WantError
	}
	var err error
	if tc.Data != nil {
		if l.Data, err = textOf(*tc.Data); err != nil {
			return l, err
		}
	}
	if tc.WantResult != nil {
		if l.WantResult, err = textOf(*tc.WantResult); err != nil {
			return l, err
		}
	}
	if tc.InputTerm != nil {
		term, err := ast.ParseTerm(*tc.InputTerm)
		if err != nil {
			return l, err
		}
		l.Input = term.String() // the form that a module's parser knows
	} else if tc.Input != nil {
		if l.Input, err = textOf(*tc.Input); err != nil {
			return l, err
		}
	}
	return l, nil
}

func textOf(document any) (string, error) {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(document)
	return strings.TrimSuffix(text.String(), "\n"), err
}

// compileAll compiles on two threads and yields the jobs in their order. Few are
// finished before they are wanted: a module has some 140 KB.
func compileAll(jobs []*job) <-chan *job {
	const ahead = 64
	ordered := make(chan *job)
	slots := make(chan chan *job, ahead)
	work := make(chan func(), ahead)
	for range 2 {
		go func() {
			for f := range work {
				f()
			}
		}()
	}
	go func() {
		defer close(slots)
		defer close(work)
		for _, j := range jobs {
			slot := make(chan *job, 1)
			slots <- slot
			work <- func() { j.wasm, j.err = compile(j.version, j.tc); slot <- j }
		}
	}()
	go func() {
		defer close(ordered)
		for slot := range slots {
			ordered <- <-slot
		}
	}()
	return ordered
}

// compile makes the policy whose entrypoint 0 is the case's query.
func compile(version ast.RegoVersion, tc cases.TestCase) ([]byte, error) {
	result, err := rego.New(optionsOf(version, tc)...).Compile(context.Background())
	if err != nil {
		return nil, err
	}
	return result.Bytes, nil
}

func optionsOf(version ast.RegoVersion, tc cases.TestCase) []func(*rego.Rego) {
	granted := ast.CapabilitiesForThisVersion(ast.CapabilitiesExperimentalKeywords(tc.ExperimentalKeywords))
	options := []func(*rego.Rego){
		rego.Query(tc.Query),
		rego.SetRegoVersion(version),
		rego.Capabilities(granted),
	}
	for i, module := range tc.Modules {
		options = append(options, rego.Module(fmt.Sprintf("module-%d.rego", i), module))
	}
	return options
}

func writeModule(w *bufio.Writer, wasm []byte) error {
	var length [4]byte
	binary.LittleEndian.PutUint32(length[:], uint32(len(wasm)))
	if _, err := w.Write(length[:]); err != nil {
		return err
	}
	_, err := w.Write(wasm)
	return err
}

func writeLines[T any](path string, lines []T) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	writer := bufio.NewWriter(file)
	encoder := json.NewEncoder(writer)
	encoder.SetEscapeHTML(false)
	for _, l := range lines {
		if err := encoder.Encode(l); err != nil {
			return err
		}
	}
	if err := writer.Flush(); err != nil {
		return err
	}
	return file.Close()
}

// registerSleep declares the one builtin that only the cases have, so that they
// compile.
func registerSleep() {
	rego.RegisterBuiltin1(&rego.Function{
		Name: "test.sleep",
		Decl: types.NewFunction(types.Args(types.S), types.NewNull()),
	}, func(rego.BuiltinContext, *ast.Term) (*ast.Term, error) { return ast.NullTerm(), nil })
}
