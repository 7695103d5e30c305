import { generateKeyPairSync, sign, verify } from 'node:crypto'

// What one P-256 verification costs where it is cheapest in Node: a DER signature under a KeyObject that was imported
// before. Prints CPU µs. It runs as a process of its own, on the core of the servers.

const count = Number(process.argv[2] ?? 5_000)
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const signed = Array.from({ length: 100 }, (_, i) => {
  const message = Buffer.from(`message ${i}`.repeat(30))
  return { message, signature: sign('sha256', message, privateKey) }
})

function verifyAll(times: number): void {
  for (let i = 0; i < times; i++) {
    const { message, signature } = signed[i % signed.length] ?? { message: Buffer.alloc(0), signature: Buffer.alloc(0) }
    if (!verify('sha256', message, publicKey, signature)) throw new Error('a signature did not verify')
  }
}

verifyAll(count / 10)
const before = process.cpuUsage()
verifyAll(count)
const { user, system } = process.cpuUsage(before)
console.log((user + system) / count)
