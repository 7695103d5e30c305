import { sha256 } from '../../pdp/core/digest.ts'
import { packBundle } from '../../pdp/policy/pack-bundle.ts'
import { writeReadSets } from '../../pdp/policy/read-set/metadata.ts'
import { analysePlan } from '../../pdp/rego/read-set/analyse-plan.ts'
import { createRegoToolchain } from '../../pdp/rego/toolchain.ts'
import type { OpaEnvoyDialect, Service } from '../../pdp/core/service.ts'
import { createService } from './world.ts'

/**
 * A policy as it is written for OPA-Envoy. `answer` is what the header `x-answer` says, and undefined without one; `shown`
 * allows, and has its whole input in the metadata.
 */
const opaEnvoyPolicy = `package envoy.authz
import rego.v1
allow := json.unmarshal(input.attributes.request.http.headers["x-answer"])
shown := {"allowed": true, "dynamic_metadata": {"input": input}}
counted := {"allowed": true, "dynamic_metadata": {"path": input.parsed_path}}
broken := 1 if input.version.ext_authz == "v3"
`

const opaEnvoyEntrypoints = ['envoy/authz/allow', 'envoy/authz/shown', 'envoy/authz/counted', 'envoy/authz/broken']

/** The policy as a bundle, with what each entrypoint reads. */
export async function opaEnvoyArchive(rego = opaEnvoyPolicy, entrypoints: readonly string[] = opaEnvoyEntrypoints) {
  const toolchain = createRegoToolchain()
  try {
    const compiled = await toolchain.compile({ modules: { 'p.rego': rego }, entrypoints, revision: 'r', plan: true })
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.errors))
    const { wasm, manifest, plan } = compiled.value
    return packBundle({ wasm, manifest: { ...manifest, metadata: writeReadSets(analysePlan(plan), sha256(wasm)) } })
  } finally {
    await toolchain.close()
  }
}

export const usualDialect: OpaEnvoyDialect = { name: 'opa-envoy', exposeCredentials: false, parseBody: true }

/** A service of the bundle `opa`, asked by the gateway in the place of `orders`. */
export const opaService = (more: Partial<Service> = {}, dialect: Partial<OpaEnvoyDialect> = {}): Service =>
  createService('orders', {
    policy: 'opa',
    entrypoint: 'envoy/authz/allow',
    identity: 'policy',
    dialect: { ...usualDialect, ...dialect },
    ...more,
  })
