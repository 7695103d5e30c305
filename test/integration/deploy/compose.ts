import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { z } from 'zod'
import { type Container, type Mount, startContainer } from './container.ts'

// A compose file without Docker: each service in a container of the kernel's own, each network a switch of its own, each
// volume a folder. What is not read here is refused, so that nothing of the file goes without being tried.

const service = z.strictObject({
  image: z.string().optional(),
  build: z.string().optional(),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  user: z.string().optional(),
  environment: z.record(z.string(), z.string()).default({}),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
  cap_add: z.array(z.string()).default([]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  networks: z.array(z.string()).default([]),
  network_mode: z.literal('none').optional(),
  volumes: z.array(z.string()).default([]),
  stop_grace_period: z.string().optional(),
  depends_on: z
    .record(
      z.string(),
      z.strictObject({
        condition: z.enum(['service_started', 'service_healthy', 'service_completed_successfully']),
      }),
    )
    .default({}),
})

const file = z.object({
  name: z.string(),
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.strictObject({ internal: z.literal(true) })),
  volumes: z.record(z.string(), z.null()),
})

export type Compose = z.output<typeof file>
type Service = Compose['services'][string]

/** Reads a compose file; throws where it has something that is not tried here, or names what is not there. */
export async function readCompose(path: string): Promise<Compose> {
  const { name, services, networks, volumes, ...others } = parse(await readFile(path, 'utf8'), {
    merge: true,
  }) as Compose
  const unknown = Object.keys(others).filter((key) => !key.startsWith('x-'))
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}`)
  const compose = file.parse({ name, services, networks, volumes })
  for (const [name, each] of Object.entries(compose.services)) {
    const missing = [
      ...each.networks.filter((network) => !Object.hasOwn(compose.networks, network)),
      ...Object.keys(each.depends_on).filter((other) => !Object.hasOwn(compose.services, other)),
      ...each.volumes
        .map((text) => text.split(':', 1)[0] ?? '')
        .filter((source) => !source.startsWith('.') && !Object.hasOwn(compose.volumes, source)),
    ]
    if (missing.length > 0) throw new Error(`${name}: ${missing.join(', ')} is not in the file`)
  }
  return compose
}

/** An image: its root folder, and how it is run. `root` of an image that is a program alone is empty. */
export interface ImageParts {
  readonly root?: string
  readonly programs: Readonly<Record<string, string>>
  readonly mounts: readonly Mount[]
  readonly environment: Readonly<Record<string, string>>
  readonly user: string
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly healthcheck?: readonly string[]
}

export interface Running {
  readonly containers: ReadonlyMap<string, Container>
  /** The folder of a volume. */
  volume(name: string): string
  /** Starts a service anew, which has ended. */
  again(name: string): Promise<Container>
  down(): Promise<void>
}

const run = promisify(execFile)

/**
 * Starts every service, each when those that it depends on are as it wants them; `images` by name. Resolves when `last`
 * has ended.
 */
export async function composeUp(
  path: string,
  images: Readonly<Record<string, ImageParts>>,
  last: string,
): Promise<Running> {
  const compose = await readCompose(path)
  const work = await mkdtemp(join(tmpdir(), 'sallyport-compose-'))
  await chmod(work, 0o755)
  const network = await createNetworks(compose)
  const volume = (name: string) => join(work, 'volumes', name)
  const started = new Map<string, Promise<Container>>()
  const containers = new Map<string, Container>()

  async function start(name: string): Promise<Container> {
    const each = compose.services[name]
    const image = images[each?.image ?? '']
    if (!each || !image) throw new Error(`${name}: no image \`${each?.image}\``)
    await Promise.all(Object.entries(each.depends_on).map(([other, { condition }]) => until(other, condition)))
    const root = join(work, 'roots', name)
    await mkdir(join(root, 'etc'), { recursive: true })
    await writeFile(join(root, 'etc', 'hosts'), network.hostsOf(each))
    const container = await startContainer({
      root,
      readOnly: each.read_only,
      user: each.user ?? image.user,
      capabilities: each.cap_add.map((right) => right.toLowerCase()),
      environment: { ...image.environment, ...each.environment },
      programs: image.programs,
      mounts: [...image.mounts, ...(await mountsOf(each))],
      command: [...(each.entrypoint ?? image.entrypoint), ...(each.command ?? image.command)],
      within: network.within(name),
    })
    containers.set(name, container)
    return container
  }

  async function mountsOf({ volumes }: Service): Promise<readonly Mount[]> {
    return Promise.all(
      volumes.map(async (text) => {
        const [source = '', target = '', mode] = text.split(':')
        if (source.startsWith('.')) return { source: resolve(dirname(path), source), target, readOnly: mode === 'ro' }
        await newVolume(volume(source), target)
        return { source: volume(source), target, readOnly: mode === 'ro' }
      }),
    )
  }

  async function until(name: string, condition: Service['depends_on'][string]['condition']): Promise<void> {
    const container = await begun(name)
    if (condition === 'service_completed_successfully') {
      const code = await container.ended()
      if (code !== 0) throw new Error(`${name} ended with ${code}: ${container.said()}`)
    }
    if (condition === 'service_healthy') {
      const check = images[compose.services[name]?.image ?? '']?.healthcheck
      if (!check) throw new Error(`${name}: its image does not tell its health`)
      await healthy(name, container, check)
    }
  }

  const begun = (name: string): Promise<Container> => {
    const known = started.get(name) ?? start(name)
    started.set(name, known)
    return known
  }
  const down = async () => {
    for (const container of containers.values()) await container.signal('SIGKILL').catch(() => undefined)
    await Promise.all([...containers.values()].map((container) => container.ended()))
    await network.remove()
    await rm(work, { recursive: true })
  }
  try {
    await Promise.all(Object.keys(compose.services).map(begun))
    await containers.get(last)?.ended()
    return { containers, volume, again: start, down }
  } catch (error) {
    await down()
    throw error
  }
}

/** A volume is as the image has the folder that it stands for: that of the decision point is its user's. */
async function newVolume(folder: string, target: string): Promise<void> {
  if ((await stat(folder).catch(() => undefined)) !== undefined) return
  await mkdir(folder, { recursive: true })
  if (target === '/var/lib/sallyport') await chown(folder, 65_532, 65_532)
}

/** Asks as Docker does, a while after each other. */
async function healthy(name: string, container: Container, check: readonly string[]): Promise<void> {
  for (let tries = 0; ; tries++) {
    const { code, output } = await container.exec(check)
    if (code === 0) return
    if (tries === 30) throw new Error(`${name} is not healthy: ${output} ${container.said()}`)
    await delay(1_000)
  }
}

/** Networks: a switch for each, and a machine for each service, with a cable to the switches of its networks. */
async function createNetworks({ services, networks }: Compose) {
  const prefix = `spc${process.pid}`
  const hub = `${prefix}-hub`
  const names = Object.keys(services)
  const machine = (name: string) => `${prefix}-${names.indexOf(name)}`
  const ip = (...args: readonly string[]) => run('ip', args)
  const address = (network: string, name: string) =>
    `10.201.${Object.keys(networks).indexOf(network)}.${names.indexOf(name) + 1}`
  const remove = async () => {
    for (const each of [hub, ...names.map(machine)]) await ip('netns', 'del', each).catch(() => undefined)
  }
  try {
    await ip('netns', 'add', hub)
    for (const i of Object.keys(networks).keys()) {
      await ip('-n', hub, 'link', 'add', `switch${i}`, 'type', 'bridge')
      await ip('-n', hub, 'link', 'set', `switch${i}`, 'up')
    }
    for (const [n, [name, each]] of Object.entries(services).entries()) {
      await ip('netns', 'add', machine(name))
      await ip('-n', machine(name), 'link', 'set', 'lo', 'up')
      for (const network of each.networks) {
        const i = Object.keys(networks).indexOf(network)
        const [port, card] = [`port${n}-${i}`, `eth${i}`]
        await ip('-n', hub, 'link', 'add', port, 'type', 'veth', 'peer', 'name', card, 'netns', machine(name))
        await ip('-n', hub, 'link', 'set', port, 'master', `switch${i}`, 'up')
        await ip('-n', machine(name), 'address', 'add', `${address(network, name)}/24`, 'dev', card)
        await ip('-n', machine(name), 'link', 'set', card, 'up')
      }
    }
  } catch (error) {
    await remove()
    throw error
  }
  return {
    within: (name: string) => ['/usr/sbin/ip', 'netns', 'exec', machine(name)],
    /** The names that Docker's resolver would know: of those with whom it shares a network. */
    hostsOf: (each: Service): string =>
      [
        '127.0.0.1 localhost',
        ...each.networks.flatMap((network) =>
          names
            .filter((name) => services[name]?.networks.includes(network))
            .map((name) => `${address(network, name)} ${name}`),
        ),
        '',
      ].join('\n'),
    remove,
  }
}
