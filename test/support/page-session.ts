import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { freePort } from '../../bench/contenders/free-port.ts'
import { type Fence, fencesOf } from '../architecture/fences.ts'
import { read, root } from '../architecture/project.ts'
import { command } from '../unit/cli/harness.ts'
import { compileCache } from './compile-cache.ts'

/**
 * A page is followed from top to bottom, in a folder of its own, by one shell:
 *
 * - `sh run` is typed in; it must end with 0, or as `exits=N` says. `sh run again`: until it prints what is shown.
 * - `sh background` is typed into another terminal; what it prints is awaited by the output behind it.
 * - `text output`, `json output`: what was printed, `…` standing for anything in a line, and alone for any lines.
 * - any language with `file=PATH`: the file is written.
 * - `sh installs`: npm packages, which come from this project.
 *
 * Ports that pages name are other ones here. Commands that end by themselves run in this process, for the sake of time.
 */
export interface PageSession {
  /** Follows one block; throws what is not as the page says. */
  follow(fence: Fence): Promise<void>
  end(): Promise<void>
}

/** The blocks of a page that are followed, in order. */
export const sessionFences = (page: string): readonly Fence[] =>
  fencesOf(page, read(page)).filter(({ words }) => words.length > 0)

const documentedPorts = ['7070', '7071', '3000', '8000', '8080', '9901'] as const

export async function createPageSession(more: Readonly<Record<string, string>> = {}): Promise<PageSession> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-page-'))
  const ports = await freePorts()
  const bin = join(folder, '.bin')
  await mkdir(bin)
  const served = await serveCommands(join(folder, '.commands'), ports)
  for (const [name, text] of Object.entries({ sallyport: sallyportScript(folder, ports), ...more })) {
    await writeFile(join(bin, name), text)
    await chmod(join(bin, name), 0o755)
  }
  const shell = spawn('bash', ['--norc', '--noprofile'], {
    cwd: folder,
    detached: true, // a group of its own, so that what it left in the background ends with it
    env: {
      PATH: `${bin}:${join(root, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`,
      HOME: folder,
      PYTHONDONTWRITEBYTECODE: '1',
      SALLYPORT_LISTEN__DECISIONS: `127.0.0.1:${ports.get('7070')}`,
      SALLYPORT_LISTEN__HEALTH: `127.0.0.1:${ports.get('7071')}`,
      ...compileCache,
    },
  })
  const type = typist(shell)
  let printed: () => Promise<string> = async () => ''
  let goesOn = false
  let logs = 0

  async function follow({ words, text }: Fence): Promise<void> {
    const file = words.find((word) => word.startsWith('file='))?.slice('file='.length)
    if (file !== undefined) {
      const { out: here } = await type('pwd')
      await writeFile(join(here.trim(), file), toFree(text, ports))
    } else if (words.includes('installs')) {
      const { out: here } = await type('pwd')
      for (const name of text.split(/\s+/).slice(2).filter(Boolean)) read(`node_modules/${name}/package.json`)
      await symlink(join(root, 'node_modules'), join(here.trim(), 'node_modules'))
    } else if (words.includes('run')) {
      const { out, code } = await type(toFree(text, ports))
      const expected = Number(words.find((word) => word.startsWith('exits='))?.slice('exits='.length) ?? 0)
      if (code !== expected && !words.includes('again'))
        throw new Error(`ended with ${code}, not ${expected}:\n${text}\n${out}`)
      let latest = out
      let seen = false
      printed = async () => {
        if (seen) latest = (await type(toFree(text, ports))).out
        seen = words.includes('again')
        return latest
      }
      goesOn = words.includes('again')
    } else if (words.includes('background')) {
      const log = join(folder, `.background-${++logs}`)
      const script = `${log}.sh`
      await writeFile(script, toFree(text, ports))
      await type(`bash ${script} > ${log} 2>&1 &`)
      printed = () => readFile(log, 'utf8')
      goesOn = true
    } else if (words.includes('output')) {
      const judge = async () => {
        const shown = toDocumented(await printed(), ports)
        if (!shows(text, shown)) throw new Error(`printed\n${shown}\nand not\n${text}`)
      }
      await (goesOn ? patiently(judge) : judge())
    } else throw new Error(`nothing is done with ${words.join(' ')}`)
  }

  return {
    follow,
    async end() {
      if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL')
      await once(shell, 'close')
      served.closeAllConnections()
      served.close()
      await rm(folder, { recursive: true, maxRetries: 5 })
    },
  }
}

/** Whether a text is what a page shows. Its beginning is enough where the page ends with `…` alone. */
export function shows(shown: string, printed: string): boolean {
  const lines = shown.trimEnd().split('\n')
  const pattern = lines
    .map((line) => (line.trim() === '…' ? String.raw`(?:.*\n)*?` : `${line.split('…').map(escaped).join('.*')} *\n`))
    .join('')
  return new RegExp(`^${pattern}$`).test(`${printed.trimEnd()}\n`)
}

/** What goes on in the background is another process, which may compile first and print later. */
const patiently = (check: () => unknown) => vi.waitFor(check, { timeout: 150_000, interval: 20 })

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

const portPattern = new RegExp(`(?<=[:= "'(])(${documentedPorts.join('|')})(?![0-9])`, 'g')
const toFree = (text: string, ports: ReadonlyMap<string, number>) =>
  text.replaceAll(portPattern, (port) => String(ports.get(port)))
const toDocumented = (text: string, ports: ReadonlyMap<string, number>) =>
  [...ports].reduce(
    (shown, [documented, port]) => shown.replaceAll(`:${port}`, `:${documented}`),
    text.replaceAll('\r', ''),
  )

/** Types lines into a shell, one block after the other; answers what it printed, both streams as they came. */
function typist(shell: ChildProcess) {
  const { stdin, stdout, stderr } = shell
  if (!stdin || !stdout || !stderr) throw new Error('a shell without streams')
  let text = ''
  let settle: () => void = () => undefined
  for (const stream of [stdout, stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
      settle()
    })
  }
  const ended = once(shell, 'close').then(() => settle())
  return async (block: string): Promise<{ readonly out: string; readonly code: number }> => {
    text = ''
    stdin.write(`exec 2>&1\n${block}\necho "<ended $?>"\n`)
    for (;;) {
      const end = /<ended (\d+)>\n$/.exec(text)
      if (end) return { out: text.slice(0, end.index), code: Number(end[1]) }
      if (shell.exitCode !== null || shell.signalCode !== null) throw new Error(`the shell ended: ${text}`)
      await Promise.race([new Promise<void>((resolve) => (settle = resolve)), ended])
    }
  }
}

/** What a reader's `sallyport` is: those that serve are processes of their own, all others are handed to this one. */
const sallyportScript = (folder: string, ports: ReadonlyMap<string, number>) => `#!/bin/bash
main() { exec ${process.execPath} ${join(root, 'pdp/main.ts')} "$@"; }
case "$1" in
  run) main "$@" ;;
  start) case " $* " in *' --demo '*) main "$@" ;; *) main "$@" --set log.format=text ;; esac ;; # as on a terminal
  dev) shift; main dev --listen 127.0.0.1:${ports.get('7070')} "$@" ;;
esac
answer=$(mktemp -d ${folder}/.answer-XXXXXX)
printf '%s\\0' "$answer" "$PWD" "$@" | curl --silent --max-time 200 --unix-socket ${folder}/.commands --data-binary @- http://localhost/ || exit 70
cat "$answer/out"; cat "$answer/said" >&2; exit "$(cat "$answer/code")"
`

/** Runs commands that are handed over, one at a time; an `init` gets the ports of this session. */
async function serveCommands(socket: string, ports: ReadonlyMap<string, number>): Promise<Server> {
  let last: Promise<unknown> = Promise.resolve()
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => void pieces.push(piece))
    request.on('end', () => {
      const [answer = '', cwd = '', ...args] = Buffer.concat(pieces).toString().split('\0').slice(0, -1)
      last = last
        .then(() => commandIn(cwd, args, ports))
        .catch((error: unknown) => ({ code: 70, out: '', said: String(error) }))
        .then(async ({ code, out, said }) => {
          await writeFile(join(answer, 'out'), out)
          await writeFile(join(answer, 'said'), said)
          await writeFile(join(answer, 'code'), String(code))
          response.end()
        })
    })
  })
  server.listen(socket)
  await once(server, 'listening')
  return server
}

async function commandIn(cwd: string, args: readonly string[], ports: ReadonlyMap<string, number>) {
  const before = process.cwd()
  process.chdir(cwd)
  try {
    const done = await command(args)
    if (args[0] === 'init' && args.includes('--envoy')) {
      const envoy = join(cwd, args.find((arg) => arg !== 'init' && !arg.startsWith('-')) ?? '', 'envoy.yaml')
      await writeFile(envoy, toFree(await readFile(envoy, 'utf8'), ports))
    }
    return done
  } finally {
    process.chdir(before)
  }
}

/** A free port for each that pages name. */
async function freePorts(): Promise<ReadonlyMap<string, number>> {
  const chosen = new Set<number>()
  while (chosen.size < documentedPorts.length) chosen.add(await freePort())
  return new Map(documentedPorts.map((port, i) => [port, [...chosen][i] ?? 0]))
}
