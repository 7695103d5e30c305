import { z } from 'zod'
import { path } from './reference.ts'

/**
 * `envoy_ext_authz_grpc`: what was configured for OPA-Envoy, under its own names, for the services with
 * `dialect: opa-envoy`. It fills in settings of ours where they are absent; what it cannot mean here is refused.
 */
export const envoyExtAuthzGrpc = z.strictObject({
  addr: z.string().min(1).optional(),
  path: z.string().min(1).optional(),
  query: z.string().min(1).optional(),
  'dry-run': z.boolean().default(false),
  'enable-reflection': z.boolean().default(false),
  'proto-descriptor': path.optional(),
  'grpc-max-recv-msg-size': z.int().min(1_024).optional(),
  'grpc-max-send-msg-size': z.int().min(1).optional(),
  'skip-request-body-parse': z.boolean().default(false),
  'enable-performance-metrics': z.boolean().default(false),
  'grpc-request-duration-seconds-buckets': z.array(z.number().positive()).optional(),
})
