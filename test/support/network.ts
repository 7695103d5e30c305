import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'

// Machines of a network, each a network namespace of Linux with a cable to one switch. It touches nothing of the host's
// own network. Needs `ip` and the rights of root.

/** A network of `count` machines and one more, the hub, which the switch is in. */
export interface Network {
  readonly hubAddress: string
  /** What a command begins with that runs on a machine, from 0, or on the hub. */
  on(machine: number | 'hub'): readonly string[]
  /** Pulls the cable of a machine: what it sends goes nowhere, and nobody is told. */
  cut(machine: number): Promise<void>
  mend(machine: number): Promise<void>
  remove(): Promise<void>
}

const run = promisify(execFile)
const ip = async (...args: readonly string[]): Promise<void> => {
  await run('ip', args)
}

export async function createNetwork(count: number): Promise<Network> {
  const name = `sp${process.pid}`
  const hub = `${name}-hub`
  const machine = (i: number) => `${name}-${i}`
  const inHub = (...args: readonly string[]) => ip('-n', hub, ...args)
  const remove = async () => {
    for (const each of [hub, ...Array.from({ length: count }, (_, i) => machine(i))])
      await ip('netns', 'del', each).catch(() => undefined)
  }
  try {
    await ip('netns', 'add', hub)
    await inHub('link', 'add', 'switch', 'type', 'bridge')
    await inHub('address', 'add', '10.200.0.254/24', 'dev', 'switch')
    await inHub('link', 'set', 'switch', 'up')
    for (let i = 0; i < count; i++) {
      await ip('netns', 'add', machine(i))
      await inHub('link', 'add', `port${i}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', machine(i))
      await inHub('link', 'set', `port${i}`, 'master', 'switch', 'up')
      await ip('-n', machine(i), 'address', 'add', `10.200.0.${i + 1}/24`, 'dev', 'eth0')
      await ip('-n', machine(i), 'link', 'set', 'lo', 'up')
      await ip('-n', machine(i), 'link', 'set', 'eth0', 'up')
    }
  } catch (error) {
    await remove()
    throw error
  }
  return {
    hubAddress: '10.200.0.254',
    on: (which) => ['ip', 'netns', 'exec', which === 'hub' ? hub : machine(which)],
    // off the switch, so that the machine sees no dead link: as with a fault further away, only silence tells
    cut: (i) => inHub('link', 'set', `port${i}`, 'nomaster'),
    mend: (i) => inHub('link', 'set', `port${i}`, 'master', 'switch'),
    remove,
  }
}

/** Starts a redis-server on the hub. Answers the function that ends it. */
export async function startHubRedis({ on, hubAddress }: Network, port: number): Promise<() => Promise<void>> {
  const [command = '', ...before] = on('hub')
  const settings = [
    '--bind',
    hubAddress,
    '--port',
    String(port),
    '--protected-mode',
    'no',
    '--save',
    '',
    '--appendonly',
    'no',
  ]
  const child = spawn(command, [...before, 'redis-server', ...settings], { stdio: ['ignore', 'pipe', 'ignore'] })
  let text = ''
  for await (const piece of child.stdout) {
    text += String(piece)
    if (text.includes('Ready to accept connections')) break
  }
  return async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}
