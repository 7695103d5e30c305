import { instant } from '../../core/time.ts'
import { type DevService, readDevFile, usualDevFile } from '../../process/dev/dev-file.ts'
import {
  type CredentialHeaders,
  credentialMethods,
  type CredentialRequest,
} from '../../process/dev/credential-methods.ts'
import { didYouMean } from '../../core/did-you-mean.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'

/** `as`: the caller. `fact`, `claim`: `NAME=VALUE`. `dev`: the file that tells of the decision point in development. */
export interface MintFlags {
  readonly as: string
  readonly method: string
  readonly service?: string
  readonly fact?: readonly string[]
  readonly claim?: readonly string[]
  readonly dev?: string
  readonly json?: boolean
}

/** Makes credentials for requests to one service. */
export interface Minter {
  readonly service: DevService
  readonly mint: (target: CredentialRequest['target'], nonce?: string) => CredentialHeaders
}

/** What flags ask to be minted. Throws, for the user, what cannot be. */
export async function minterOf(
  { as, method, service: asked, fact = [], claim = [], dev }: MintFlags,
  environment: Terminal['environment'],
): Promise<Minter> {
  const { services, world } = await readDevFile(dev ?? environment['SALLYPORT_DEV'] ?? usualDevFile)
  const names = Object.keys(services)
  const name = asked ?? (names.length === 1 ? names[0] : undefined)
  const service = name === undefined || !Object.hasOwn(services, name) ? undefined : services[name]
  if (!service) throw new Error(`--service: must be one of ${names.join(', ')}`)
  const make = Object.hasOwn(credentialMethods, method) ? credentialMethods[method] : undefined
  if (!make) throw new Error(`--method: must be one of ${Object.keys(credentialMethods).join(', ')}${meant(method)}`)
  const facts = Object.fromEntries(fact.map((text) => pairOf(text, '--fact')))
  const claims = Object.fromEntries(claim.map((text) => pairOf(text, '--claim')))
  const { audience } = service
  return {
    service,
    mint: (target, nonce) =>
      make(world, {
        audience,
        as,
        facts,
        claims,
        target,
        now: instant(Date.now()),
        ...(nonce !== undefined && { nonce }),
      }),
  }
}

/** `request`: method and URL that a proof is for, `GET https://orders.example.org/v1/orders/42`. */
export type MintCommandFlags = MintFlags & { readonly request?: string }

/** `mint`: prints the headers by which a caller is known, for tests in any language: `NAME: VALUE` each, or one JSON object. */
export async function mintCommand(flags: MintCommandFlags, { out, say, environment }: Terminal): Promise<number> {
  try {
    const { mint, service } = await minterOf(flags, environment)
    const [method = '', url = '', more] = (flags.request ?? `GET ${service.origin}/`).split(' ')
    if (method === '' || !URL.canParse(url) || more !== undefined)
      throw new Error('--request: is not like "GET https://orders.example.org/v1/orders/42"')
    const headers = mint({ method, url })
    if (flags.json === true) out(`${JSON.stringify(headers)}\n`)
    else for (const [name, value] of Object.entries(headers)) out(`${name}: ${value}\n`)
    return exitCodes.ok
  } catch (error) {
    say(error instanceof Error ? error.message : 'could not be minted')
    return exitCodes.invalid
  }
}

const meant = (method: string): string => {
  const near = didYouMean(method, Object.keys(credentialMethods))
  return near === undefined ? '' : `; did you mean ${near}?`
}

function pairOf(text: string, flag: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new Error(`${flag}: ${text} is not like name=value`)
  return [text.slice(0, at), text.slice(at + 1)]
}
