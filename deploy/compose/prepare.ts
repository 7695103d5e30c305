import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chown, readdir, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { buildBundle } from '../../pdp/cli/build-bundle.ts'
import { sha256 } from '../../pdp/core/digest.ts'
import { readSigningKey } from '../../pdp/policy/signature/read-signing-key.ts'
import { signBundle } from '../../pdp/policy/sign-bundle.ts'
import { createDemoWorld, type DemoAuthority } from '../../pdp/process/demo/world.ts'
import { createRegoToolchain } from '../../pdp/rego/toolchain.ts'
import { writeWorld } from './held-world.ts'
import { selfSigned } from './self-signed.ts'

// Makes what the others are given, each in a folder of its own below /made, and gives it to the user that they run as. What
// was made before is left as it is: it is not root's any more.

const user = 65_532
const last = '/made/callers/world.json'
if (existsSync(last)) {
  process.stdout.write('made before\n')
  process.exit(0)
}
const made: Record<string, Record<string, string | Uint8Array>> = {
  sallyport: {},
  redis: {},
  envoy: {},
  tools: {},
  callers: {},
}

const secret = () => randomBytes(32).toString('base64url')
const world = createDemoWorld()
const toolsKey = `sp_pep_${secret()}`
const redisPassword = secret()
const server = selfSigned(
  ['redis', 'sallyport-1', 'sallyport-2', 'envoy', 'tools', 'orders.example.org', 'orders.staging.example.org'],
  Date.now(),
)
const tls = { 'tls.crt': server.cert, 'tls.key': server.key }

const keySet = ({ key }: DemoAuthority, use: string) =>
  JSON.stringify({ keys: [{ ...key.publicJwk, kid: key.verification.kid, use }] })

made['sallyport'] = {
  ...tls,
  'ca.crt': server.cert,
  'tools.key': `sha256:${sha256(toolsKey)}\n`,
  'production.json': keySet(world.production, 'jwt-svid'),
  'staging.json': keySet(world.staging, 'jwt-svid'),
  'issuer.json': keySet(world.issuer, 'sig'),
  'redis-password': redisPassword,
  'fleet-secret': secret(),
  ...(await signedBundles()),
}
made['redis'] = {
  ...tls,
  'redis.conf': [
    'port 0',
    'tls-port 6379',
    'tls-cert-file /etc/redis/tls.crt',
    'tls-key-file /etc/redis/tls.key',
    'tls-auth-clients no',
    'save ""',
    'appendonly no',
    'maxmemory-policy noeviction',
    'dir /etc/redis',
    'user default off',
    `user sallyport on >${redisPassword} ~sallyport:* &sallyport:* ${redisCommands()}`,
    '',
  ].join('\n'),
}
made['envoy'] = tls
made['tools'] = { ...tls, 'ca.crt': server.cert, 'pep.key': toolsKey }
made['callers'] = { 'ca.crt': server.cert, [basename(last)]: writeWorld(world) } // the last of all

for (const [folder, files] of Object.entries(made)) {
  for (const [name, content] of Object.entries(files)) {
    const path = `/made/${folder}/${name}`
    await writeFile(path, content, { mode: 0o600 })
    await chown(path, user, user)
  }
}
for (const folder of await readdir('/made')) await chown(`/made/${folder}`, user, user)
process.stdout.write('made keys, certificates and signed bundles\n')

/** What docs/fleet.md names. */
function redisCommands(): string {
  const allowed = 'get set zadd zcard zrangebyscore zrem zrevrange zscore eval evalsha info publish subscribe time'
  return ['-@all', '+@connection', ...allowed.split(' ').map((name) => `+${name}`)].join(' ')
}

async function signedBundles(): Promise<Record<string, string | Uint8Array>> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = readSigningKey(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  if (!key.ok) throw new Error(key.detail)
  const toolchain = createRegoToolchain()
  const files: Record<string, string | Uint8Array> = {
    'signer.pub': pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
  for (const name of ['orders', 'agent-tools']) {
    const { archive } = await buildBundle(`/app/bundles/${name}.yaml`, toolchain)
    const signed = await signBundle(archive, key.value)
    if (!signed.ok) throw new Error(signed.detail)
    files[`${name}.tar.gz`] = signed.value
  }
  await toolchain.close()
  return files
}
