import { isIP } from 'node:net'
import type { Builtin } from '../../../pdp/policy/builtins/builtin.ts'
import { builtins } from '../../../pdp/policy/builtins/list.ts'
import { setOf } from '../../../pdp/policy/value.ts'

// The cases of these three hold without a network: literals and localhost, requests that must not be sent, and the
// builtin that only the suite has. The product refuses all of them when it loads a bundle.

const lookup: Builtin = {
  name: 'net.lookup_ip_addr',
  call(name) {
    if (name === 'localhost') return setOf('127.0.0.1')
    return typeof name === 'string' && isIP(name) > 0 ? setOf(name) : undefined
  },
}

const send: Builtin = { name: 'http.send', call: () => undefined }

const sleep: Builtin = { name: 'test.sleep', call: () => null }

/** The builtins of the product, and those that only the conformance suite may use. */
export const harnessBuiltins: readonly Builtin[] = [...builtins, lookup, send, sleep]
