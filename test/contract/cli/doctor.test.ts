import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { doctorCommand } from '../../../pdp/cli/doctor/doctor-command.ts'
import { envoyRules } from '../../../pdp/cli/doctor/envoy-rules.ts'

// The shipped example, in which nothing is found, with one way past the decision point opened at a time.

const shipped = fileURLToPath(new URL('../../../deploy/envoy/envoy.yaml', import.meta.url))

let folder: string
let sound: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-doctor-'))
  sound = await readFile(shipped, 'utf8')
})
afterAll(() => rm(folder, { recursive: true }))

async function look(text: string) {
  const file = join(folder, 'envoy.yaml')
  await writeFile(file, text)
  let out = ''
  const code = await doctorCommand({ envoy: file }, { out: (line) => (out += line), say: () => undefined })
  const findings = out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => /^.*?:(\d+): ([a-z-]+): /.exec(line.slice(file.length - 'envoy.yaml'.length)))
  return { code, found: findings.map((match) => match?.[2]), lines: findings.map((match) => Number(match?.[1])) }
}

const grpc = /grpc_service:\n\s+envoy_grpc: \{ cluster_name: sallyport \}\n(?:\s+#.*\n)*\s+timeout: 2s/
const http = (more = '') =>
  `http_service: { server_uri: { uri: http://x, cluster: sallyport, timeout: 2s }, authorization_response: { allowed_upstream_headers: { patterns: [${more}] } } }`
const ours = '{ prefix: x-sallyport- }'

/** Rule → what to replace in the example, by what. */
const openings: Readonly<Record<string, readonly [RegExp, string]>> = {
  'not-asked': [/- name: envoy.filters.http.ext_authz\n[\s\S]*?(?=\n\s+- name: envoy.filters.http.router)/, '# gone'],
  'failure-mode-allow': [/failure_mode_allow: false\n/, 'failure_mode_allow: true\n'],
  'filter-disabled': [
    /- name: envoy.filters.http.ext_authz\n/,
    '- name: envoy.filters.http.ext_authz\n                    disabled: true\n',
  ],
  'filter-enabled-in-part': [/validate_mutations: true/, 'filter_enabled: { default_value: { numerator: 50 } }'],
  'route-disabled': [/check_settings:\n\s+context_extensions:\n\s+service: orders/, 'disabled: true'],
  'status-on-error': [/ServiceUnavailable/, 'OK'],
  timeout: [/timeout: 2s/, 'timeout: 1s'],
  'forwarded-certificate': [/_details: SANITIZE/, '_details: APPEND_FORWARD'],
  'path-normalisation': [/normalize_path: true/, 'normalize_path: false'],
  'merge-slashes': [/merge_slashes: true/, ''],
  'escaped-slashes': [/: REJECT_REQUEST\n\n/, ': KEEP_UNCHANGED\n\n'],
  underscores: [/headers_with_underscores_action: REJECT_REQUEST/, 'headers_with_underscores_action: ALLOW'],
  'identity-headers': [/\s+- remove: x-sallyport-issuer/, ''],
  'changed-after-asking': [
    /- name: envoy.filters.http.router/,
    '- { name: lua, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua } }\n                  - name: envoy.filters.http.router',
  ],
  'clear-route-cache': [/validate_mutations: true/, 'clear_route_cache: true'],
  'partial-body': [
    /validate_mutations: true/,
    'with_request_body: { max_request_bytes: 1, allow_partial_message: true }',
  ],
  'evidence-not-sent': [/validate_mutations: true/, 'allowed_headers: { patterns: [{ exact: authorization }] }'],
  'evidence-held-back': [/validate_mutations: true/, 'disallowed_headers: { patterns: [{ exact: dpop }] }'],
  'http-identity-headers': [grpc, http()],
  'http-connect': [/match: \{ prefix: \/ \}/, 'match: { connect_matcher: {} }'],
  transport: [/pipe: \{ path: [^}]+ \}/, 'socket_address: { address: 10.0.0.7, port_value: 9191 }'],
  admin: [
    /admin:\n\s+address: \{ socket_address: \{ address: 127.0.0.1/,
    'admin:\n  address: { socket_address: { address: 0.0.0.0',
  ],
}

test('every rule has an opening, and there are fifteen at least', () => {
  expect(envoyRules.map(({ name }) => name).toSorted()).toEqual(Object.keys(openings).toSorted())
  expect(envoyRules.length).toBeGreaterThanOrEqual(15)
})

test('in the example that is shipped nothing is found', async () => {
  expect(await look(sound)).toEqual({ code: 0, found: [], lines: [] })
})

test.each(Object.entries(openings))('%s', async (rule, [what, by]) => {
  const base = rule === 'http-connect' ? sound.replace(grpc, http(ours)) : sound
  expect((await look(base)).found).toEqual([])
  const opened = base.replace(what, by)
  expect(opened).not.toBe(base)
  const { code, found, lines } = await look(opened)
  expect(code).toBe(1)
  expect(found).toEqual([rule])
  expect(lines[0]).toBeGreaterThan(1)
})

test('what is no YAML or not there is told', async () => {
  expect((await look('a: [')).code).toBe(3)
  const quiet = { out: () => undefined, say: () => undefined }
  expect(await doctorCommand({ envoy: join(folder, 'none.yaml') }, quiet)).toBe(3)
})
