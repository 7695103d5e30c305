import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { attacks, honest } from '../../../deploy/compose/attempts.ts'
import { doctorCommand } from '../../../pdp/cli/doctor/doctor-command.ts'
import { exitCodes } from '../../../pdp/cli/exit-codes.ts'
import { read, root } from '../../architecture/project.ts'
import { composeUp, readCompose, type Running } from './compose.ts'
import { envoyImage, ownImage, programImage } from './own-image.ts'

// The shop of deploy/compose as it stands, with real Redis and Envoy, and its attacker: only Docker is left out.

const path = join(root, 'deploy', 'compose', 'compose.yaml')

const images = {
  sallyport: ownImage(),
  'redis:7.4-alpine': programImage('redis-server', '/usr/bin/redis-server'),
  'envoyproxy/envoy:distroless-v1.40.0': envoyImage,
}

let running: Running | undefined
let printed = ''
beforeAll(async () => {
  running = await composeUp(path, images, 'attacker')
  printed = running.containers.get('attacker')?.said() ?? ''
}, 120_000)
afterAll(() => running?.down())

test('every attack is stopped, and every honest caller is served', async () => {
  expect(printed).toContain(
    `${attacks.length} attacks, none reached a service; ${honest.length} honest callers served\n`,
  )
  expect(await running?.containers.get('attacker')?.ended()).toBe(0)
  const lines = printed.trim().split('\n').slice(0, -1)
  expect(lines).toHaveLength(attacks.length + honest.length)
  expect(lines.filter((line) => line.startsWith('attack ')).every((line) => line.includes('  stopped  '))).toBe(true)
  expect(
    lines.filter((line) => line.startsWith('honest ')).every((line) => line.includes('  reached the service  ')),
  ).toBe(true)
})

test('what it prints as the reason stands in the logs of the decision points', async () => {
  const codes: string[] = []
  for (const state of ['state-1', 'state-2']) {
    const folder = join(running?.volume(state) ?? '', 'audit')
    for (const name of (await readdir(folder)).filter((each) => each.endsWith('.ndjson'))) {
      for (const line of (await readFile(join(folder, name), 'utf8')).split('\n').filter((each) => each !== '')) {
        const { kind, code } = JSON.parse(line) as { readonly kind: string; readonly code?: string } // of our own log
        if (kind === 'decision' && code !== undefined) codes.push(code)
      }
    }
  }
  const of = (list: readonly string[], code: string) => list.filter((each) => each === code).length
  const claimed = attacks.flatMap(({ code }) => (code === undefined ? [] : [code]))
  for (const code of new Set(claimed)) expect(of(codes, code), code).toBe(of(claimed, code))
  expect(codes.filter((code) => code !== 'ALLOWED' && !claimed.includes(code))).toEqual([])
})

test('a second time what was made is left, and all comes out the same', async () => {
  for (const name of ['prepare', 'attacker']) {
    const container = await running?.again(name)
    expect(await container?.ended(), container?.said()).toBe(0)
  }
})

test('the file is read strictly, and its Envoy has no way past', async () => {
  const compose = await readCompose(path)
  expect(Object.keys(compose.services)).toHaveLength(10)
  expect(read('deploy/compose/compose.yaml')).not.toContain('privileged:')
  const said: string[] = []
  const terminal = { out: (line: string) => void said.push(line), say: () => undefined }
  const envoy = join(root, 'deploy', 'compose', 'envoy.yaml')
  expect(await doctorCommand({ envoy }, terminal), said.join('')).toBe(exitCodes.ok)
})
