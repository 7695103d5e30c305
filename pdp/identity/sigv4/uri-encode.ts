/** Bytes as a canonical request has them: all but the unreserved characters of RFC 3986 §2.3 escaped, in upper case. */
export const uriEncode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

/** Takes escapes away; undefined for one that is not whole, or for what is not UTF-8. */
export function uriDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
