import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { configuredFiles, configuredVariables, type ConfiguredFile } from './configured-files.ts'
import { codeOf, type Examined, type Finding } from './finding.ts'

const othersRead = 0o004
const othersWrite = 0o002
const otherThanOwner = 0o077

/** Files that are named: readable here, secrets for no stranger's eyes, nothing for a stranger's hands. */
export async function examineFiles({ config, file, environment }: Examined): Promise<readonly Finding[]> {
  const named = [{ at: 'configuration', path: file, holds: 'other' as const }, ...configuredFiles(config)]
  const found = await Promise.all([...named.map(examineFile), examineState(config.state)])
  const unset = configuredVariables(config)
    .filter(({ name }) => (environment[name] ?? '').trim() === '')
    .map(({ at, name }) => ({
      id: 'files',
      about: at,
      verdict: 'fail' as const,
      detail: `the variable ${name} is empty, or not there`,
      todo: 'set it where the process is started; here too, for this look',
    }))
  const odd = [...found, ...unset].filter(({ verdict }) => verdict !== 'ok')
  return odd.length > 0
    ? odd
    : [{ id: 'files', about: 'files', verdict: 'ok', detail: `${named.length} files, as they should be` }]
}

async function examineFile({ at, path, holds }: ConfiguredFile): Promise<Finding> {
  const about = `${at} ${path}`
  try {
    await access(path, constants.R_OK)
    const { mode } = await stat(path)
    if (mode & othersWrite)
      return { ...wrong(about, 'anybody on this machine can change it'), todo: `chmod o-w ${path}` }
    if (holds === 'secret' && mode & othersRead)
      return { ...wrong(about, 'anybody on this machine can read this secret'), todo: `chmod o-rwx ${path}` }
    return { id: 'files', about, verdict: 'ok', detail: 'as it should be' }
  } catch (error) {
    return { ...wrong(about, `cannot be read: ${codeOf(error)}`), todo: 'put it there, readable for this user' }
  }
}

/** The folder that is written to; before the first start there is none. */
async function examineState(path: string): Promise<Finding> {
  const about = `state ${path}`
  const found = await stat(path).catch(() => undefined)
  const ok = { id: 'files', about, verdict: 'ok', detail: 'as it should be' } as const
  if (!found) return ok
  if (process.getuid !== undefined && found.uid !== process.getuid())
    return {
      ...wrong(about, `is of user ${found.uid}, and this is ${process.getuid()}`),
      verdict: 'warn',
      todo: 'run as the user of the process, or give the folder to it',
    }
  return found.mode & otherThanOwner
    ? { ...wrong(about, 'others can look into it: keys are in there'), verdict: 'warn', todo: `chmod 700 ${path}` }
    : ok
}

const wrong = (about: string, detail: string): Finding => ({ id: 'files', about, verdict: 'fail', detail })
