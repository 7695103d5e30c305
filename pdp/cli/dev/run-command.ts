import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Signals } from '../../process/await-end.ts'
import { createRegoToolchain } from '../../rego/toolchain.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { type DevFlags, type OpenDev, openDev } from './open-dev.ts'

/**
 * `run -- CMD`: a decision point around somebody's tests, on a port that is free, with what they need in the environment:
 * `SALLYPORT_URL`, `SALLYPORT_PEP_KEY` and `SALLYPORT_DEV`, which `sallyport mint` reads. Ends as the command does, and takes the decision
 * point down in any case.
 */
export async function runCommand(
  [command = '', ...args]: readonly string[],
  flags: DevFlags,
  terminal: Terminal,
  signals: Signals,
): Promise<number> {
  const { say, environment } = terminal
  const toolchain = createRegoToolchain()
  let dev: OpenDev | undefined
  let stop = (): void => process.exit(exitCodes.failed) // nothing runs yet that would have to be told
  signals.onStop(() => stop())
  try {
    dev = await openDev(flags, { decisions: '127.0.0.1:0', toolchain }, terminal)
    const { session, file } = dev
    const { services, world, decisions } = session
    const pep = Object.values(services)[0]?.pep ?? ''
    const child = spawn(command, args, {
      stdio: 'inherit',
      env: { ...environment, SALLYPORT_URL: decisions, SALLYPORT_PEP_KEY: world.peps[pep] ?? '', SALLYPORT_DEV: file },
    })
    let stops = 0
    stop = () => void child.kill(stops++ === 0 ? 'SIGTERM' : 'SIGKILL')
    return await new Promise<number>((resolve) => {
      child.on('error', (error) => {
        say(`${command}: cannot be run (${'code' in error ? String(error.code) : error.message})`)
        resolve(cannotRun)
      })
      child.on('exit', (code, signal) => resolve(code ?? bySignal + constants.signals[signal ?? 'SIGKILL']))
    })
  } catch (error) {
    say(error instanceof Error ? error.message : 'cannot be started: an unknown fault')
    return exitCodes.invalid
  } finally {
    await dev?.close()
    await toolchain.close()
  }
}

// as shells have it
const cannotRun = 127
const bySignal = 128
