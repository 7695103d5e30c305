import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { Builtin } from '../../../pdp/policy/builtins/builtin.ts'
import { builtins } from '../../../pdp/policy/builtins/list.ts'
import { readGoJson } from '../../../pdp/policy/builtins/read-go-json.ts'
import { isObjectValue, setOf, type Value } from '../../../pdp/policy/value.ts'
import { type Reactor, startReactor } from '../../../pdp/rego/reactor.ts'

// The product refuses these when it loads a bundle. Their cases hold without a network: literals and localhost, requests
// that must not be sent, modules that the toolchain parses, and the builtin that only the suite has.

const lookup: Builtin = {
  name: 'net.lookup_ip_addr',
  call(name) {
    if (name === 'localhost') return setOf('127.0.0.1')
    return typeof name === 'string' && isIP(name) > 0 ? setOf(name) : undefined
  },
}

const send: Builtin = { name: 'http.send', call: () => undefined }

const sleep: Builtin = { name: 'test.sleep', call: () => null }

let reactor: Reactor | undefined

/** OPA's own parser, in this thread. */
const parseModule: Builtin = {
  name: 'rego.parse_module',
  call(path, text) {
    if (typeof path !== 'string' || typeof text !== 'string') return undefined
    reactor ??= startReactor(new WebAssembly.Module(readFileSync(toolchain)))
    const request = JSON.stringify({ verb: 'parse', modules: { [path]: text } })
    const answer = readGoJson(Buffer.from(reactor.call(Buffer.from(request))).toString())
    return memberOf(memberOf(memberOf(answer, 'value'), 'modules'), path)
  },
}

const toolchain = new URL('../../../build/rego.wasm', import.meta.url)

const memberOf = (value: Value | undefined, name: string): Value | undefined =>
  isObjectValue(value) ? value.entries.find(([key]) => key === name)?.[1] : undefined

/** The builtins of the product, and those that only the conformance suite may use. */
export const harnessBuiltins: readonly Builtin[] = [...builtins, lookup, send, sleep, parseModule]
