import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { ask, createSite, serve, stop } from './harness.ts'

test('EMFILE: descriptors run out under a flood of connections; when it ends, asks are answered again', async () => {
  const site = await createSite()
  const pdp = await serve(site)
  try {
    const open = (await readdir(`/proc/${pdp.child.pid}/fd`)).length
    await promisify(execFile)('prlimit', ['--pid', String(pdp.child.pid), `--nofile=${open + 20}`])
    const port = Number(new URL(pdp.decisions).port)
    const flood = Array.from({ length: 200 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
    await delay(500)
    expect((await readdir(`/proc/${pdp.child.pid}/fd`)).length, 'the dangerous case did occur').toBeGreaterThan(
      open + 15,
    )
    for (const socket of flood) socket.destroy()
    await eventually(async () =>
      expect(await ask(pdp.decisions, site.key)).toMatchObject({
        status: 200,
        body: expect.stringContaining('"allow"'),
      }),
    )
    pdp.child.kill('SIGTERM')
    expect(await pdp.ended()).toBe(0)
  } finally {
    await stop(pdp)
    await site.remove()
  }
})
