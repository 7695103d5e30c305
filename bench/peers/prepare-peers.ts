import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../repository.ts'

const built = join(repository, 'build', 'peers')

/** A peer's program, or why there is none. */
export type Prepared = { readonly ok: true; readonly binary: string } | { readonly ok: false; readonly missing: string }

/** Builds the OPA server; Go itself knows whether anything changed. */
export function prepareOpa(): Prepared {
  const binary = join(built, 'opa')
  if (!existsSync(binary)) process.stderr.write('bench: building the OPA server, once: this takes a minute or two\n')
  const flags = ['-trimpath', '-buildvcs=false', '-ldflags=-s -w']
  return run('OPA', binary, 'go', ['build', ...flags, '-o', binary, '.'], join(repository, 'bench', 'peers', 'opa'))
}

/** Installs the Cerbos server, 100 MB, apart from the packages of the project. */
export function prepareCerbos(): Prepared {
  const folder = join(built, 'cerbos')
  const binary = join(folder, 'node_modules', '@cerbos', 'cerbos-linux-x64', 'cerbos-linux-x64')
  if (existsSync(binary)) return { ok: true, binary }
  process.stderr.write('bench: installing Cerbos, once\n')
  mkdirSync(folder, { recursive: true })
  for (const file of ['package.json', 'package-lock.json']) {
    copyFileSync(join(repository, 'bench', 'peers', 'cerbos', file), join(folder, file))
  }
  return run('Cerbos', binary, 'npm', ['ci', '--no-audit', '--no-fund'], folder)
}

function run(name: string, binary: string, command: string, args: readonly string[], cwd: string): Prepared {
  const { status, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, GOWORK: 'off' },
  })
  if (status === 0) return { ok: true, binary }
  const why = error?.message ?? stderr.trim().split('\n').at(-1) ?? ''
  return { ok: false, missing: `${name} is not measured, since \`${command} ${args[0]}\` failed in ${cwd}: ${why}` }
}
