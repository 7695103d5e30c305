import { checkout, jwtSvid } from '../credentials.ts'
import { ask, bearer, denied, refused } from './ask.ts'
import type { Group, Stage } from './row.ts'

const forOrders = ({ world, now }: Stage) => bearer(jwtSvid(world.production, checkout, 'orders', now()))
const forTools = ({ world, now }: Stage) => bearer(jwtSvid(world.production, checkout, 'agent-tools', now()))

/** Who asks, for which service, and in which form. */
export const askingRows: Group = {
  title: 'Who asks, and for which service',
  rows: [
    {
      asked: "another service's token",
      calls: (stage) => [ask(forTools(stage))],
      expected: denied('AUDIENCE_REFUSED', 'rfc7519-4.1.3-aud'),
    },
    {
      asked: 'the same through a gateway that may ask for both',
      calls: (stage) => [ask(forTools(stage), { pep: 'gateway' })],
      expected: denied('AUDIENCE_REFUSED', 'rfc7519-4.1.3-aud'),
    },
    {
      asked: 'for a service that does not list who asks',
      calls: (stage) => [ask(forTools(stage), { service: 'agent-tools' })],
      expected: refused(403, 'PEP_REFUSED', 'pep-may-ask-for-service'),
    },
    {
      asked: 'with a key that nobody has',
      calls: (stage) => {
        const { pep: _, ...call } = ask(forOrders(stage))
        return [call]
      },
      expected: refused(401, 'PEP_UNAUTHENTICATED', 'pep-bearer-known'),
    },
    {
      asked: 'a body with one key twice',
      calls: (stage) => {
        const { body, ...call } = ask(forOrders(stage))
        return [{ ...call, body: JSON.stringify(body).replace('{', '{"request":{},') }]
      },
      expected: refused(400, 'REQUEST_MALFORMED', 'json-duplicate-key'),
    },
    {
      asked: 'evidence in two places',
      calls: (stage) => [ask(forOrders(stage), { more: { credentials: [{ type: 'bearer', token: 'a.b.c' }] } })],
      expected: refused(400, 'REQUEST_MALFORMED', 'authorize-evidence-in-one-place'),
    },
  ],
}
