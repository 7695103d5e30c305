import { isPrintable } from '../go-quote.ts'

const html: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
}

export const escapeHtml = (text: string): string =>
  text.replaceAll(/[\0"'&<>]/g, (character) => html[character] ?? character)

/** Text for a JavaScript string, as Go's JSEscaper writes it. */
export const escapeJs = (text: string): string =>
  text.replaceAll(/[\\'"]|[<>&=\0-\x1f]|[\x80-\u{10ffff}]/gu, (character) => {
    if ('\\\'"'.includes(character)) return `\\${character}`
    if (character >= '\x80' && isPrintable(character)) return character
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  })

/** Text for a query, as Go's url.QueryEscape writes it; encodeURIComponent leaves !'()* alone. */
export const escapeQuery = (text: string): string =>
  encodeURIComponent(text)
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
