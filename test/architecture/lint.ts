import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { root } from './project.ts'

/** One finding of the linter. `file` has slashes and is relative to the project. */
export interface Finding {
  readonly file: string
  readonly rule: string
  readonly message: string
}

/** Lints a tree of the given files with the project's own configuration, in a folder that is removed afterwards. */
export async function lintTree(files: Iterable<readonly [string, string]>): Promise<readonly Finding[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-'))
  try {
    for (const name of ['oxlint.config.ts', 'package.json', 'tsconfig.json']) {
      await cp(join(root, name), join(folder, name))
    }
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
    for (const [path, text] of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text)
    }
    return await lint(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

interface Report {
  readonly diagnostics: readonly {
    readonly message: string
    readonly help?: string
    readonly code?: string
    readonly filename: string
  }[]
}

async function lint(folder: string): Promise<readonly Finding[]> {
  const oxlint = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint')
  const { output, errors } = await run([oxlint, '--type-aware', '--format', 'json', '.'], folder)
  if (!output.startsWith('{')) throw new Error(`oxlint did not report: ${output}${errors}`)
  const { diagnostics } = JSON.parse(output) as Report
  return diagnostics.map(({ message, help, code, filename }) => ({
    file: filename.replaceAll('\\', '/'),
    rule: code ?? '',
    message: `${message} ${help ?? ''}`,
  }))
}

// the exit code says that there are findings; what they are is in the output
const run = (args: readonly string[], cwd: string): Promise<{ output: string; errors: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, args, { cwd, maxBuffer: 64 << 20 }, (_, output, errors) => resolve({ output, errors }))
  })
