import type { JsonValue } from '../../../../pdp/core/json.ts'

/** A small policy and inputs that satisfy its deep conditions: random inputs alone hide what only those reach. */
export interface SmallPolicy {
  readonly name: string
  /** The module below its `package p.<name>`; the entrypoint is `decision`. */
  readonly rego: string
  /** Found as `data.d.<name>`. */
  readonly data?: JsonValue
  readonly seeds: readonly JsonValue[]
  /** Further packages, by what follows `p.<name>.` in their name. */
  readonly packages?: Readonly<Record<string, string>>
}

export const smallPolicies: readonly SmallPolicy[] = [
  {
    name: 'aliases',
    rego: `decision if { x := input.a; y := x.b; z := y; z.c == "z"; x.d[0] == y.e }`,
    seeds: [{ a: { b: { c: 'z', e: 1, f: 2 }, d: [1, 2], g: {} }, h: 1 }],
  },
  {
    name: 'parameters',
    rego: `
admin(s) if s.role == "admin"
older(s, n) if s.age > n
decision := {"admin": admin(input.user), "old": older(input.user.parent, input.limits.age)}`,
    seeds: [
      { user: { role: 'admin', name: 'x', parent: { age: 50, role: 'u', name: 'y' } }, limits: { age: 40, size: 3 } },
    ],
  },
  {
    name: 'two_callers',
    rego: `
v(x) := x.v
decision := [v(input.a), v(input.b.c), v(data.d.two_callers)]`,
    data: { v: 7 },
    seeds: [{ a: { v: 1, w: 2 }, b: { c: { v: [1, { k: 2 }], u: 3 }, d: 4 } }],
  },
  {
    name: 'comprehensions',
    rego: `decision := {
	"set": {k | some k, v in input.items; v.on},
	"list": [v.name | some v in input.items],
	"object": {v.name: v.size | some v in input.items; v.on == true},
}`,
    seeds: [
      {
        items: {
          a: { on: true, name: 'A', size: 1, x: 1 },
          b: { on: false, name: 'B', y: [1] },
          c: { on: true, name: 'C' },
        },
        other: { on: true },
      },
    ],
  },
  {
    name: 'every_header',
    rego: `decision if {
	some g in input.groups
	every name, h in g.headers { h.ok == true; name != g.forbidden }
}`,
    seeds: [
      {
        groups: [
          { headers: { a: { ok: false, x: 1 } }, forbidden: 'b' },
          { headers: { a: { ok: true, x: 2 }, b: { ok: true } }, forbidden: 'c', rest: 1 },
        ],
      },
    ],
  },
  {
    name: 'else_chain',
    rego: `
allow if input.x == 1
else := "other" if input.secret.flag
else := input.fallback.value if not input.secret.hidden
decision := allow`,
    seeds: [
      { x: 1, secret: { flag: true, a: 1 } },
      { x: 2, secret: { flag: true, a: 1 }, fallback: { value: { n: 1 }, b: 2 } },
      { x: 2, secret: { a: 1 }, fallback: { value: { n: 1 }, b: 2 } },
    ],
  },
  {
    name: 'with_input',
    rego: `
inner if input.q.r == 1
decision if { inner with input as {"q": {"r": input.real.n}}; input.after }`,
    seeds: [{ real: { n: 1, m: 2 }, after: true, q: { r: 5 } }],
  },
  {
    name: 'with_input_path',
    rego: `
inner := [input.q.r, input.s]
decision := d if d := inner with input.q.r as input.other.deep with input.t as 3`,
    seeds: [
      { q: { r: 1, k: 2 }, s: { t: 1 }, other: { deep: [1], x: 2 }, u: 1 },
      { q: 3, s: 1, other: { deep: 2 } },
    ],
  },
  {
    name: 'with_input_alias',
    rego: `
inner := x.y if { x := input.sub }
decision := [a, b] if { a := inner with input as input.first; b := inner with input as input.second.third }`,
    seeds: [{ first: { sub: { y: 1, z: 1 }, o: 1 }, second: { third: { sub: { y: 2, z: 2 } }, p: 1 }, sub: { y: 9 } }],
  },
  {
    name: 'with_data',
    rego: `
allowed if input.level >= data.d.with_data.limit
limits := data.d.with_data.limit
decision := {"plain": limits, "mocked": [l | allowed with data.d.with_data.limit as input.y; l := limits with data.d.with_data.limit as input.z.a]}`,
    data: { limit: 5 },
    seeds: [{ level: 3, y: 2, z: { a: { b: 1 }, c: 1 } }],
  },
  {
    name: 'dynamic_rules',
    rego: `
m[k] := v.n if some k, v in input.o
n[input.kind][k] contains v.n if some k, v in input.o
decision := {"one": m[input.key], "all": n}`,
    seeds: [{ o: { a: { n: 1, x: 1 }, b: { n: [2], x: 1 }, c: { m: 1 } }, key: 'a', kind: 'k', rest: { n: 1 } }],
  },
  {
    name: 'partial_sets',
    rego: `
deny contains {"code": "old", "age": input.age} if input.age > data.d.partial_sets.maximum
deny contains {"code": "role"} if not input.role in {"a", "b"}
deny contains {"code": m.code} if some m in input.messages
decision := {"allow": count(deny) == 0, "reasons": deny}`,
    data: { maximum: 10 },
    seeds: [
      { age: 5, role: 'a', messages: [], x: 1 },
      { age: 15, role: 'c', messages: [{ code: 'x', text: 't' }, { text: 'u' }] },
    ],
  },
  {
    name: 'array_patterns',
    rego: `
decision := [a, c] if [a, _, c] = input.list
decision := ["pair", y] if ["x", {"k": y}] = input.pair
decision := ["nested", b] if [[1, b], 2] = input.nested`,
    seeds: [
      { list: [{ p: 1 }, 2, 3], pair: 0, nested: 0, x: 1 },
      { list: [1, 2], pair: ['x', { k: { z: 1 } }], y: 1 },
      { list: 'abc', pair: ['y'], nested: [[1, 'b'], 2], z: [1] },
    ],
  },
  {
    name: 'object_patterns',
    rego: `decision := [x, y] if {"a": x, "b": {"c": 1, "d": y}} = input.obj`,
    seeds: [{ obj: { a: { q: 1 }, b: { c: 1, d: 'y' } }, x: 1 }, { obj: { a: 1, b: { c: 1, d: 2, e: 3 } } }],
  },
  {
    name: 'dispatch',
    rego: `
decision := {"one": data.p.dispatch.kinds[input.kind].allow, "all": [k | some k; data.p.dispatch.kinds[k].allow == true]}`,
    packages: {
      'kinds.alpha': 'allow if input.alpha.x == 1',
      'kinds.beta': 'default allow := false\nallow if input.beta.y.z',
      'kinds.gamma': 'allow := input.gamma.value',
    },
    data: {},
    seeds: [
      { kind: 'alpha', alpha: { x: 1, y: 2 }, beta: { y: { z: 1, w: 1 } }, gamma: { value: { a: 1 }, b: 1 }, delta: 1 },
      { kind: 'gamma', alpha: { x: 2 }, gamma: { value: true, b: 1 } },
    ],
  },
  {
    name: 'nested_packages',
    rego: `
import data.p.nested_packages.lib
decision if { lib.roles[_] == "admin"; lib.deep.fine(input.request) }`,
    packages: {
      lib: 'roles contains r if some r in input.subject.roles\nroles contains "admin" if input.subject.root',
      'lib.deep':
        'fine(r) if r.method == "GET"\nfine(r) if { r.method == "POST"; r.size < data.d.nested_packages.size }',
    },
    data: { size: 100 },
    seeds: [
      { subject: { roles: ['x', 'admin'], name: 'n' }, request: { method: 'POST', size: 5, body: { a: 1 } } },
      { subject: { root: true, name: 'n' }, request: { method: 'GET', size: 500 } },
    ],
  },
  {
    name: 'walks',
    rego: `decision := {concat("/", [format_int(count(path), 10), json.marshal(value)]) | walk(input.tree, [path, value]); value == "needle"}`,
    seeds: [{ tree: { a: [{ b: 'needle' }], c: { d: 'needle' } }, needle: 'needle' }],
  },
  {
    name: 'whole_input',
    rego: `
f(x) := count(x)
decision := {"n": f(input), "a": g(input)}
g(x) := x.a.b`,
    seeds: [{ a: { b: 1, c: 2 }, d: 3 }],
  },
  {
    name: 'passed_on',
    rego: `
first(x) := second(x.one)
second(x) := third(x, "leaf")
third(x, k) := x[k]
decision := [first(input), second(input.two), third(input.three, input.name)]`,
    seeds: [
      {
        one: { leaf: 1, x: 1 },
        two: { leaf: { a: 2 }, y: 1 },
        three: { n: 3, leaf: 4, z: 1 },
        name: 'n',
      },
    ],
  },
  {
    name: 'object_get',
    rego: `decision := [
	object.get(input.a, "b", 0),
	object.get(input, ["x", "y"], "none"),
	object.get(input.o, input.k, input.otherwise),
	object.get(object.get(input, "deep", {}), ["p", "q"], {"d": 1}).d,
	object.get(input, [], 0).last,
	object.get(input.list, [0], "no object"),
]`,
    seeds: [
      {
        a: { b: { c: 1 }, e: 1 },
        x: { y: 1, z: 2 },
        o: { k1: 1 },
        k: 'k1',
        deep: { p: { q: { d: 5, e: 6 } } },
        last: 1,
        list: {},
      },
      { a: {}, x: 3, o: {}, k: 'k2', otherwise: [1], deep: {}, last: 2, list: { 0: 1 } },
    ],
  },
  {
    name: 'json_filter',
    rego: `decision := {"kept": json.filter(input.doc, ["a/b", "c"]), "removed": json.remove(input.other, ["x"])}`,
    seeds: [{ doc: { a: { b: 1, z: 2 }, c: [1], d: 1 }, other: { x: 1, y: 2 }, more: 1 }],
  },
  {
    name: 'templates',
    rego: 'decision := $"{input.name} is {input.facts.age} or {input.missing}"',
    seeds: [{ name: 'N', facts: { age: 3, x: 1 }, y: 1 }],
  },
  {
    name: 'defaults',
    rego: `
default allow := false
allow if { input.user.ok; input.device.ok }
default grade(_) := "none"
grade(x) := x.grade if x.graded
decision := {"allow": allow, "grade": grade(input.exam)}`,
    seeds: [
      { user: { ok: true, x: 1 }, device: { ok: 'yes', y: 1 }, exam: { graded: true, grade: [1], z: 1 } },
      { user: { ok: false }, device: { ok: 1 }, exam: { graded: false, grade: 1 } },
    ],
  },
  {
    name: 'rule_objects',
    rego: `
out.allow := true if input.a.b
out.level := input.level
out.reasons contains r.code if some r in input.reasons
out.by_name[r.name] := r.code if some r in input.reasons
decision := out`,
    seeds: [
      {
        a: { b: 1, c: 2 },
        level: { n: 1 },
        reasons: [
          { code: 'x', name: 'n', t: 1 },
          { code: 'y', t: 2 },
        ],
        z: 1,
      },
    ],
  },
  {
    name: 'negation',
    rego: `
decision if { not input.user.blocked; not banned; not bad_item }
bad_item if input.list[_].bad
banned if input.user.id in data.d.negation.banned`,
    data: { banned: ['u1', 'u2'] },
    seeds: [
      { user: { blocked: false, id: 'u3', x: 1 }, list: [{ good: 1 }, { bad: false }] },
      { user: { id: 'u1' }, list: [] },
    ],
  },
  {
    name: 'indices',
    rego: `decision := {"s": input.segments[1], "n": count(input.segments), "v": input.segments[0] == "v1", "last": input.rows[2].cells[1].text}`,
    seeds: [
      {
        segments: ['v1', 'orders', '42'],
        rows: [0, 1, { cells: [{ text: 'a' }, { text: 'b', x: 1 }, 5], y: 1 }, 3],
        z: 1,
      },
    ],
  },
  {
    name: 'dynamic_keys',
    rego: `decision := {"cell": input.table[input.row][input.col], "by_data": input.table[data.d.dynamic_keys.row].c, "data": data.d.dynamic_keys[input.col]}`,
    data: { row: 'r2', c: 'from data' },
    seeds: [{ table: { r1: { c: 1, d: 2 }, r2: { c: { e: 3 }, f: 4 } }, row: 'r1', col: 'c', x: 1 }],
  },
  {
    name: 'deep_paths',
    rego: `decision := input${'.a'.repeat(30)}.b`,
    seeds: [deep(30, { b: 'bottom', c: 1 }), deep(20, { b: 1 })],
  },
  {
    name: 'conflicts',
    rego: `
x := input.one if input.a
x := input.two if input.b
decision := x`,
    seeds: [
      { a: 1, b: 1, one: { k: 1 }, two: { k: 1 }, z: 1 },
      { a: 1, b: false, one: 1, two: 2 },
    ],
  },
  {
    name: 'membership',
    rego: `decision := [1 | "admin" in input.roles] if { input.who in data.d.membership.list; {"k": input.v} in input.sets }`,
    data: { list: ['w', 'x'] },
    seeds: [{ roles: ['admin', 'u'], who: 'w', v: 3, sets: [{ k: 3 }, { k: 4 }], z: 1 }],
  },
  {
    name: 'set_operations',
    rego: `decision := {"both": {r | some r in input.roles} & data_roles, "either": {r.n | some r in input.more} | {1}}
data_roles := {r | some r in data.d.set_operations.roles}`,
    data: { roles: ['a', 'b'] },
    seeds: [{ roles: ['a', 'c'], more: [{ n: 1, m: 1 }, { n: 2 }], z: 1 }],
  },
  {
    name: 'formatting',
    rego: `decision := concat(",", [sprintf("%v-%d", [input.any, input.n]), upper(input.text), trim(input.text, input.cut)])`,
    seeds: [{ any: { a: [1] }, n: 3, text: 'xabx', cut: 'x', z: 1 }],
  },
  {
    name: 'truth',
    rego: `
decision contains "flag" if input.flag
decision contains "resource" if input.resource
decision contains "not null" if input.nothing != null
decision contains "text" if input.thing == "text"
decision contains "one" if input.count == 1
decision contains "typed" if input.list == []`,
    seeds: [
      { flag: true, resource: { a: 1, b: 2 }, nothing: null, thing: 'text', count: 1, list: [] },
      { flag: 0, resource: [1, 2], nothing: { a: 1 }, thing: { text: 'text' }, count: { n: 1 }, list: [1] },
    ],
  },
  {
    name: 'counting',
    rego: `decision := [count(input.list), count(object.keys(input.map)), {k | input.map[k]}, {i | input.list[i]}]`,
    seeds: [{ list: [{ a: 1 }, 2, [3]], map: { a: 1, b: { c: 2 }, d: false }, z: 1 }],
  },
  {
    name: 'equal_inputs',
    rego: `decision := {"same": [1 | input.a == input.b], "other": [1 | input.c != input.d.e], "unify": [y | [1, y] = [input.f, input.g]]}`,
    seeds: [{ a: { x: 1 }, b: { x: 1 }, c: 1, d: { e: 2, h: 1 }, f: 1, g: [2], z: 1 }],
  },
  {
    name: 'arithmetic',
    rego: `decision := [input.n + input.m.k, input.n > 3, sum(input.list), max([x.v | some x in input.objects])]`,
    seeds: [{ n: 4, m: { k: 2, l: 1 }, list: [1, 2], objects: [{ v: 1, w: 2 }, { v: 5 }], z: 1 }],
  },
  {
    name: 'memoized',
    rego: `
r := input.v.x
decision := [r, s, t] if { s := r with input as {"v": input.w}; t := r with input.v as {"x": input.u.x} }`,
    seeds: [{ v: { x: 1, y: 1 }, w: { x: 2, y: 2 }, u: { x: 3, y: 3 } }],
  },
  {
    name: 'joined_lists',
    rego: `decision := {i | some i; input.xs[i].v == input.ys[i].v; input.xs[i].on}`,
    seeds: [
      {
        xs: [
          { v: 1, on: 1 },
          { v: 2, on: 1, n: 1 },
        ],
        ys: [{ v: 1, m: 1 }, { v: 3 }],
        z: 1,
      },
    ],
  },
  {
    name: 'grown_objects',
    rego: `decision := object.union({"a": input.a.b}, array.concat([{"c": input.c}], [])[0]) if json.patch(input.doc, [{"op": "add", "path": "k", "value": input.v}]).k`,
    seeds: [{ a: { b: 1, x: 1 }, c: { d: 1 }, doc: { e: 1 }, v: 7, z: 1 }],
  },
  {
    name: 'odd_names',
    rego: `decision := [input["a b"].c, input["0"], input["é\\"x"], input.list["0"], input.toString]`,
    seeds: [{ 'a b': { c: 1, d: 2 }, 0: 'zero', 'é"x': 1, list: { 0: 1, 1: 2 }, toString: 's', z: 1 }],
  },
  {
    name: 'loops_in_loops',
    rego: `
edges contains [a, b.to] if some a, list in input.graph; some b in list
decision := {x | some x in input.start; some y in [e[1] | some e in edges; e[0] == x]; every z in input.graph[y] { z.cost < input.maximum }}`.replace(
      'if some a, list in input.graph; some b in list',
      'if { some a, list in input.graph; some b in list }',
    ),
    seeds: [
      {
        graph: {
          a: [{ to: 'b', cost: 1, x: 1 }],
          b: [
            { to: 'a', cost: 2 },
            { to: 'c', cost: 3, y: 1 },
          ],
          c: [],
        },
        start: ['a', 'b'],
        maximum: 5,
        z: 1,
      },
    ],
  },
  {
    name: 'no_input',
    rego: 'decision := data.d.no_input.v',
    data: { v: 1 },
    seeds: [{ a: 1, b: { c: [1] } }],
  },
]

function deep(levels: number, bottom: JsonValue): JsonValue {
  let value = bottom
  for (let i = 0; i < levels; i++) value = { a: value, [`x${i}`]: i }
  return value
}
