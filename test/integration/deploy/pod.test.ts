import { afterAll, beforeAll, expect, test } from 'vitest'
import { instant } from '../../../pdp/core/time.ts'
import { exampleBundle } from '../../support/bundles.ts'
import { createServerCertificate } from '../../support/server-certificate.ts'
import { checkout, svid, svidKey } from '../../support/world.ts'
import { chart, example, helm, objectsOf, type Values, variant } from './helm.ts'
import { envoyImage, ownImage } from './own-image.ts'
import { type Pod, type PodContainer, type PodVolume, startPod } from './pod.ts'

// The pod that the chart makes beside a workload, run as its manifest says: Sallyport, Envoy, and a workload on loopback.

interface PodSpec {
  readonly initContainers: readonly (PodContainer & {
    readonly readinessProbe?: { readonly httpGet: { readonly path: string } }
  })[]
  readonly volumes: readonly PodVolume[]
  readonly securityContext: { readonly fsGroup: number }
}

const workload: PodContainer = {
  name: 'orders',
  args: [
    '-e',
    `require('http').createServer((message, response) => response.end(String(message.headers['x-sallyport-subject'])))
      .listen(8080, '127.0.0.1')`,
  ],
  securityContext: { runAsUser: 10_001, runAsGroup: 10_001, readOnlyRootFilesystem: true },
  volumeMounts: [],
}

let pod: Pod | undefined
beforeAll(async () => {
  const values = await variant('sidecar')
  const config = {
    ...(values['config'] as Values),
    bundles: { orders: { file: 'bundles/orders.tar.gz', unsigned: true } },
    audit: {},
  }
  const mounts = ['trust', 'bundles'].map((name) => ({ name, configMap: name }))
  const sallyport = { ...values, config, mounts, state: { mayBeLost: true } }
  const { renders } = await helm({
    schemas: [],
    renders: [{ chart: example, dependencies: [chart], values: { sallyport } }],
  })
  const objects = objectsOf(renders?.[0] ?? { manifests: null, notes: '', lint: null, refused: 'nothing' })
  const deployment = objects.find(({ kind }) => kind === 'Deployment')
  if (!deployment) throw new Error('nothing was rendered')
  const { initContainers, volumes, securityContext } = (
    deployment.spec as { readonly template: { readonly spec: PodSpec } }
  ).template.spec
  const { cert, key } = createServerCertificate(['orders.example.org'])
  const { mounts: own, programs, environment, ...image } = ownImage()
  pod = await startPod({
    containers: [...initContainers, workload],
    volumes,
    fsGroup: securityContext.fsGroup,
    files: {
      ...Object.fromEntries(
        objects.flatMap(({ kind, metadata, data }) => (kind === 'ConfigMap' ? [[metadata.name, data ?? {}]] : [])),
      ),
      trust: { 'prod.example.json': JSON.stringify({ keys: [svidKey.jwk] }) },
      bundles: { 'orders.tar.gz': await exampleBundle('orders') },
      'orders-tls': { 'tls.crt': cert, 'tls.key': key, 'ca.crt': cert },
    },
    images: {
      sallyport: { ...image, mounts: own, programs, environment },
      envoy: envoyImage,
      orders: { ...image, entrypoint: ['node'], mounts: [], programs, environment: {} },
    },
  })
  await pod.containers.get('sallyport')?.says(/listening/)
}, 120_000)
afterAll(() => pod?.remove())

/** Runs code of Node's inside the pod, as the workload's user. */
async function inPod(code: string): Promise<string> {
  const done = await pod?.containers.get('orders')?.exec(['node', '-e', code])
  return done?.output.trim() ?? ''
}

/** What a caller of Envoy gets: status and body. Waits for Envoy, which starts meanwhile. */
const ask = (headers: Readonly<Record<string, string>>): Promise<string> =>
  inPod(`
    const options = { host: '127.0.0.1', port: 8443, path: '/v1/orders/42', rejectUnauthorized: false,
      headers: ${JSON.stringify({ host: 'orders.example.org', ...headers })} }
    const ask = (tries) => require('https').get(options, (response) => {
      let body = ''
      response.on('data', (piece) => (body += piece)).on('end', () => {
        if (response.statusCode === 503 && tries > 0) setTimeout(ask, 200, tries - 1)
        else console.log(response.statusCode, body)
      })
    }).on('error', () => (tries > 0 ? setTimeout(ask, 200, tries - 1) : console.log('no way')))
    ask(100)`)

test('Envoy asks over the socket that both may use, and the workload learns who calls', async () => {
  const good = { authorization: `Bearer ${svid({ now: instant(Date.now()) })}` }
  expect(await ask({ ...good, 'x-sallyport-subject': 'evil' })).toBe(`200 ${checkout}`)
  expect(await ask({ 'x-sallyport-subject': 'evil' })).toMatch(/^401/)
})

test('the probes that the manifest names are answered', async () => {
  for (const path of ['/livez', '/readyz'])
    expect(await inPod(`fetch('http://127.0.0.1:7071${path}').then(({ status }) => console.log(status))`)).toBe('200')
})

test('the socket, the log and the keys are nothing that the workload sees', async () => {
  const look = `const { statSync } = require('fs'); for (const path of ['/run/sallyport', '/var/lib/sallyport', '/etc/sallyport'])
    try { statSync(path); console.log(path) } catch {}`
  expect(await inPod(look)).toBe('')
  const modes = await pod?.containers.get('sallyport')?.exec([
    'node',
    '-e',
    `const { statSync } = require('fs'); for (const path of ['/run/sallyport/ext-authz.sock', '/var/lib/sallyport/state'])
      { const { mode, uid, gid } = statSync(path); console.log((mode & 0o777).toString(8), uid, gid) }`,
  ])
  expect(modes?.output.trim().split('\n')).toEqual(['660 65532 65532', '700 65532 65532'])
})
