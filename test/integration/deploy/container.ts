import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { eventually } from '../../support/eventually.ts'

// What a container runtime does with a process, by the kernel's own means: namespaces for its processes and mounts, a root
// folder that may be read-only, a user without rights. Beside the program and the libraries it needs there is nothing in
// it: no shell, no other tool. Needs the rights of root.

/** A folder or file of the host, at a place in the container. */
export interface Mount {
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
}

export interface ContainerParts {
  /** The root folder, as an image has it. */
  readonly root: string
  readonly readOnly: boolean
  readonly mounts: readonly Mount[]
  /** `UID:GID`. */
  readonly user: string
  readonly environment: Readonly<Record<string, string>>
  readonly command: readonly string[]
  /** Programs of the host that the image has, by the names under which it has them in /usr/local/bin. */
  readonly programs: Readonly<Record<string, string>>
  /** Rights that it keeps, of root alone: `chown`. */
  readonly capabilities?: readonly string[]
  /** What the command begins with that makes its network, if it is not the host's. */
  readonly within?: readonly string[]
}

export interface Container {
  /** What it printed so far, on both. */
  said(): string
  says(pattern: RegExp): Promise<void>
  /** Sends a signal to its first process. */
  signal(name: 'SIGTERM' | 'SIGHUP' | 'SIGKILL'): Promise<void>
  /** Runs a command inside it, as its user. */
  exec(command: readonly string[]): Promise<{ readonly code: unknown; readonly output: string }>
  ended(): Promise<number | string>
}

const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

const libraries = ['/usr/lib', '/usr/lib64']
const devices = ['null', 'zero', 'urandom', 'random']

/** What must be there to be mounted over. Docker makes it in the container's own layer. */
async function placeMounts({ root, mounts, programs }: ContainerParts): Promise<void> {
  const folders = [
    ...libraries,
    '/proc',
    '/dev',
    '/usr/local/bin',
    '/etc',
    ...mounts.map(({ target }) => dirname(target)),
  ]
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true })
  const files = [
    ...Object.keys(programs).map((name) => `/usr/local/bin/${name}`),
    ...devices.map((name) => `/dev/${name}`),
  ]
  for (const file of files) await writeFile(join(root, file), '', { flag: 'a' })
  for (const { source, target } of mounts) {
    const isFolder = await readFile(source).then(
      () => false,
      (error: NodeJS.ErrnoException) => error.code === 'EISDIR',
    )
    if (isFolder) await mkdir(join(root, target), { recursive: true })
    else await writeFile(join(root, target), '', { flag: 'a' })
  }
  for (const [link, to] of [
    ['lib', 'usr/lib'],
    ['lib64', 'usr/lib64'],
  ] as const)
    await promisify(execFile)('ln', ['-sfn', to, join(root, link)])
}

function scriptOf({ root, readOnly, mounts, user, command, programs, capabilities = [] }: ContainerParts): string {
  const bind = ({ source, target, readOnly }: Mount) => [
    `mount --bind ${quote(source)} ${quote(join(root, target))}`,
    ...(readOnly ? [`mount -o remount,bind,ro ${quote(join(root, target))}`] : []),
  ]
  const all: readonly Mount[] = [
    ...libraries.map((folder) => ({ source: folder, target: folder, readOnly: true })),
    ...Object.entries(programs).map(([name, path]) => ({
      source: path,
      target: `/usr/local/bin/${name}`,
      readOnly: true,
    })),
    ...devices.map((name) => ({ source: `/dev/${name}`, target: `/dev/${name}`, readOnly: false })),
    ...mounts,
  ]
  // what it keeps until it has changed root and user; after that a process of another user has none
  const kept = ['sys_chroot', 'setuid', 'setgid', ...capabilities].map((name) => `+${name}`)
  const rights = `--no-new-privs --bounding-set=-all,${kept.join(',')}`
  return [
    'set -e',
    'export PATH=/usr/sbin:/usr/bin:/sbin:/bin',
    `mount --bind ${quote(root)} ${quote(root)}`,
    ...all.flatMap(bind),
    `mount -t proc proc ${quote(join(root, 'proc'))}`,
    ...(readOnly ? [`mount -o remount,bind,ro ${quote(root)}`] : []),
    `export PATH=/usr/local/bin`,
    `exec /usr/bin/setpriv ${rights} /usr/sbin/chroot --userspec=${user} --groups= ${quote(root)} ${command.map(quote).join(' ')}`,
  ].join('\n')
}

/** Starts it. Its command is the first process of its namespace, which hears no signal that it does not listen for. */
export async function startContainer(parts: ContainerParts): Promise<Container> {
  await placeMounts(parts)
  const unshare = ['/usr/bin/unshare', '--mount', '--pid', '--fork', '--kill-child', '/bin/sh', '-c', scriptOf(parts)]
  const [program = '', ...args] = [...(parts.within ?? []), ...unshare]
  const child = spawn(program, args, { env: parts.environment, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  }
  const end = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string) // one of them is there
  const first = () => firstOf(child)
  return {
    said: () => text,
    async says(pattern) {
      const early = end.then((code) => {
        if (!pattern.test(text)) throw new Error(`ended with ${code} before saying ${pattern}: ${text}`)
      })
      await Promise.race([early, eventually(() => expect(text).toMatch(pattern))])
    },
    signal: async (name) => void process.kill(await first(), name),
    async exec(command) {
      const [uid = '', gid = ''] = parts.user.split(':')
      const target = await first().catch(() => undefined)
      if (target === undefined) return { code: 'not running', output: '' }
      const into = [
        '--target',
        String(target),
        '--mount',
        '--pid',
        '--net',
        '--root',
        '--wd=/',
        '--setuid',
        uid,
        '--setgid',
        gid,
      ]
      const env = { ...parts.environment, PATH: '/usr/bin:/usr/local/bin' }
      return new Promise((resolve) => {
        execFile('/usr/bin/nsenter', [...into, ...command], { env }, (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : error.code, output: stdout + stderr }),
        )
      })
    },
    ended: () => end,
  }
}

/** The first process of the namespace that `unshare` made: its only child. */
async function firstOf({ pid }: ChildProcess): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  const [only, ...others] = children.trim().split(' ').map(Number)
  if (!only || others.length > 0) throw new Error(`not one process but ${children}`)
  return only
}
