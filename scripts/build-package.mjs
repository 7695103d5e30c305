// Makes the npm packages: in dist/package `sallyport`, with the Rego toolchain and the example bundles that the sources find
// beside them, and in dist/sdk `@sallyport/sdk`. Both are JavaScript, because Node does not strip types below node_modules.
// Beside them stands what each is made of (CycloneDX): `package.cdx.json`, `sdk.cdx.json`. `npm pack ./dist/package` packs
// one; another folder may be given in the place of dist.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = resolve(process.argv[2] ?? join(root, 'dist'))
const out = join(dist, 'package')
const sdkOut = join(dist, 'sdk')

function main() {
  for (const folder of [out, sdkOut]) rmSync(folder, { recursive: true, force: true })
  emit('tsconfig.package.json', '.', out)
  copy('build/rego.wasm', 'bundles/dist/orders.tar.gz', 'bundles/dist/agent-tools.tar.gz')
  copy('LICENSE', 'README.md', 'CHANGELOG.md', ...assets('pdp'))
  writeManifest(out, manifest())
  writeBill(manifest(), `${out}.cdx.json`)
  emit('tsconfig.sdk.json', 'sdk', sdkOut)
  copyFileSync(join(root, 'LICENSE'), join(sdkOut, 'LICENSE'))
  copyFileSync(join(root, 'docs', 'sdk.md'), join(sdkOut, 'README.md'))
  writeManifest(sdkOut, sdkManifest())
  writeBill(sdkManifest(), `${sdkOut}.cdx.json`)
}

const writeManifest = (folder, value) =>
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(value, null, 2)}\n`)

/**
 * Writes the bill of materials of a package, of a lock file that has its own dependencies alone: npm leaves out of one with
 * others too what those share with it.
 */
function writeBill(manifest, path) {
  const { lockfileVersion, packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const { name, version, license, dependencies } = manifest
  const own = Object.entries(dependencies ? packages : {}).filter(
    ([at, { dev, link }]) => at.startsWith('node_modules/') && !dev && !link,
  )
  const entry = { name, version, license, ...(dependencies && { dependencies }) }
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bill-'))
  writeManifest(folder, manifest)
  const lock = { name, version, lockfileVersion, requires: true, packages: { '': entry, ...Object.fromEntries(own) } }
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock))
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only']
  const done = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  if (done.status !== 0) {
    process.stderr.write(done.stderr)
    process.exit(1)
  }
  const bill = JSON.parse(done.stdout)
  bill.metadata.component.name = name // npm takes that of the folder
  writeFileSync(path, `${JSON.stringify(bill, null, 2)}\n`)
}

function emit(project, rootDir, outDir) {
  const options = ['--noEmit', 'false', '--declaration', '--rootDir', rootDir, '--outDir', outDir]
  const config = join(root, project)
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const done = spawnSync(process.execPath, [tsc, '--project', config, ...options], { cwd: root, stdio: 'inherit' })
  if (done.status !== 0) process.exit(1)
}

/** What is read at run time and is no code: it stands beside the code that reads it. */
function assets(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
}

function copy(...paths) {
  for (const path of paths) {
    mkdirSync(dirname(join(out, path)), { recursive: true })
    copyFileSync(join(root, path), join(out, path))
  }
}

function manifest() {
  const { name, version, description, license, type, engines, exports, dependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  )
  return {
    name,
    version,
    description,
    license,
    type,
    engines,
    exports: builtExports(exports),
    bin: { sallyport: './pdp/main.js' },
    dependencies,
  }
}

function sdkManifest() {
  const { private: _, exports, ...rest } = JSON.parse(readFileSync(join(root, 'sdk', 'package.json'), 'utf8'))
  return { ...rest, exports: builtExports(exports) }
}

/** The entry points as they are built. */
function builtExports(exports) {
  const built = Object.entries(exports).map(([name, path]) => {
    const stem = path.replace(/\.ts$/, '')
    return [name, { types: `${stem}.d.ts`, default: `${stem}.js` }]
  })
  return Object.fromEntries(built)
}

main()
