// Command helm is Helm itself and kubeconform, for tests: it renders charts
// with values, lints them, and validates what was rendered against JSON
// schemas in a folder, through the packages that the two commands are made
// of. One request and one answer, both JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/yannh/kubeconform/pkg/resource"
	"github.com/yannh/kubeconform/pkg/validator"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	"helm.sh/helm/v3/pkg/releaseutil"
)

type request struct {
	// Schemas: the folders, one for a version of Kubernetes, that have a file
	// for each kind.
	Schemas []string `json:"schemas"`
	Renders []render `json:"renders"`
	// Validate: manifests to validate as they are.
	Validate []string `json:"validate"`
}

type render struct {
	Chart string `json:"chart"`
	// Dependencies: charts that `helm dependency build` would bring.
	Dependencies []string       `json:"dependencies"`
	Values       map[string]any `json:"values"`
	// Lint: whether it is linted too.
	Lint bool `json:"lint"`
}

type answer struct {
	Renders []rendered `json:"renders"`
	// Validated: what is wrong with each of Validate.
	Validated [][]string `json:"validated"`
}

type rendered struct {
	// Refused: why nothing was rendered.
	Refused   string     `json:"refused,omitempty"`
	Manifests []manifest `json:"manifests"`
	Notes     string     `json:"notes"`
	// Lint: findings worse than information.
	Lint []string `json:"lint"`
}

type manifest struct {
	Template string `json:"template"`
	Text     string `json:"text"`
	// Invalid: what is wrong with it, in any of the versions.
	Invalid []string `json:"invalid"`
}

func main() {
	var asked request
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		fail(err)
	}
	validators := []validator.Validator{}
	for _, folder := range asked.Schemas {
		location := folder + "/{{.ResourceKind}}{{.KindSuffix}}.json"
		each, err := validator.New([]string{location}, validator.Opts{Strict: true})
		if err != nil {
			fail(err)
		}
		validators = append(validators, each)
	}
	var told answer
	for _, each := range asked.Renders {
		told.Renders = append(told.Renders, renderOne(each, validators))
	}
	for _, text := range asked.Validate {
		told.Validated = append(told.Validated, validate(text, validators))
	}
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		fail(err)
	}
}

func renderOne(asked render, validators []validator.Validator) rendered {
	loaded, err := load(asked)
	if err != nil {
		return rendered{Refused: err.Error()}
	}
	options := chartutil.ReleaseOptions{Name: "pdp", Namespace: "sallyport", IsInstall: true}
	capabilities := chartutil.DefaultCapabilities.Copy()
	capabilities.KubeVersion = chartutil.KubeVersion{Version: "v1.37.0", Major: "1", Minor: "37"}
	values, err := chartutil.ToRenderValues(loaded, asked.Values, options, capabilities)
	if err != nil {
		return rendered{Refused: err.Error()}
	}
	files, err := engine.Render(loaded, values)
	if err != nil {
		return rendered{Refused: err.Error()}
	}
	var told rendered
	for _, name := range sortedNames(files) {
		if path.Base(name) == "NOTES.txt" {
			told.Notes += files[name]
			continue
		}
		for _, text := range splitManifests(files[name]) {
			told.Manifests = append(told.Manifests, manifest{name, text, validate(text, validators)})
		}
	}
	if asked.Lint {
		told.Lint = lintOf(asked)
	}
	return told
}

func load(asked render) (*chart.Chart, error) {
	loaded, err := loader.Load(asked.Chart)
	if err != nil {
		return nil, err
	}
	for _, folder := range asked.Dependencies {
		below, err := loader.Load(folder)
		if err != nil {
			return nil, err
		}
		loaded.AddDependency(below)
	}
	if err := chartutil.ProcessDependenciesWithMerge(loaded, asked.Values); err != nil {
		return nil, err
	}
	return loaded, loaded.Validate()
}

func lintOf(asked render) []string {
	found := []string{}
	for _, message := range lint.All(asked.Chart, asked.Values, "sallyport", true).Messages {
		if message.Severity > support.InfoSev {
			found = append(found, message.Error())
		}
	}
	return found
}

func splitManifests(text string) []string {
	split := releaseutil.SplitManifests(text)
	manifests := []string{}
	for _, name := range sortedNames(split) {
		if strings.TrimSpace(split[name]) != "" {
			manifests = append(manifests, split[name])
		}
	}
	return manifests
}

func validate(text string, validators []validator.Validator) []string {
	wrong := []string{}
	for _, each := range validators {
		result := each.ValidateResource(resource.Resource{Bytes: []byte(text)})
		if result.Status == validator.Valid {
			continue
		}
		if len(result.ValidationErrors) == 0 {
			wrong = append(wrong, fmt.Sprint(result.Err))
		}
		for _, problem := range result.ValidationErrors {
			wrong = append(wrong, problem.Path+": "+problem.Msg)
		}
	}
	return wrong
}

func sortedNames(files map[string]string) []string {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
