// Makes the npm package in dist/package: JavaScript, because Node does not strip types below node_modules, with the Rego
// toolchain and the example bundles that the sources find beside them. `npm pack ./dist/package` packs it.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const out = join(root, 'dist', 'package')

function main() {
  rmSync(out, { recursive: true, force: true })
  emit()
  copy('build/rego.wasm', 'bundles/dist/orders.tar.gz', 'bundles/dist/agent-tools.tar.gz')
  copy('LICENSE', 'README.md', 'CHANGELOG.md', ...assets('pdp'))
  writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`)
}

function emit() {
  const options = ['--noEmit', 'false', '--declaration', '--rootDir', '.', '--outDir', out]
  const config = join(root, 'tsconfig.package.json')
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

main()
