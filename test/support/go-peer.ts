import { execFile, execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A test peer in Go: builds `test/peers/<name>`, and answers requests, each in a process of its own. */
export function buildGoPeer<Answer>(name: string): (request: object) => Promise<Answer> {
  const program = fileURLToPath(new URL(`../../build/${name}-peer`, import.meta.url))
  const cwd = fileURLToPath(new URL(`../peers/${name}`, import.meta.url))
  const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' }
  execFileSync('go', ['build', '-trimpath', '-buildvcs=false', '-o', program, '.'], { cwd, env })
  return async (request) => {
    const text = await new Promise<string>((resolve, reject) => {
      const child = execFile(program, { maxBuffer: 64 << 20 }, (error, stdout) =>
        error ? reject(error) : resolve(stdout),
      )
      child.stdin?.end(JSON.stringify(request))
    })
    return JSON.parse(text) as Answer // the peer's own form
  }
}
