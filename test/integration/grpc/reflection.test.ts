import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../architecture/project.ts'
import { createSite, run, type Run, type Site, stop, usual } from '../../contract/process/harness.ts'

// Reflection of the ext_authz listener of a real process, asked by grpcurl without any files of its own.

const grpcurl = join(root, 'build/peers/grpcurl')
const stored = join(root, 'pdp/process/ext-authz.binpb')

interface Reflecting {
  readonly site: Site
  readonly pdp: Run
  readonly address: string
}

async function start(sections: object): Promise<Reflecting> {
  const site = await createSite()
  const listen = { ...usual.listen, ext_authz: '127.0.0.1:0' }
  await site.configure({ listen, peps: { gateway: { ...usual.peps.gateway, failure_mode_allow: false } }, ...sections })
  const pdp = run(['start'], site.folder)
  const [, address = ''] = await pdp.says(/ext_authz (?:\w+:\/\/)?(127\.0\.0\.1:\d+)/)
  return { site, pdp, address }
}
const end = async ({ site, pdp }: Reflecting) => {
  await stop(pdp)
  await site.remove()
}
const curl = async (...args: readonly string[]) => (await promisify(execFile)(grpcurl, ['-plaintext', ...args])).stdout

describe('where it is asked for', () => {
  let reflecting: Reflecting
  beforeAll(async () => {
    reflecting = await start({ ext_authz: { reflection: true } })
  })
  afterAll(() => end(reflecting))

  test('services are listed and described, and a method is called by what was told', async () => {
    const { address } = reflecting
    expect((await curl(address, 'list')).trim().split('\n')).toEqual([
      'envoy.service.auth.v3.Authorization',
      'grpc.health.v1.Health',
    ])
    expect(await curl(address, 'describe', 'envoy.service.auth.v3.CheckResponse')).toContain(
      '.envoy.service.auth.v3.OkHttpResponse ok_response = 3;',
    )
    expect(JSON.parse(await curl('-d', '{}', address, 'grpc.health.v1.Health/Check'))).toEqual({ status: 'SERVING' })
  })

  test('what is not served is not known', async () => {
    await expect(curl(reflecting.address, 'describe', 'grpc.unknown.Service')).rejects.toThrow(/not found|not known/i)
  })
})

test('where it is not, there is no such method, and the rest answers', async () => {
  const reflecting = await start({})
  await expect(curl(reflecting.address, 'list')).rejects.toThrow(/does not support the reflection API/)
  const files = ['-import-path', join(root, 'protos'), '-proto', 'grpc/health/v1/health.proto']
  const health = await curl(...files, reflecting.address, 'grpc.health.v1.Health/Check')
  expect(JSON.parse(health)).toEqual({ status: 'SERVING' })
  await end(reflecting)
})

/** The files of a `FileDescriptorSet`, each as text of its bytes, in an order of our own: grpcurl has none. */
function filesOf(set: Buffer): readonly string[] {
  const files: string[] = []
  for (let at = 0; at < set.length; ) {
    expect(set[at++]).toBe(0x0a) // field 1, the only one
    let length = 0
    for (let shift = 0; ; shift += 7) {
      const byte = set[at++] ?? 0
      length += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
    files.push(set.toString('latin1', at, at + length))
    at += length
  }
  return files.sort()
}

test('what it tells are the messages in protos', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-protos-'))
  const made = join(folder, 'set.binpb')
  const files = ['envoy/service/auth/v3/external_auth.proto', 'grpc/health/v1/health.proto']
  const read = ['-import-path', join(root, 'protos'), ...files.flatMap((file) => ['-proto', file])]
  await curl(...read, '-protoset-out', made, 'describe')
  expect(filesOf(await readFile(stored))).toEqual(filesOf(await readFile(made)))
  await rm(folder, { recursive: true })
})
