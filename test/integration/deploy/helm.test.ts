import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { fencesOf } from '../../architecture/fences.ts'
import { read } from '../../architecture/project.ts'
import { doctorCommand } from '../../../pdp/cli/doctor/doctor-command.ts'
import { exitCodes } from '../../../pdp/cli/exit-codes.ts'
import { layOver } from '../../../pdp/config/overlay.ts'
import { parseConfig } from '../../../pdp/config/read-config.ts'
import { readYaml } from '../../../pdp/config/read-yaml.ts'
import type { Config } from '../../../pdp/config/schema.ts'
import { startRefusals } from '../../../pdp/process/start-refusals.ts'
import { createServerCertificate } from '../../support/server-certificate.ts'
import { chart, example, helm, type KubernetesObject, objectsOf, type Rendered, type Values, variant } from './helm.ts'
import { oldestKubernetes, writeKubernetesSchemas } from './kubernetes-schemas.ts'

// The chart, by Helm and kubeconform themselves: every variant that is shipped, and every unsafe value beside its twin.

const variants = ['service', 'fleet', 'spiffe', 'istio', 'sidecar'] as const
type Variant = (typeof variants)[number]

/** Members to set in values, by path; undefined takes one away. */
type Changes = Readonly<Record<string, unknown>>

const changed = (values: Values, changes: Changes): Values =>
  layOver(
    values,
    Object.entries(changes).map(([path, value]) => ({ path: path.split('.'), value, from: 'test' })),
  ) as Values

/** What is refused: the variant it is made of, which is rendered, and what is changed in it. */
const unsafe: readonly (readonly [string, Variant, Changes, RegExp])[] = [
  ['several instances without Redis', 'service', { replicas: 2 }, /replicas: several instances need config\.fleet/],
  ['as many as there is load, without Redis', 'service', { 'autoscaling.enabled': true }, /need config\.fleet/],
  [
    'Redis in the clear',
    'fleet',
    { 'config.fleet.redis': 'redis://redis:6379', 'config.fleet.tls': 'off' },
    /config\.fleet\.tls: `off` is for a mesh/,
  ],
  ['no certificate', 'service', { 'tls.secret': '' }, /tls\.secret: name a secret/],
  ['no TLS', 'service', { 'tls.mode': 'off' }, /at '\/tls\/mode': value must be one of/],
  ['the decision of TLS in the configuration', 'service', { 'config.tls': 'off' }, /at '\/config\/tls'/],
  [
    'another address in the configuration',
    'service',
    { 'config.listen': { decisions: '0.0.0.0:80' } },
    /at '\/config\/listen'/,
  ],
  ['a log in memory', 'service', { 'config.audit.mode': 'memory' }, /at '\/config\/audit\/mode'/],
  ['a log outside its volume', 'service', { 'config.audit.directory': '/tmp' }, /at '\/config\/audit\/directory'/],
  ['a log that ends with its pod', 'service', { 'state.persistent': false }, /state: the log would end with the pod/],
  ['the same beside a workload', 'sidecar', { 'config.audit': {} }, /state: the log would end with the pod/],
  ['anybody may ask', 'service', { 'config.peps.orders-api': { none: true } }, /config\.peps\.orders-api: `none`/],
  [
    'a key in the values',
    'service',
    { 'config.peps.orders-api.bearer': 'sp_pep_aaaa' },
    /at '\/config\/peps\/orders-api\/bearer'/,
  ],
  ['a secret in the environment', 'service', { env: [{ name: 'FLEET_SECRET', value: 'hidden' }] }, /at '\/env\/0'/],
  [
    'a misspelt setting',
    'service',
    { 'config.services.orders.audience': ['x'] },
    /additional properties 'audience' not allowed/,
  ],
  ['a misspelt value', 'service', { replica: 1 }, /additional properties 'replica' not allowed/],
  ['an image that moves', 'service', { 'image.tag': 'latest' }, /at '\/image\/tag'/],
  ['nobody may ask', 'service', { 'networkPolicy.clients': [] }, /networkPolicy\.clients: name who may ask/],
  ['everybody may reach it', 'service', { 'networkPolicy.clients': [{}] }, /at '\/networkPolicy\/clients\/0'/],
  [
    'every pod may reach it',
    'service',
    { 'networkPolicy.clients': [{ podSelector: {} }] },
    /at '\/networkPolicy\/clients\/0\/podSelector'/,
  ],
  [
    'every address may reach it',
    'service',
    { 'networkPolicy.clients': [{ ipBlock: { cidr: '0.0.0.0/0' } }] },
    /at '\/networkPolicy\/clients\/0\/ipBlock\/cidr'/,
  ],
  [
    'it may reach everything',
    'service',
    { 'networkPolicy.egress': [{ ports: [{ port: 443 }] }] },
    /at '\/networkPolicy\/egress\/0'/,
  ],
  ['Envoy in the clear', 'sidecar', { 'envoy.tls.secret': '' }, /envoy\.tls\.secret: name a secret/],
  ['Envoy apart from what it guards', 'spiffe', { 'envoy.enabled': true }, /envoy\.enabled: is for mode: sidecar/],
  [
    'Envoy before a service that is not there',
    'sidecar',
    { 'envoy.service': 'billing' },
    /envoy\.service: `billing` is no service/,
  ],
  [
    'a proxy that fails open',
    'sidecar',
    { 'config.peps.sidecar.failure_mode_allow': true },
    /failure_mode_allow: must be false/,
  ],
  [
    'the same of a mesh',
    'istio',
    { 'config.peps.orders-proxy.failure_mode_allow': true },
    /failure_mode_allow: must be false/,
  ],
  [
    'a mesh that ends TLS, and asks',
    'istio',
    { 'tls.mode': 'mesh', 'config.peps.orders-proxy': { bearer: 'file:signers/proxy.key' } },
    /istio\.enabled: needs tls\.mode `spiffe` or `secret`/,
  ],
  ['a mesh that asks about nothing', 'istio', { 'istio.workloads': [] }, /istio\.workloads: name those/],
  [
    'a mesh that asks about every workload',
    'istio',
    { 'istio.workloads': [{ namespace: 'shop', labels: {} }] },
    /at '\/istio\/workloads\/0\/labels'/,
  ],
  [
    'a mesh that does not say for which service',
    'istio',
    { 'config.services.billing': { audiences: ['https://b.example.org'], peps: ['orders-proxy'] } },
    /Istio does not say for which service/,
  ],
]

/** What else is rendered: ways to set a variant that none of the files shows. */
const ways: readonly (readonly [string, Variant, Changes])[] = [
  [
    'the smallest',
    'service',
    {
      'networkPolicy.enabled': false,
      'serviceAccount.create': false,
      'topologySpread.hosts': false,
      'topologySpread.zones': false,
    },
  ],
  ['a log that may be lost', 'service', { 'state.persistent': false, 'state.mayBeLost': true }],
  [
    'everything that a pod may be given',
    'fleet',
    {
      imagePullSecrets: [{ name: 'registry' }],
      env: [
        { name: 'OTEL_SERVICE_NAME', value: 'sallyport' },
        { name: 'FLEET_SECRET', secret: 'fleet', key: 'secret' },
      ],
      podLabels: { team: 'edge' },
      podAnnotations: { 'example.org/note': 'x' },
      nodeSelector: { disk: 'fast' },
      tolerations: [{ key: 'dedicated', operator: 'Exists' }],
      affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
      priorityClassName: 'system-cluster-critical',
      'config.fleet.secret': ['file:fleet/secret', 'file:fleet/secret-before'],
      'serviceAccount.annotations': { 'example.org/role': 'x' },
    },
  ],
  ['a driver that knows no pods', 'service', { 'state.accessMode': 'ReadWriteOnce' }],
  ['no way for names', 'fleet', { 'networkPolicy.dns': false, 'networkPolicy.egress': [] }],
  ['a mesh that ends TLS', 'service', { 'tls.mode': 'mesh', 'tls.secret': '' }],
  [
    'Envoy whose TLS is the mesh',
    'sidecar',
    { 'envoy.tls.mode': 'mesh', 'envoy.image.digest': `sha256:${'1'.repeat(64)}` },
  ],
  ['a sidecar without Envoy', 'sidecar', { 'envoy.enabled': false, 'listeners.extAuthz': true }],
]

/** The values that docs/deploy.md shows. */
function documented(): Values {
  const [block] = fencesOf('docs/deploy.md', read('docs/deploy.md')).filter(({ language }) => language === 'yaml')
  return parse(block?.text ?? '') as Values // of ours
}

let folder = ''
let schemas: readonly string[] = []
const rendered = new Map<string, Rendered>()
const objects = (name: string): readonly KubernetesObject[] =>
  objectsOf(rendered.get(name) ?? { manifests: null, notes: '', lint: null })
const find = (name: string, kind: string, called?: string): KubernetesObject => {
  const found = objects(name).find(
    (each) => each.kind === kind && (called ?? each.metadata.name) === each.metadata.name,
  )
  if (!found) throw new Error(`${name}: no ${kind} ${called ?? ''}`)
  return found
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-helm-'))
  schemas = await writeKubernetesSchemas(folder)
  const values = new Map(await Promise.all(variants.map(async (name) => [name, await variant(name)] as const)))
  const of = (name: Variant, changes: Changes = {}): Values => changed(values.get(name) ?? {}, changes)
  const renders = [
    ...variants.map((name) => [name, { chart, values: of(name), lint: true }] as const),
    ...ways.map(([name, base, changes]) => [name, { chart, values: of(base, changes), lint: true }] as const),
    ...unsafe.map(([name, base, changes]) => [name, { chart, values: of(base, changes) }] as const),
    ['example', { chart: example, dependencies: [chart], values: { sallyport: of('sidecar') } }] as const,
    ['the values in the documentation', { chart, values: documented() }] as const,
    ['nothing given', { chart, values: {} }] as const,
  ]
  expect(new Set(renders.map(([name]) => name)).size).toBe(renders.length)
  const answer = await helm({ schemas, renders: renders.map(([, render]) => render) })
  for (const [i, [name]] of renders.entries()) {
    const one = answer.renders?.[i]
    if (one) rendered.set(name, one)
  }
})
afterAll(() => rm(folder, { recursive: true }))

const safe = [...variants, ...ways.map(([name]) => name)]

test('the variants are those that are shipped, of this version, for what is validated', async () => {
  const files = await readdir(join(chart, 'variants'))
  expect(files.sort()).toEqual(variants.map((name) => `${name}.yaml`).sort())
  const manifest = JSON.parse(read('package.json')) as { readonly version: string }
  const { appVersion, kubeVersion } = parse(await readFile(join(chart, 'Chart.yaml'), 'utf8')) as Values
  expect(appVersion).toBe(manifest.version)
  expect(kubeVersion).toBe(`>=${oldestKubernetes}-0`)
})

describe('kubeconform', () => {
  const good = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'a' },
    spec: { maxUnavailable: 1 },
  }
  const monitor = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata: { name: 'a' },
    spec: { selector: {}, endpoints: [{ port: 'health' }] },
  }
  const istio = {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'a' },
    spec: { action: 'CUSTOM', provider: { name: 'a' }, rules: [{}] },
  }
  const planted: readonly (readonly [string, object, object])[] = [
    ['a misspelt member', good, { ...good, spec: { maxUnavailible: 1 } }],
    ['a wrong type', good, { ...good, spec: { maxUnavailable: true } }],
    [
      'a misspelt member of a monitor',
      monitor,
      { ...monitor, spec: { ...monitor.spec, endpoints: [{ prot: 'health' }] } },
    ],
    ['a wrong word in a policy', istio, { ...istio, spec: { ...istio.spec, action: 'CUSTUM' } }],
    ['a kind that nobody knows', good, { ...good, kind: 'PodDisruptionBudgets' }],
  ]

  test('finds what is planted, and nothing in its twin', async () => {
    const validate = planted.flatMap(([, twin, fault]) => [JSON.stringify(twin), JSON.stringify(fault)])
    const { validated } = await helm({ schemas, validate })
    for (const [i, [name]] of planted.entries()) {
      expect(validated?.[2 * i], name).toEqual([])
      expect(validated?.[2 * i + 1], name).toHaveLength(schemas.length) // in each version
    }
  })

  test.each([...safe, 'example', 'the values in the documentation'])('takes every object: %s', (name) => {
    const { refused, manifests } = rendered.get(name) ?? {}
    expect(refused).toBeUndefined()
    expect(manifests?.length).toBeGreaterThan(0)
    expect(manifests?.flatMap(({ template, invalid }) => invalid.map((what) => `${template}: ${what}`))).toEqual([])
  })
})

test.each(safe)('helm lint finds nothing: %s', (name) => {
  expect(rendered.get(name)?.lint).toEqual([])
})

describe('what is unsafe is refused, and its twin is rendered', () => {
  test.each(unsafe)('%s', (name, base, _, why) => {
    expect(rendered.get(base)?.refused).toBeUndefined()
    expect(rendered.get(name)?.refused).toMatch(why)
  })

  test('without a configuration nothing is installed', () => {
    expect(rendered.get('nothing given')?.refused).toMatch(/at '\/config': .*/)
  })
})

describe('the configuration in it', () => {
  /** As the process reads it. */
  function configOf(name: string): Config {
    const read = readYaml(find(name, 'ConfigMap', 'pdp-sallyport').data?.['sallyport.yaml'] ?? '')
    if (!read.ok) throw new Error(read.message)
    const parsed = parseConfig(read.value)
    if (!parsed.ok) throw new Error(parsed.problems.map(({ at, message }) => `${at}: ${message}`).join('\n'))
    return parsed.value
  }

  test.each([...safe, 'the values in the documentation'])('can be started: %s', (name) => {
    expect(startRefusals(configOf(name), { demo: false, environment: {} })).toEqual([])
  })

  test('listens where the pod is reached, on nothing else', () => {
    expect(configOf('service').listen).toEqual({
      decisions: '0.0.0.0:7070',
      health: '0.0.0.0:7071',
      socket_mode: '0600',
    })
    expect(configOf('istio').listen).toMatchObject({ decisions: '127.0.0.1:7070', ext_authz: '0.0.0.0:9191' })
    const { listen, tls } = configOf('sidecar')
    expect(listen).toMatchObject({ decisions: '127.0.0.1:7070', ext_authz: 'unix:/run/sallyport/ext-authz.sock' })
    expect(tls).toBeUndefined()
  })

  test('every file that it refers to is mounted', () => {
    for (const name of [...variants, 'a mesh that ends TLS']) {
      const text = find(name, 'ConfigMap', 'pdp-sallyport').data?.['sallyport.yaml'] ?? ''
      const folders = new Set([...text.matchAll(/file:([a-z-]+)\//g)].map(([, each]) => `/etc/sallyport/${each}`))
      const pod = JSON.stringify(name === 'sidecar' ? find('example', 'Deployment') : find(name, 'StatefulSet'))
      expect(folders.size).toBeGreaterThan(0)
      for (const each of folders) expect(pod, `${name}: ${each}`).toContain(`"mountPath":"${each}"`)
    }
  })

  test('a pod is given the time that it takes to stop', () => {
    for (const name of ['service', 'fleet']) {
      const { drain_ms, grace_s } = configOf(name).limits
      const { terminationGracePeriodSeconds } = podOf(name)
      expect(terminationGracePeriodSeconds).toBe(drain_ms / 1_000 + grace_s + 5)
    }
    expect(configOf('fleet').limits).toMatchObject({ drain_ms: 8_000, grace_s: 20 })
    expect(configOf('service').limits).toMatchObject({ drain_ms: 5_000, grace_s: 10 })
  })
})

interface Container {
  readonly name: string
  readonly image: string
  readonly securityContext: Values
  readonly restartPolicy?: string
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
}
interface Pod {
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes: readonly Values[]
  readonly securityContext: Values
  readonly automountServiceAccountToken: boolean
  readonly terminationGracePeriodSeconds: number
}
const podOf = (name: string): Pod => {
  const workload = name === 'example' ? find(name, 'Deployment') : find(name, 'StatefulSet')
  return (workload.spec as { readonly template: { readonly spec: Pod } }).template.spec
}

describe('pods', () => {
  test.each(['service', 'fleet', 'spiffe', 'istio', 'example'])('have no right that they do not need: %s', (name) => {
    const pod = podOf(name)
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    })
    const ours = [...(pod.initContainers ?? []), ...pod.containers].filter((each) => each.name !== 'orders')
    expect(ours.length).toBeGreaterThan(0)
    for (const { securityContext, image } of ours) {
      expect(image).not.toMatch(/:latest$|^[^:@]+$/)
      expect(securityContext).toMatchObject({
        runAsNonRoot: true,
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' },
      })
    }
  })

  test('beside a workload, neither it nor Envoy sees the keys and the log', () => {
    const { initContainers = [], containers } = podOf('example')
    expect(initContainers.map(({ name, restartPolicy }) => [name, restartPolicy])).toEqual([
      ['sallyport', 'Always'],
      ['envoy', 'Always'],
    ])
    const [sallyport, envoy] = initContainers
    expect(sallyport?.securityContext['runAsUser']).not.toBe(envoy?.securityContext['runAsUser'])
    expect(envoy?.volumeMounts.map(({ name }) => name).sort()).toEqual(['envoy-config', 'envoy-tls', 'sallyport-run'])
    expect(containers[0]?.volumeMounts).toBeUndefined()
  })

  test('an instance keeps its log, unless told otherwise', () => {
    expect(find('fleet', 'StatefulSet').spec).toMatchObject({
      volumeClaimTemplates: [{ metadata: { name: 'sallyport-state' }, spec: { storageClassName: 'fast' } }],
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    })
    expect(podOf('fleet').volumes.map(({ name }) => name)).not.toContain('sallyport-state')
    expect(podOf('a log that may be lost').volumes).toContainEqual({
      name: 'sallyport-state',
      emptyDir: { sizeLimit: '10Gi' },
    })
  })

  test('the Workload API comes from the driver, and is read alone', () => {
    expect(podOf('spiffe').volumes).toContainEqual({
      name: 'sallyport-spire',
      csi: { driver: 'csi.spiffe.io', readOnly: true },
    })
    expect(podOf('service').volumes.map(({ name }) => name)).not.toContain('sallyport-spire')
  })
})

describe('around them', () => {
  const has = (name: string, kind: string) => objects(name).some((each) => each.kind === kind)

  test('several instances have a budget, one has none: it would keep its node from being drained', () => {
    expect(find('fleet', 'PodDisruptionBudget').spec).toMatchObject({ maxUnavailable: 1 })
    expect(has('service', 'PodDisruptionBudget')).toBe(false)
    expect(find('fleet', 'StatefulSet').spec).not.toHaveProperty('replicas') // the autoscaler's to say
  })

  test('the alerts are those that are tested, and look at what is scraped', async () => {
    const rules = await readFile(join(chart, '..', '..', 'prometheus', 'sallyport.rules.yaml'), 'utf8')
    expect(find('fleet', 'PrometheusRule').spec).toEqual(parse(rules))
    expect(find('fleet', 'ServiceMonitor').spec).toMatchObject({ endpoints: [{ port: 'health', path: '/metrics' }] })
    expect(has('service', 'PrometheusRule')).toBe(false)
  })

  test('both directions are closed but for what is named', () => {
    const { spec } = find('fleet', 'NetworkPolicy')
    expect(spec).toMatchObject({ policyTypes: ['Ingress', 'Egress'] })
    const { ingress, egress } = spec as { readonly ingress: readonly Values[]; readonly egress: readonly Values[] }
    expect(ingress.every((rule) => Array.isArray(rule['from']) && Array.isArray(rule['ports']))).toBe(true)
    expect(egress.every((rule) => Array.isArray(rule['to']))).toBe(true)
    expect(JSON.stringify(ingress)).not.toContain('"port":7070') // by the names of the container's ports
    expect(find('no way for names', 'NetworkPolicy').spec).toMatchObject({
      policyTypes: ['Ingress', 'Egress'],
      egress: null,
    })
  })

  test('the proxies of a mesh ask about every request, and an error is no allow', () => {
    expect(find('istio', 'AuthorizationPolicy').spec).toMatchObject({
      action: 'CUSTOM',
      provider: { name: 'sallyport' },
      rules: [{}],
    })
    expect(rendered.get('istio')?.notes).toMatch(/timeout: 2\.0s\n\s+failOpen: false/)
    expect(find('istio', 'DestinationRule').spec).toMatchObject({
      trafficPolicy: { portLevelSettings: [{ port: { number: 9191 }, tls: { mode: 'ISTIO_MUTUAL' } }] },
    })
    expect(find('a mesh that ends TLS', 'PeerAuthentication').spec).toMatchObject({ mtls: { mode: 'STRICT' } })
    for (const each of objects('istio').filter(({ kind }) => kind === 'EnvoyFilter')) {
      expect(JSON.stringify(each.spec)).toContain('"remove":"x-sallyport-subject"')
      expect(JSON.stringify(each.spec)).toContain('"headers_with_underscores_action":"REJECT_REQUEST"')
    }
  })
})

describe('the Envoy of a sidecar', () => {
  const program = join(chart, '..', '..', '..', 'build', 'peers', 'envoy', 'envoy', '_bin', 'envoy')

  test.each(['sidecar', 'Envoy whose TLS is the mesh'])('is taken by Envoy, and has no way past: %s', async (name) => {
    const { cert, key } = createServerCertificate(['orders.example.org'])
    for (const [file, content] of Object.entries({ 'tls.crt': cert, 'ca.crt': cert, 'tls.key': key }))
      await writeFile(join(folder, file), content)
    const text = find(name, 'ConfigMap', 'pdp-sallyport-envoy').data?.['envoy.yaml'] ?? ''
    expect(text.includes('/etc/envoy/tls/tls.crt')).toBe(name === 'sidecar')
    const file = join(folder, 'envoy.yaml')
    await writeFile(file, text.replaceAll('/etc/envoy/tls', folder))
    const check = (each: string) => promisify(execFile)(program, ['--mode', 'validate', '--config-path', each])
    await expect(check(file)).resolves.toBeDefined()
    const said: string[] = []
    const terminal = { out: (line: string) => void said.push(line), say: () => undefined }
    expect(await doctorCommand({ envoy: file }, terminal), said.join('')).toBe(exitCodes.ok)

    const bad = join(folder, 'bad.yaml')
    await writeFile(bad, (await readFile(file, 'utf8')).replace('merge_slashes', 'merge_slahes'))
    await expect(check(bad)).rejects.toThrow(/merge_slahes/)
    await writeFile(
      bad,
      (await readFile(file, 'utf8')).replace('failure_mode_allow: false', 'failure_mode_allow: true'),
    )
    expect(await doctorCommand({ envoy: bad }, terminal)).toBe(exitCodes.failed)
  })

  test('refuses what the shipped example refuses', async () => {
    const shipped = await readFile(join(chart, '..', '..', 'envoy', 'envoy.yaml'), 'utf8')
    const text = find('sidecar', 'ConfigMap', 'pdp-sallyport-envoy').data?.['envoy.yaml'] ?? ''
    const settings = (of: string) =>
      new Set([...of.matchAll(/^\s*(?:- )?([a-z_]+: [^{}\n#"]+?)\s*(?:#.*)?$/gm)].map(([, each]) => each))
    const own = settings(text)
    const differs = [...settings(shipped)].filter((each) => !own.has(each))
    // names of the example, its access log, and a timeout that the chart reckons
    expect(differs.filter((each) => !/^(?:name|stat_prefix|cluster_name|timeout|service): /.test(each ?? ''))).toEqual(
      [],
    )
  })
})
