import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** The test of faults at system calls, at every call instead of a few of each kind. */
export async function soakSyscalls(): Promise<boolean> {
  const vitest = 'node_modules/vitest/vitest.mjs'
  const test = 'test/integration/audit/syscall-faults.test.ts'
  const args = [vitest, 'run', '--config', 'vitest.integration.config.ts', test]
  const env = { ...process.env, SALLYPORT_EVERY_CALL: '1' }
  const [code] = await once(spawn(process.execPath, args, { env, stdio: 'inherit' }), 'exit')
  return code === 0
}
