package main

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// valueLimit bounds the text of one value, in bytes; an input can be large.
const valueLimit = 1024

func operatorOf(expr *ast.Expr) string {
	if !expr.IsCall() {
		return ""
	}
	switch name := expr.Operator().String(); name {
	case ast.Member.Name, ast.MemberWithKey.Name:
		return "in"
	default:
		return name
	}
}

// operandsOf reads what the expression compared or called with.
func (x *explainer) operandsOf(event *topdown.Event, expr *ast.Expr) []operand {
	operands := []operand{}
	switch terms := expr.Terms.(type) {
	case *ast.Term:
		operands = append(operands, x.operandOf(event, terms))
	case []*ast.Term:
		for _, term := range terms[1:] {
			if _, unbound := event.Plug(term).Value.(ast.Var); unbound {
				continue // what the expression was to give a value to
			}
			operands = append(operands, x.operandOf(event, term))
		}
	case *ast.Every:
		operands = append(operands, x.operandOf(event, terms.Domain))
	}
	return slices.DeleteFunc(operands, func(o operand) bool { return strings.Contains(o.Text, generated) })
}

// generated begins the names that the compiler gives to variables of its own;
// what has no other text means nothing to the author.
const generated = "__local"

func (x *explainer) operandOf(event *topdown.Event, term *ast.Term) operand {
	read := operand{Text: sourceOf(term), Value: "undefined"}
	plugged := event.Plug(term)
	ref, ok := plugged.Value.(ast.Ref)
	if !ok {
		read.Value = textOf(plugged)
		return read
	}
	ref = slices.Clone(ref) // it may be the policy's own
	ref[0] = event.Plug(ref[0])
	// With a variable in it, the reference stands for many values: show all.
	if value := x.lookup(event, ref.GroundPrefix()); value != nil {
		read.Value = textOf(value)
	}
	return read
}

// lookup finds what a reference to input, data or a value stands for.
func (x *explainer) lookup(event *topdown.Event, ref ast.Ref) *ast.Term {
	if ref[0].Equal(ast.InputRootDocument) {
		if event.Input() == nil {
			return nil
		}
		return find(event.Input().Value, ref[1:])
	}
	if !ref[0].Equal(ast.DefaultRootDocument) {
		return find(ref[0].Value, ref[1:])
	}
	for length := len(ref); length > 1; length-- {
		if value, known := x.values[ref[:length].String()]; known {
			return find(value.Value, ref[length:])
		}
	}
	return find(x.data, ref[1:])
}

func find(in ast.Value, path ast.Ref) *ast.Term {
	value, err := in.Find(path)
	if err != nil {
		return nil
	}
	return ast.NewTerm(value)
}

// sourceOf returns the term as its author wrote it: the compiler has put names
// of its own in the place of variables, imports and rules.
func sourceOf(term *ast.Term) string {
	text := term.String()
	switch term.Value.(type) {
	case ast.Var, ast.Ref:
	default:
		if !strings.Contains(text, generated) {
			return text
		}
	}
	if at := term.Location; at != nil && len(at.Text) > 0 {
		return string(at.Text)
	}
	return text
}

func textOf(term *ast.Term) string {
	text := term.String()
	if len(text) > valueLimit {
		return strings.ToValidUTF8(text[:valueLimit], "") + "…"
	}
	return text
}
