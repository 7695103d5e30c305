import { z } from 'zod'
import { aws } from './sections/aws.ts'
import { bundles } from './sections/bundles.ts'
import { fleet, revocation, workers } from './sections/fleet.ts'
import { envoyExtAuthzGrpc } from './sections/envoy-ext-authz-grpc.ts'
import { admin, extAuthz, httpAuthz, listen, tls } from './sections/listen.ts'
import { audit, limits, policyHeaders, state } from './sections/runtime.ts'
import { registry, sunset } from './sections/registry.ts'
import { peps, services } from './sections/services.ts'
import { links, trust } from './sections/trust.ts'

/** The configuration file: one strict schema per section, defaults only here. */
export const configSchema = z.strictObject({
  services,
  peps,
  trust,
  links,
  registry: registry.optional(),
  sunset,
  aws: aws.optional(),
  bundles,
  policy_headers: policyHeaders.prefault({}),
  listen: listen.prefault({}),
  ext_authz: extAuthz.optional(),
  http_authz: httpAuthz.optional(),
  envoy_ext_authz_grpc: envoyExtAuthzGrpc.optional(),
  tls: tls.optional(),
  state,
  audit: audit.prefault({}),
  limits: limits.prefault({}),
  fleet: fleet.optional(),
  workers,
  admin: admin.prefault({}),
  revocation: revocation.prefault({}),
})

/** A configuration that was read and checked, every default in place. */
export type Config = z.output<typeof configSchema>

/** The same, published as JSON Schema. */
export const configJsonSchema = (): Record<string, unknown> => z.toJSONSchema(configSchema, { io: 'input' })
