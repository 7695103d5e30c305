// Makes the npm packages: in dist/package `sallyport`, with the Rego toolchain and the example bundles that the sources find
// beside them, and in dist/sdk `@sallyport/sdk`. Both are JavaScript, because Node does not strip types below node_modules.
// `npm pack ./dist/package` packs one.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const out = join(root, 'dist', 'package')
const sdkOut = join(root, 'dist', 'sdk')

function main() {
  for (const folder of [out, sdkOut]) rmSync(folder, { recursive: true, force: true })
  emit('tsconfig.package.json', '.', out)
  copy('build/rego.wasm', 'bundles/dist/orders.tar.gz', 'bundles/dist/agent-tools.tar.gz')
  copy('LICENSE', 'README.md', 'CHANGELOG.md', ...assets('pdp'))
  writeManifest(out, manifest())
  emit('tsconfig.sdk.json', 'sdk', sdkOut)
  copyFileSync(join(root, 'LICENSE'), join(sdkOut, 'LICENSE'))
  copyFileSync(join(root, 'docs', 'sdk.md'), join(sdkOut, 'README.md'))
  writeManifest(sdkOut, sdkManifest())
}

const writeManifest = (folder, value) =>
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(value, null, 2)}\n`)

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
  const { name, version, description, license, type, engines, dependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  )
  return {
    name,
    version,
    description,
    license,
    type,
    engines,
    exports: { '.': { types: './pdp/index.d.ts', default: './pdp/index.js' } },
    bin: { sallyport: './pdp/main.js' },
    dependencies,
  }
}

function sdkManifest() {
  const { private: _, exports, ...rest } = JSON.parse(readFileSync(join(root, 'sdk', 'package.json'), 'utf8'))
  const built = Object.entries(exports).map(([name, path]) => {
    const stem = path.replace(/\.ts$/, '')
    return [name, { types: `${stem}.d.ts`, default: `${stem}.js` }]
  })
  return { ...rest, exports: Object.fromEntries(built) }
}

main()
