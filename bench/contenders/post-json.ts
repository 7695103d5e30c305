/** A POST request of a JSON body, as bytes. */
export function postJson(path: string, body: unknown, headers: readonly string[] = []): Buffer {
  const content = JSON.stringify(body)
  const head = [
    `POST ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(content)}`,
    ...headers,
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${content}`)
}
