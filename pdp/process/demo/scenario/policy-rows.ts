import {
  accessToken,
  boundTo,
  checkout,
  dpopProof,
  invoicing,
  jwtSvid,
  supportConsole,
  type Workload,
} from '../credentials.ts'
import type { DemoAuthority, DemoService } from '../world.ts'
import { allowed, ask, bearer, deniedByPolicy, dpop, paymentPath, urlOf } from './ask.ts'
import type { Call, Group, Stage } from './row.ts'

const payment = { path: paymentPath }

/** A workload reads the payment with a JWT-SVID that is bound to its key, and a proof. */
function provenRead(stage: Stage, domain: DemoAuthority, workload: Workload, service: DemoService): Call {
  const { world, now } = stage
  const token = jwtSvid(domain, workload, service, now(), { claims: boundTo(world.client) })
  const url = urlOf(paymentPath, service)
  const proof = dpopProof(world.client, token, { method: 'GET', url }, now())
  return ask(dpop(token, proof), { service, pep: 'gateway', path: paymentPath })
}

const check = (name: string, id: string) => ({ action: { name }, resource: { type: 'order', id } })

/** The second gate: the example policy of orders. */
export const policyRows: Group = {
  title: 'What the caller may do',
  rows: [
    {
      asked: 'a staging workload reads a production order',
      calls: ({ world, now }) => [ask(bearer(jwtSvid(world.staging, checkout, 'orders', now())))],
      expected: deniedByPolicy('environment_mismatch'),
    },
    {
      asked: 'checkout cancels an order, in production',
      calls: ({ world, now }) => {
        const { action, resource } = check('cancel', '42')
        const more = { action, resource }
        return [ask(bearer(jwtSvid(world.production, checkout, 'orders', now())), { more })]
      },
      expected: deniedByPolicy('no_right'),
    },
    {
      asked: 'low assurance: a payment on a bearer token',
      calls: ({ world, now }) => [ask(bearer(accessToken(world, invoicing, 'orders', now())), payment)],
      expected: deniedByPolicy('assurance_too_low, possession_required'),
    },
    {
      asked: 'a payment on a grant that expired',
      calls: (stage) => [provenRead(stage, stage.world.production, supportConsole, 'orders')],
      expected: deniedByPolicy('grant_expired, namespace_mismatch'),
    },
    {
      asked: 'the same in staging, on a grant that holds',
      calls: (stage) => [provenRead(stage, stage.world.staging, supportConsole, 'orders-staging')],
      expected: allowed('just_in_time_grant + mask_fields, notify'),
    },
    {
      asked: 'two questions at once: read and cancel',
      calls: ({ world, now }) => {
        const token = jwtSvid(world.production, checkout, 'orders', now())
        return [ask(bearer(token), { more: { checks: [check('read', '42'), check('cancel', '42')] } })]
      },
      expected: deniedByPolicy('allow standing_right, deny no_right'),
    },
  ],
}
