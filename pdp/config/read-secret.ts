import { readFile } from 'node:fs/promises'

/** Reads what a `file:` or `env:` reference leads to. Throws, for the operator, where it is not there or empty. */
export async function readSecret(
  reference: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const [kind = '', ...rest] = reference.split(':')
  const at = rest.join(':')
  const text =
    kind === 'env' ? variable(environment, at) : await readFile(at, 'utf8').catch((error: unknown) => refuse(at, error))
  if (text === undefined || text.trim() === '') throw new Error(`${reference} is empty, or not there`)
  return text
}

function refuse(path: string, error: unknown): never {
  throw new Error(
    `file:${path} cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'})`,
  )
}

const variable = (environment: Readonly<Record<string, string | undefined>>, name: string): string | undefined =>
  Object.hasOwn(environment, name) ? environment[name] : undefined
