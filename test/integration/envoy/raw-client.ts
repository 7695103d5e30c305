import { connect } from 'node:net'

/** The status of the first answer to the bytes given, 0 where the connection ended without one. */
export function statusOf(port: number, pieces: readonly (string | Buffer)[]): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let text = ''
    const end = () => {
      socket.destroy()
      resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0))
    }
    socket.setTimeout(20_000, end)
    socket.on('data', (piece: Buffer) => {
      text += piece.toString('latin1')
      if (text.includes('\r\n\r\n')) end()
    })
    socket.on('error', end)
    socket.on('close', end)
    for (const piece of pieces) socket.write(piece)
  })
}
