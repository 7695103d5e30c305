// Makes a clone ready to run: installs the packages of the lock file and builds the Rego toolchain. Plain JavaScript
// over Node's own modules, because it runs before anything is installed, on any Node from 20. With nothing to do it
// takes a moment and says nothing.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamps = join(root, 'build', '.stamps')
const lock = join(stamps, 'setup.lock')
const ownNodePath = join(root, 'node_modules', '.bin', 'node')
const oldestNode = [22, 18]
const oldestGo = [1, 25]

// In this order. Each says whether it has work, stops where a tool for it is missing, and then works.
const steps = [
  { title: 'installing packages', needed: packagesDiffer, requires: npm, run: installPackages },
  { title: 'building the Rego toolchain', needed: toolchainDiffers, requires: go, run: buildToolchain },
  { title: 'building the example bundles', needed: bundlesDiffer, requires: ownNode, run: buildBundles },
]

function main() {
  for (const step of steps) if (step.needed()) locked(() => step.needed() && timed(step))
  const tooOld = isOlder(process.versions.node, oldestNode)
  if (tooOld && existsSync(join(root, 'package-lock.json'))) ownNode()
}

// npm notes in node_modules/.package-lock.json what it really installed; comparing contents needs no stamp of ours and
// sees packages that somebody installed by hand. Optional packages are those of other platforms, and may be absent.
function packagesDiffer() {
  const wanted = readPackages(join(root, 'package-lock.json'))
  if (wanted === undefined) return false // the published package has no lock file: its installer did this
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'))
  if (installed === undefined) return true
  const same = (path) =>
    installed[path]?.version === wanted[path]?.version && sum(installed[path]) === sum(wanted[path])
  return (
    Object.keys(wanted).some((path) => path.includes('node_modules/') && !wanted[path].optional && !same(path)) ||
    Object.keys(installed).some((path) => path.includes('node_modules/') && !same(path))
  )
}

function readPackages(path) {
  if (!existsSync(path)) return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages
  } catch {
    stop(`cannot read ${path} as JSON; restore it, or delete node_modules`)
  }
}

function sum(entry) {
  return entry?.integrity ?? entry?.resolved
}

function npm() {
  if (runNpm('--version').status !== 0) stop('npm is not installed; install Node with npm from https://nodejs.org')
}

function installPackages() {
  const done = runNpm('ci', '--no-audit', '--no-fund')
  if (done.status !== 0) stop('npm ci failed; the output above says why', done)
}

// The very npm that the user called, if npm runs this script.
function runNpm(...args) {
  const path = process.env.npm_execpath
  return path ? execute(process.execPath, [path, ...args], root) : execute('npm', args, root)
}

function toolchainDiffers() {
  const built = existsSync(join(root, 'build', 'rego.wasm'))
  if (!existsSync(join(root, 'rego', 'go.mod'))) {
    if (!built) stop('build/rego.wasm is missing and there are no sources to build it from; install the package again')
    return false
  }
  return !built || readStamp('rego') !== hashOf(join(root, 'rego'))
}

function go() {
  const install = 'install it from https://go.dev/dl/'
  const version = execute('go', ['version'], root)
  if (version.status !== 0) stop(`go ${oldestGo.join('.')} or newer is not installed; ${install}`)
  const found = /go(\d+\.\d+[\w.]*)/.exec(version.stdout)?.[1] ?? 'unknown'
  if (isOlder(found, oldestGo)) stop(`go ${found} is too old, ${oldestGo.join('.')} or newer is needed; ${install}`)
}

function buildToolchain() {
  const hash = hashOf(join(root, 'rego'))
  const target = join(root, 'build', 'rego.wasm')
  for (const left of readdirSync(join(root, 'build'))) {
    if (left.startsWith('rego.wasm.')) rmSync(join(root, 'build', left)) // of a run that was killed
  }
  const fresh = `${target}.${process.pid}`
  // No version control stamp, no paths, no symbols: the same sources give the same file everywhere.
  const flags = ['-buildmode=c-shared', '-trimpath', '-buildvcs=false', '-ldflags=-s -w']
  const env = { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm', GOWORK: 'off' }
  const done = execute('go', ['build', ...flags, '-o', fresh, '.'], join(root, 'rego'), env)
  if (done.status !== 0) {
    rmSync(fresh, { force: true })
    stop('go build failed; the output above says why', done)
  }
  renameSync(fresh, target)
  writeStamp('rego', hash)
}

// The archives are made of the policies and their definitions, by the builder and the toolchain.
const bundleSources = ['bundles', 'policies', 'pdp/cli', 'pdp/policy', 'pdp/rego', 'rego']
const bundlesBuilder = join(root, 'scripts', 'build-bundles.mjs')

function bundlesDiffer() {
  if (!existsSync(bundlesBuilder)) return false // the published package brings its bundles
  const definitions = readdirSync(join(root, 'bundles')).filter((name) => name.endsWith('.yaml'))
  const archives = definitions.map((name) => join(root, 'bundles', 'dist', name.replace(/yaml$/, 'tar.gz')))
  return !archives.every((path) => existsSync(path)) || readStamp('bundles') !== bundlesHash()
}

function bundlesHash() {
  return bundleSources.map((folder) => hashOf(join(root, ...folder.split('/')))).join(' ')
}

function ownNode() {
  if (!runs(ownNodePath))
    stop('npm held back the install script of the package `node`; run: npm rebuild node --ignore-scripts=false')
}

function buildBundles() {
  const hash = bundlesHash()
  const done = execute(ownNodePath, [bundlesBuilder], root)
  if (done.status !== 0) stop('the example bundles cannot be built; the output above says why', done)
  writeStamp('bundles', hash)
}

function hashOf(folder) {
  const hash = createHash('sha256')
  const made = join(root, 'bundles', 'dist')
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map((entry) => join(entry.parentPath ?? entry.path, entry.name)).sort()
  for (const path of paths.filter((path) => dirname(path) !== made)) {
    const content = readFileSync(path)
    hash.update(`${path.slice(folder.length)}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

function readStamp(name) {
  const path = join(stamps, name)
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

function writeStamp(name, value) {
  const fresh = join(stamps, `${name}.${process.pid}`)
  writeFileSync(fresh, value)
  renameSync(fresh, join(stamps, name))
}

// Two runs at once must not install over each other: the second waits, then finds nothing left to do. A lock whose
// owner is gone is taken over.
function locked(work) {
  mkdirSync(stamps, { recursive: true })
  for (let tries = 1; !claim(); tries++) {
    if (tries === 25) process.stderr.write(`setup: waiting for another run, see ${lock}\n`)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  }
  const release = () => rmSync(lock, { force: true })
  process.once('exit', release)
  work()
  process.off('exit', release)
  release()
}

function claim() {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') stop(`cannot write ${lock}: ${error.message}`)
  }
  if (!ownerIsAlive()) rmSync(lock, { force: true })
  return false
}

function ownerIsAlive() {
  try {
    const owner = Number(readFileSync(lock, 'utf8'))
    if (owner > 0) return process.kill(owner, 0)
    return Date.now() - statSync(lock).mtimeMs < 10_000 // empty: just being written, or its writer was killed
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function timed(step) {
  step.requires()
  const start = performance.now()
  process.stderr.write(`setup: ${step.title} … `)
  step.run()
  process.stderr.write(`${((performance.now() - start) / 1000).toFixed(1)} s\n`)
}

function execute(command, args, cwd, env = process.env) {
  return spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    shell: command === 'npm' && process.platform === 'win32',
  })
}

function runs(command) {
  return execute(command, ['--version'], root).status === 0
}

function isOlder(version, [major, minor]) {
  const [has = 0, and = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  return has < major || (has === major && and < minor)
}

function stop(reason, output) {
  if (output) process.stderr.write(`\n${output.stdout ?? ''}${output.stderr ?? ''}`)
  process.stderr.write(`setup: ${reason}\n`)
  process.exit(1)
}

main()
