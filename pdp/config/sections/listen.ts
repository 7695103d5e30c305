import { z } from 'zod'
import { readAddress } from '../read-address.ts'
import { fileReference, name, secretReference } from './reference.ts'

const address = z
  .string()
  .refine(
    (text) => readAddress(text) !== undefined,
    'must be ADDRESS:PORT, such as 127.0.0.1:7070 or [::1]:7070, or unix:PATH',
  )

/**
 * `listen`: where each door is. A door exists if its key does. Absent `admin` is `admin.sock` in the folder of `state`.
 * `socket_mode` is of the sockets of doors; the one of administration is 0600.
 */
export const listen = z.strictObject({
  decisions: address.default('127.0.0.1:7070'),
  health: address.default('127.0.0.1:7071'),
  admin: address.optional(),
  ext_authz: address.optional(),
  http_authz: address.optional(),
  socket_mode: z
    .string()
    .regex(/^0[0-7]{3}$/, "must be a mode such as '0600' or '0660', in quotes")
    .default('0600'),
})

/** Listeners that answer enforcement points. */
export const doorNames = ['decisions', 'ext_authz', 'http_authz'] as const

/**
 * `http_authz`: of the listener that reverse proxies ask. `convention`: how they say what the request was; one, since
 * clients could choose between two. `path_prefix`: of Envoy's `http_service`. `source_address_header`: where the proxy says
 * its caller's address, one and nothing else, which counts if `vouch` of the proxy says so; it must set the header itself.
 */
export const httpAuthz = z.strictObject({
  convention: z.enum(['envoy', 'nginx', 'traefik', 'caddy']),
  path_prefix: z
    .string()
    .regex(/^(?:\/[A-Za-z0-9._~-]+)*$/, 'must be a path without a slash at its end')
    .default(''),
  service: name.optional(),
  source_address_header: z
    .string()
    .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'must be the name of a header in lower case, such as x-real-ip')
    .optional(),
})

/**
 * `ext_authz`: of the listener of gRPC. `reflection`: whether tools may ask it what it serves; nothing secret is told.
 * `http2`: whose HTTP/2 it speaks, that of this program or Node's, which costs more for each call.
 */
export const extAuthz = z.strictObject({
  reflection: z.boolean().default(false),
  http2: z.enum(['own', 'node']).default('own'),
})

const client_ca = fileReference.optional()

/**
 * `tls`: of every listener of enforcement points and of administration that is not a Unix socket: files, or our own
 * X.509-SVID from a Workload API, renewed as it is; then absent `client_ca` is the bundle of our trust domain. `off` says
 * that something else does it.
 */
export const tls = z.union([
  z.literal('off'),
  z.strictObject({ cert: fileReference, key: secretReference, client_ca }),
  z.strictObject({
    spiffe: z.string().regex(/^unix:[^\0]+$/, 'must be unix:PATH of a Workload API'),
    client_ca,
  }),
])

/**
 * `admin`: who may operate over TCP; the Unix socket is guarded by its mode. `hosts`: names, besides the address listened
 * on, under which it is reached.
 */
export const admin = z.strictObject({
  tokens: z
    .record(
      name,
      z.strictObject({
        bearer: fileReference,
        roles: z.array(z.enum(['audit:read', 'revoke', 'unrevoke', 'policy'])).min(1),
      }),
    )
    .default({}),
  hosts: z.array(z.string().regex(/^[a-z0-9.-]+$/, 'must be a host name in lower case, without a port')).default([]),
})
