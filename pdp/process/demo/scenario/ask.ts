import { type DemoService, demoAudiences } from '../world.ts'
import type { Call, Row } from './row.ts'

type Headers = Readonly<Record<string, string | readonly string[]>>

/** What differs from a read of order 42 that the enforcement point of `orders` asks about. */
export interface Asked {
  readonly service?: DemoService
  readonly pep?: 'api' | 'gateway'
  readonly path?: string
  readonly more?: object
}

/** An enforcement point hands over the request that it received. */
export function ask(headers: Headers, { service = 'orders', pep = 'api', path = orderPath, more }: Asked = {}): Call {
  return { pep, service, body: { request: { method: 'GET', url: urlOf(path, service), headers }, ...more } }
}

/** What a resource is called outside. */
export const urlOf = (path: string, service: DemoService = 'orders'): string => `${demoAudiences[service]}${path}`

const orderPath = '/v1/orders/42'
export const paymentPath = '/v1/payments/1042'

/** Evidence as HTTP carries it. */
export const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` })
export const dpop = (token: string, proof: string): Headers => ({ authorization: `DPoP ${token}`, dpop: proof })

/** What a row expects. */
export const allowed = (why: string): Row['expected'] => ({ decided: 'allow', code: 'ALLOWED', why })
export const denied = (code: string, why: string): Row['expected'] => ({ decided: 'deny', code, why })
export const deniedByPolicy = (why: string): Row['expected'] => denied('POLICY_DENIED', why)
export const refused = (status: number, code: string, why: string): Row['expected'] => ({
  decided: String(status),
  code,
  why,
})
