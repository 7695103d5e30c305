const mask = '[masked]'

// Three base64url segments, and a token of which the end was cut off: a header and what follows its dot. JSON escapes
// none of these characters, so a token stands in the text as it is.
const token = /eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]+/g

/** Names whose value is a secret wherever they stand, in lower case. */
const secretNames: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'dpop',
  'cookie',
  'set-cookie',
  'x-forwarded-client-cert',
  'client_secret',
  'client_assertion',
  'password',
])

// A quote inside a string is escaped, so a quote without a backslash before it ends a string: with a colon, a name.
const secretName = new RegExp(`[{,]"(?:${[...secretNames].join('|')})":`, 'i')

/**
 * The last line of defence: a record is built from parsed and verified values and holds no secret; should one be in it
 * all the same, it does not reach the disk. Takes and answers the JSON text of an object; one that was masked ends with
 * the member `"masked":true`. `foreign`: whether it may have members whose names are not the log's own.
 */
export function maskBody(body: string, foreign: boolean): string {
  const hasToken = body.includes('J') && body.includes('eyJ') && body.search(token) >= 0 // the rarest letter first
  const hasName = foreign && secretName.test(body)
  if (!hasToken && !hasName) return body
  const untokened = body.replace(token, mask)
  const masked = hasName ? JSON.stringify(JSON.parse(untokened), hideSecret) : untokened
  return `${masked.slice(0, -1)},"masked":true}`
}

/** Whether a name is one whose value is a secret. */
export const isSecretName = (name: string): boolean => secretNames.has(name.toLowerCase())

const hideSecret = (name: string, value: unknown): unknown => (isSecretName(name) ? mask : value)
