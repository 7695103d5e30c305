/**
 * The bytes of canonical base64url (RFC 4648 §5, without padding: RFC 7515 §2), or undefined.
 *
 * Decoding alone is lax: it skips spaces and foreign characters and ignores padding and trailing bits, so that one
 * content has many texts. Encoding the result again and comparing leaves exactly one.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}
