import { Client, credentials } from '@grpc/grpc-js'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { instant } from '../../../pdp/core/time.ts'
import { checkPath } from '../../../pdp/doors/ext-authz/check-method.ts'
import { checkBytes, readCheckAnswer } from '../../support/check-messages.ts'
import { bearer, svid } from '../../support/world.ts'
import { callGrpc as call, createSite, run, type Run, type Site, stop, usual } from './harness.ts'

let site: Site
const running: Run[] = []
beforeEach(async () => {
  site = await createSite()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map(stop))
  await site.remove()
})

const check = () => checkBytes({ headers: bearer(svid({ now: instant(Date.now()) })) })

async function serve() {
  const started = run(['start'], site.folder)
  running.push(started)
  const [, where = ''] = await started.says(/ext_authz (\S+)/)
  const target = where.startsWith('unix:') ? where : where.replace('http://', '')
  return { started, client: new Client(target, credentials.createInsecure()) }
}

test('an Envoy sidecar asks over a Unix socket, which is its authentication; health says SERVING', async () => {
  const socket = `unix:${join(site.folder, 'ext-authz.sock')}`
  await site.configure({
    listen: { ...usual.listen, ext_authz: socket },
    peps: { gateway: { socket: 'ext_authz', failure_mode_allow: false } },
  })
  const { client } = await serve()
  const answer = readCheckAnswer(await call(client, checkPath, check(), ''))
  expect(answer).toMatchObject({ code: 0, metadata: { decision: 'allow' } })
  expect([...(await call(client, '/grpc.health.v1.Health/Check', Buffer.alloc(0), ''))]).toEqual([8, 1])
  client.close()
})

test.each(['own', 'node'])(
  'stopped under load over %s HTTP/2, every call is answered: Envoy is told to go elsewhere first',
  async (http2) => {
    await site.configure({ listen: { ...usual.listen, ext_authz: '127.0.0.1:0' }, ext_authz: { http2 } })
    const { started, client } = await serve()
    const codes: number[] = []
    const failed: string[] = []
    let going = true
    const loop = async () => {
      while (going) {
        try {
          codes.push(readCheckAnswer(await call(client, checkPath, check(), site.key)).code)
        } catch (error) {
          // nobody listens any more: such a call was never taken
          if (!/ECONNREFUSED|No connection established/.test(String(error))) failed.push(String(error))
          break
        }
      }
    }
    const loops = Array.from({ length: 8 }, loop)
    while (codes.length < 100) await new Promise((resolve) => setTimeout(resolve, 10))
    started.child.kill('SIGTERM')
    expect(await started.ended()).toBe(0)
    going = false
    client.close()
    await Promise.all(loops)
    expect(failed).toEqual([])
    expect(new Set(codes)).toEqual(new Set([0]))
  },
)
