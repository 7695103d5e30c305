/**
 * Base64 as Go's encoding/base64 decodes it: line breaks anywhere are skipped, nothing else is; the alphabet is exact,
 * padding must be complete (`padded`) or absent; bits behind the last byte are ignored. Undefined otherwise.
 */
export function decodeGoBase64(text: string, alphabet: 'standard' | 'url', padded: boolean): Buffer | undefined {
  const body = text.replaceAll(/[\r\n]/g, '')
  const pattern = alphabet === 'url' ? urlPattern : standardPattern
  const rest = body.length % 4
  if (padded ? rest !== 0 : rest === 1 || body.endsWith('=')) return undefined
  return pattern.test(body) ? Buffer.from(body, 'base64') : undefined
}

const standardPattern = /^[A-Za-z0-9+/]*={0,2}$/
const urlPattern = /^[A-Za-z0-9_-]*={0,2}$/
