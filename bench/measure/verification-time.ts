import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { onServerCore } from './cores.ts'

const script = fileURLToPath(new URL('verify-signatures.ts', import.meta.url))

/** CPU µs of one P-256 verification, on the core of the servers. */
export async function verificationTime(count: number): Promise<number> {
  const [program, args] = onServerCore(process.execPath, [script, String(count)])
  const { stdout } = await promisify(execFile)(program, [...args])
  return Number(stdout)
}
