import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** A key that cosigns checkpoints (C2SP tlog-cosignature), made apart from the product's own code. */
export interface TestCosigner {
  readonly vkey: string
  /** The line of a cosignature over a note's text, as of so many seconds since the epoch. */
  readonly line: (text: string, at: number) => string
}

export function createCosigner(name = 'witness.example/w1'): TestCosigner {
  const { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject } = generateKeyPairSync('ed25519')
  const typed = Buffer.concat([Buffer.of(4), publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)])
  const id = createHash('sha256').update(`${name}\n`).update(typed).digest().subarray(0, 4)
  return {
    vkey: `${name}+${id.toString('hex')}+${typed.toString('base64')}`,
    line(text, at) {
      const time = Buffer.alloc(8)
      time.writeBigUInt64BE(BigInt(at))
      const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${at}\n${text}`), privateKey)
      return `— ${name} ${Buffer.concat([id, time, signature]).toString('base64')}`
    },
  }
}
