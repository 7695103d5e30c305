package main

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// regoText writes a value as the module's own parser reads it: JSON, sets as
// {1, 2} and set(), any value as a key. OPA's own String quotes as Go does.
func regoText(value ast.Value) string {
	var out strings.Builder
	writeRego(&out, value)
	return out.String()
}

func writeRego(out *strings.Builder, value ast.Value) {
	switch v := value.(type) {
	case ast.String:
		out.WriteString(quote(string(v)))
	case *ast.Array:
		out.WriteByte('[')
		for i := range v.Len() {
			separate(out, i)
			writeRego(out, v.Elem(i).Value)
		}
		out.WriteByte(']')
	case ast.Object:
		out.WriteByte('{')
		i := 0
		v.Foreach(func(key, item *ast.Term) {
			separate(out, i)
			writeRego(out, key.Value)
			out.WriteByte(':')
			writeRego(out, item.Value)
			i++
		})
		out.WriteByte('}')
	case ast.Set:
		if v.Len() == 0 {
			out.WriteString("set()")
			return
		}
		out.WriteByte('{')
		for i, item := range v.Slice() {
			separate(out, i)
			writeRego(out, item.Value)
		}
		out.WriteByte('}')
	default:
		out.WriteString(value.String())
	}
}

func separate(out *strings.Builder, i int) {
	if i > 0 {
		out.WriteByte(',')
	}
}
