import { chmod, readFile, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { read, root } from '../../architecture/project.ts'
import { createSite, type Site, usual } from '../../contract/process/harness.ts'
import { type Container, startContainer } from './container.ts'
import { contextPaths, dockerfileText, instructions, readDockerfile } from './dockerfile.ts'
import { buildImage, type Image, imagePrograms } from './image.ts'

// The Dockerfile, read by BuildKit's own reader and followed without Docker; what comes of it, run as Kubernetes would run it.

describe('the Dockerfile', () => {
  const { stages, warnings, refused } = readDockerfile(dockerfileText)
  const last = stages?.at(-1)

  test('is what BuildKit takes, and its linter has nothing to say', () => {
    expect(readDockerfile('FROM scratch\nCOPYY a b\n').refused).toContain('unknown instruction: COPYY')
    expect(readDockerfile('FROM scratch as a\nWORKDIR /a\n').warnings).toEqual([
      expect.stringContaining('FromAsCasing'),
    ])
    expect(refused).toBeUndefined()
    expect(warnings).toEqual([])
    expect(stages).toHaveLength(3)
  })

  test('begins with images of exact versions, those that everything is tested with', () => {
    const { devDependencies } = JSON.parse(read('package.json')) as {
      readonly devDependencies: { readonly node: string }
    }
    const go = /golang:([\d.]+)-/.exec(stages?.[0]?.base ?? '')?.[1] ?? ''
    expect(stages?.slice(1).map(({ base }) => base)).toEqual(
      Array(2).fill(`node:${devDependencies.node}-bookworm-slim`),
    )
    expect(go).toMatch(/^1\.\d+\.\d+$/)
  })

  test('is of no user with a name, stops by SIGTERM, and has labels', () => {
    if (!last) throw new Error('no stage')
    expect(instructions(last, 'user').map(({ is }) => is.User)).toEqual(['65532:65532'])
    expect(instructions(last, 'stopsignal').map(({ is }) => is.Signal)).toEqual(['SIGTERM'])
    expect(instructions(last, 'expose').flatMap(({ is }) => is.Ports)).toEqual(['7070', '7071', '9191'])
    expect(instructions(last, 'label').flatMap(({ is }) => is.Labels)).toHaveLength(3)
  })

  test('lets nothing in that it does not copy, and copies nothing that it does not let in', () => {
    const copied = (stages ?? []).flatMap((stage) =>
      instructions(stage, 'copy').flatMap(({ is }) => (is.From === '' ? is.SourcePaths : [])),
    )
    expect([...new Set(copied.map((path) => path.replace(/\/$/, '')))].sort()).toEqual([...contextPaths()].sort())
  })
})

describe('what it makes', () => {
  let image: Image | undefined
  let site: Site | undefined
  let container: Container | undefined
  beforeAll(async () => {
    image = await buildImage()
    site = await createSite()
  }, 180_000)
  afterAll(async () => {
    await container?.signal('SIGKILL').catch(() => undefined)
    await container?.ended()
    await site?.remove()
    await image?.remove()
  })
  const there = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('not there')
    return part
  }

  test('the toolchain, byte for byte the one that is tested', async () => {
    const built = await readFile(join(there(image).folder, 'app/build/rego.wasm'))
    expect(built.equals(await readFile(join(root, 'build/rego.wasm')))).toBe(true)
  })

  test('the command, under its name', async () => {
    expect(await readlink(join(there(image).folder, 'usr/local/bin/sallyport'))).toBe('/app/pdp/main.ts')
    expect((await stat(join(there(image).folder, 'app/pdp/main.ts'))).mode & 0o555).toBe(0o555)
  })

  test('nothing that its user may write but for two folders', async () => {
    for (const [path, mode] of [
      ['var/lib/sallyport', 0o700],
      ['run/sallyport', 0o750],
    ] as const)
      expect(await stat(join(there(image).folder, path))).toMatchObject({
        uid: 65532,
        gid: 65532,
        mode: 0o40000 | mode,
      })
    for (const path of ['app', 'app/pdp/main.ts', 'app/node_modules', 'etc/sallyport'])
      expect(await stat(join(there(image).folder, path))).toMatchObject({ uid: 0 })
  })

  test('serves as nobody on a read-only root without a shell, tells its health, and ends by itself', {
    timeout: 60_000,
  }, async () => {
    const { folder, ...config } = there(site)
    await chmod(folder, 0o755)
    await config.file(
      'sallyport.yaml',
      stringify({
        ...usual,
        listen: { decisions: 'unix:/run/sallyport/d.sock', health: '127.0.0.1:0' },
        state: '/var/lib/sallyport',
      }),
    )
    const { user, environment, command, healthcheck, ...built } = there(image)
    container = await startContainer({
      root: built.folder,
      readOnly: true,
      user,
      environment,
      command,
      programs: imagePrograms,
      mounts: [
        { source: folder, target: '/etc/sallyport', readOnly: true },
        ...['/var/lib/sallyport', '/run/sallyport'].map((path) => ({
          source: join(built.folder, path),
          target: path,
          readOnly: false,
        })),
      ],
    })
    await container.says(/listening: decisions unix:\/run\/sallyport\/d\.sock/)
    const node = (code: string) => there(container).exec([healthcheck[0] ?? '', '-e', code])

    // it is the first of its namespace, has no rights, and can write nowhere else
    const status = await node("console.log(require('fs').readFileSync('/proc/1/status', 'utf8'), process.getuid())")
    expect(status.output).toMatch(/^NSpid:.*\b1$/m)
    expect(status.output).toMatch(/^Uid:\s+65532\s+65532\s/m)
    expect(status.output).toMatch(/^CapEff:\s+0{16}$/m)
    expect(status.output).toMatch(/^CapBnd:\s+0*[0-9a-f]{1,8}$/m)
    expect(status.output).toMatch(/^NoNewPrivs:\s+1$/m)
    const write = (path: string) => node(`require('fs').writeFileSync('${path}', '')`)
    expect((await write('/var/lib/sallyport/probe')).code).toBe(0)
    for (const path of ['/probe', '/app/probe', '/etc/sallyport/probe'])
      expect((await write(path)).output).toMatch(/EROFS|EACCES/)
    expect((await container.exec(['/bin/sh', '-c', 'true'])).code).not.toBe(0)

    // a probe asks where the configuration says; here the port is one that was free
    const [, health = ''] = /health (\S+)/.exec(container.said()) ?? []
    expect(await container.exec([...healthcheck, '--url', health])).toMatchObject({ code: 0 })
    expect((await container.exec([...healthcheck, '--url', 'http://127.0.0.1:1'])).code).not.toBe(0)

    await container.signal('SIGTERM')
    expect(await container.ended()).toBe(0)
    expect(container.said()).toContain('stopping: answering what is on its way')
  })
})
