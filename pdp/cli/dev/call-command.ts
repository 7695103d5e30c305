import { exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { type MintFlags, minterOf } from './mint-command.ts'

/**
 * - `url`: what the service calls its URL, which proofs are for; its configured origin with the path of the call unless said.
 * - `data`: the body. `header`: further headers, `NAME: VALUE`.
 */
export type CallFlags = MintFlags & {
  readonly url?: string
  readonly data?: string
  readonly header?: readonly string[]
}

const waitMs = 30_000

/**
 * `call`: calls a service as somebody, with a credential that the decision point in development takes. Prints the body of the
 * answer; exits 1 where its status is 400 or more, 5 where nobody answers.
 */
export async function callCommand(
  method: string,
  given: string,
  flags: CallFlags,
  { out, say, environment }: Terminal,
): Promise<number> {
  const url = urlOf(given)
  if (!url) {
    say(`${given}: is not like :3000/PATH or http://HOST/PATH`)
    return exitCodes.usage
  }
  try {
    const { mint, service } = await minterOf(flags, environment)
    const target = { method, url: flags.url ?? `${service.origin}${url.pathname}${url.search}` }
    const more = Object.fromEntries((flags.header ?? []).map(readHeader))
    const send = async (nonce?: string) =>
      fetch(url, {
        method,
        headers: { ...more, ...mint(target, nonce) },
        redirect: 'manual',
        signal: AbortSignal.timeout(waitMs),
        ...(flags.data !== undefined && { body: flags.data }),
      }).catch(reasonOf)
    let response = await send()
    const nonce = typeof response === 'string' ? null : response.headers.get('dpop-nonce')
    // RFC 9449 §8: one that wants a nonce says which
    if (typeof response !== 'string' && response.status === 401 && nonce !== null) response = await send(nonce)
    if (typeof response === 'string') {
      say(`${url.origin}: ${response}`)
      return exitCodes.unreachable
    }
    const { status, headers } = response
    const body = await response.text()
    if (flags.json === true) out(`${JSON.stringify({ status, headers: Object.fromEntries(headers), body })}\n`)
    else {
      say(`${status} ${response.statusText}`)
      const challenge = headers.get('www-authenticate')
      if (challenge !== null) say(`www-authenticate: ${challenge}`)
      out(body.endsWith('\n') || body === '' ? body : `${body}\n`)
    }
    return status < 400 ? exitCodes.ok : exitCodes.failed
  } catch (error) {
    say(error instanceof Error ? error.message : 'could not be called')
    return exitCodes.invalid
  }
}

const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message : 'no answer'
}

function urlOf(given: string): URL | undefined {
  const text = given.startsWith(':') ? `http://127.0.0.1${given}` : given
  return /^https?:\/\//.test(text) && URL.canParse(text) ? new URL(text) : undefined
}

function readHeader(text: string): readonly [name: string, value: string] {
  const at = text.indexOf(':')
  if (at < 1) throw new Error('--header: is not like NAME: VALUE')
  return [text.slice(0, at).toLowerCase(), text.slice(at + 1).trim()]
}
