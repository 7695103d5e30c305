/** Never a policy's to set, whatever a list says: framing, hop by hop (RFC 9110 §7.6.1) and routing. */
export const reservedHeaders: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
