import { isMailDomain } from './domain-name.ts'

/** An e-mail address, its local part without quotes. */
export interface Mailbox {
  readonly local: string
  readonly domain: string
}

const quotedText = /^[\u0001-\u0008\u000b\u000c\u000e-\u001f !#-[\]-~\u007f]$/
const escapable = /^[\u0001-\u0009\u000b\u000c\u000e-\u007f]$/
const atomText = /^[0-9A-Za-z!#$%&'*+\-/=?^_`{|}~.]$/

/** Reads an address as Go's crypto/x509 (RFC 2821 §4.1.2); undefined if it is none. */
export function readMailbox(text: string): Mailbox | undefined {
  const read = text.startsWith('"') ? quotedLocal(text) : plainLocal(text)
  if (!read || text[read.end] !== '@') return undefined
  const domain = text.slice(read.end + 1)
  return isMailDomain(domain) ? { local: read.local, domain } : undefined
}

interface Local {
  readonly local: string
  /** Where the local part ends in the text. */
  readonly end: number
}

function quotedLocal(text: string): Local | undefined {
  let local = ''
  for (let at = 1; ; at++) {
    let character = text[at]
    if (character === '"') return { local, end: at + 1 }
    const isEscaped = character === '\\'
    if (isEscaped) character = text[++at]
    if (character === undefined || !(isEscaped ? escapable : quotedText).test(character)) return undefined
    local += character
  }
}

function plainLocal(text: string): Local | undefined {
  let local = ''
  let end = 0
  for (; end < text.length; end++) {
    let character = text[end] ?? ''
    const isEscaped = character === '\\' // RFC 3696 has examples of escapes outside of quotes
    if (isEscaped) character = text[++end] ?? ''
    else if (!atomText.test(character)) break
    if (character === '') return undefined
    local += character
  }
  const isSound = local !== '' && !local.startsWith('.') && !local.endsWith('.') && !local.includes('..')
  return isSound ? { local, end } : undefined
}
