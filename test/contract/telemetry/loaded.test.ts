import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { compileCache } from '../../support/compile-cache.ts'

const at = (path: string) => JSON.stringify(fileURLToPath(new URL(`../../../pdp/${path}`, import.meta.url)))

/** Which libraries of telemetry a process has loaded after this. */
async function loadedBy(code: string): Promise<unknown> {
  const program = `
    import { registerHooks } from 'node:module'
    const loaded = new Set()
    registerHooks({ load(url, context, next) {
      const [, name] = /node_modules\\/(@opentelemetry\\/sdk-trace|pino)\\//.exec(url) ?? []
      if (name) loaded.add(name)
      return next(url, context)
    } })
    ${code}
    process.stdout.write(JSON.stringify([...loaded].sort()))`
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], {
    env: { ...process.env, ...compileCache },
  })
  return JSON.parse(stdout)
}

const traces = `await (await import(${at('telemetry/traces.ts')})).openTraces({
  endpoint: 'http://127.0.0.1:1', headers: {}, timeoutMs: 1, resource: {}, failed() {}, random: () => 0,
  sampling: { sampler: 'always_off', ratio: 0, follow: 'pep' }, batch: { delayMs: 1, timeoutMs: 1, queue: 1, size: 1 } })`
const json = `await (await import(${at('telemetry/log.ts')})).openLog({
  level: 'info', format: 'json', write() {}, clock: () => 0, now: () => 0 })`

test('a process that traces nothing, and writes for people, has loaded nothing for it', async () => {
  expect(await loadedBy(`await import(${at('cli/main.ts')}); await import(${at('cli/start.ts')})`)).toEqual([])
  expect(await loadedBy(`${traces}; ${json}`)).toEqual(['@opentelemetry/sdk-trace', 'pino']) // so that they would be found
})
