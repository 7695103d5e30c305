package main

import (
	"encoding/json"
	"slices"
)

// nativeBuiltins are the functions that OPA's WebAssembly backend brings itself
// (internal/compiler/wasm of this OPA, builtinsFunctions, not exported). A test
// compares the list with what compiled policies import.
var nativeBuiltins = map[string]bool{
	"abs":                              true,
	"all":                              true,
	"and":                              true,
	"any":                              true,
	"array.concat":                     true,
	"array.flatten":                    true,
	"array.reverse":                    true,
	"array.slice":                      true,
	"base64.decode":                    true,
	"base64.encode":                    true,
	"base64.is_valid":                  true,
	"base64url.decode":                 true,
	"base64url.encode":                 true,
	"bits.and":                         true,
	"bits.lsh":                         true,
	"bits.negate":                      true,
	"bits.or":                          true,
	"bits.rsh":                         true,
	"bits.xor":                         true,
	"ceil":                             true,
	"concat":                           true,
	"contains":                         true,
	"count":                            true,
	"div":                              true,
	"endswith":                         true,
	"equal":                            true,
	"floor":                            true,
	"format_int":                       true,
	"glob.match":                       true,
	"graph.reachable":                  true,
	"gt":                               true,
	"gte":                              true,
	"indexof":                          true,
	"internal.member_2":                true,
	"internal.member_3":                true,
	"internal.template_string":         true,
	"intersection":                     true,
	"is_array":                         true,
	"is_boolean":                       true,
	"is_null":                          true,
	"is_number":                        true,
	"is_object":                        true,
	"is_set":                           true,
	"is_string":                        true,
	"json.filter":                      true,
	"json.is_valid":                    true,
	"json.marshal":                     true,
	"json.remove":                      true,
	"json.unmarshal":                   true,
	"lower":                            true,
	"lt":                               true,
	"lte":                              true,
	"max":                              true,
	"min":                              true,
	"minus":                            true,
	"mul":                              true,
	"neq":                              true,
	"net.cidr_contains":                true,
	"net.cidr_intersects":              true,
	"net.cidr_overlap":                 true,
	"numbers.range":                    true,
	"object.filter":                    true,
	"object.get":                       true,
	"object.keys":                      true,
	"object.remove":                    true,
	"object.union":                     true,
	"object.union_n":                   true,
	"or":                               true,
	"plus":                             true,
	"product":                          true,
	"re_match":                         true,
	"regex.find_all_string_submatch_n": true,
	"regex.is_valid":                   true,
	"regex.match":                      true,
	"rem":                              true,
	"replace":                          true,
	"round":                            true,
	"set_diff":                         true,
	"sort":                             true,
	"split":                            true,
	"startswith":                       true,
	"strings.replace_n":                true,
	"strings.reverse":                  true,
	"substring":                        true,
	"sum":                              true,
	"to_number":                        true,
	"trim":                             true,
	"trim_left":                        true,
	"trim_prefix":                      true,
	"trim_right":                       true,
	"trim_space":                       true,
	"trim_suffix":                      true,
	"type_name":                        true,
	"union":                            true,
	"upper":                            true,
	"walk":                             true,
}

// builtinsOf returns all functions that the plan, in JSON, calls and, of these,
// the ones that the host must bring, both sorted.
func builtinsOf(plan []byte) (all, host []string, err error) {
	// Only this corner of the plan, which can be large.
	var policy struct {
		Static struct {
			Functions []struct {
				Name string `json:"name"`
			} `json:"builtin_funcs"`
		} `json:"static"`
	}
	if err := json.Unmarshal(plan, &policy); err != nil {
		return nil, nil, err
	}
	all, host = []string{}, []string{}
	for _, function := range policy.Static.Functions {
		all = append(all, function.Name)
		if !nativeBuiltins[function.Name] {
			host = append(host, function.Name)
		}
	}
	slices.Sort(all)
	slices.Sort(host)
	return all, host, nil
}
