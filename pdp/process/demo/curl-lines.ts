import type { Instant } from '../../core/time.ts'
import { accessToken, boundTo, checkout, invoicing, jwtSvid } from './credentials.ts'
import { type DemoWorld, demoAudiences } from './world.ts'

/** A call to paste into a shell, and what it answers. */
export interface CurlLine {
  readonly expect: string
  readonly line: string
}

/** Three calls for the enforcement point of `orders`; their tokens are good for an hour from `now`. */
export function curlLines(world: DemoWorld, decisions: string, now: Instant): readonly CurlLine[] {
  const stolen = accessToken(world, invoicing, 'orders', now, { claims: boundTo(world.client) })
  const call = (path: string, token: string) => curl(world, `${decisions}/authorize/orders`, path, token)
  return [
    {
      expect: 'allow, standing_right: the checkout workload reads an order of its own shop',
      line: call('/v1/orders/42', jwtSvid(world.production, checkout, 'orders', now)),
    },
    {
      expect: 'deny, environment_mismatch: the checkout workload of staging asks production',
      line: call('/v1/orders/42', jwtSvid(world.staging, checkout, 'orders', now)),
    },
    {
      expect: 'deny, PROOF_REQUIRED: a stolen token, without the key that it is bound to',
      line: call('/v1/payments/1042', stolen),
    },
  ]
}

/** The header is the enforcement point's own key, the body is the request that it received. Nothing here holds a quote. */
function curl({ api }: DemoWorld, url: string, path: string, token: string): string {
  const request = {
    method: 'GET',
    url: `${demoAudiences.orders}${path}`,
    headers: { authorization: `Bearer ${token}` },
  }
  return `curl --json '${JSON.stringify({ request })}' -H 'authorization: Bearer ${api.key}' ${url}`
}
