import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { sha256 } from '../../pdp/core/digest.ts'
import { isMacOf, stringToSign } from '../../pdp/identity/sigv4/check-signed.ts'
import { readQueryForm } from '../../pdp/identity/sigv4/read-signature.ts'
import { canonicalOf, checkCoverage } from '../../pdp/identity/sigv4/signed-message.ts'
import type { AwsKey } from './aws-signers.ts'

/** What STS knows of a key. */
export interface StsKey extends AwsKey {
  readonly account: string
  readonly arn: string
  readonly userId: string
}

export interface StsServer {
  readonly origin: string
  /** How often it was asked. */
  readonly asked: () => number
  /** Answers so in place of its own answer. */
  answerWith(answer: ((request: IncomingMessage, response: ServerResponse) => void) | undefined): void
  close(): Promise<void>
}

/** An STS of our own: it checks pre-signed requests as AWS does, and says in JSON or XML who signed. */
export async function startSts(keys: readonly StsKey[]): Promise<StsServer> {
  let asked = 0
  let instead: ((request: IncomingMessage, response: ServerResponse) => void) | undefined
  const server = createServer((request, response) => {
    asked++
    if (instead) return instead(request, response)
    const key = signerOf(request, keys)
    if (!key) return send(response, 403, { Error: { Code: 'SignatureDoesNotMatch' } })
    const { account: Account, arn: Arn, userId: UserId } = key
    const result = { GetCallerIdentityResult: { Account, Arn, UserId }, ResponseMetadata: { RequestId: 'test' } }
    return send(response, 200, { GetCallerIdentityResponse: result })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    origin: `http://127.0.0.1:${port}`,
    asked: () => asked,
    answerWith: (answer) => {
      instead = answer
    },
    close: () => new Promise((closed) => server.close(() => closed())),
  }
}

export function send(response: ServerResponse, status: number, body: object, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body))
}

function signerOf(request: IncomingMessage, keys: readonly StsKey[]): StsKey | undefined {
  const [rawPath = '', rawQuery = ''] = (request.url ?? '').split('?')
  const signature = readQueryForm(rawQuery)
  if (!signature.ok || signature.value.service !== 'sts') return undefined
  const key = keys.find(({ accessKeyId }) => accessKeyId === signature.value.accessKeyId)
  const message = {
    method: request.method ?? '',
    rawPath,
    rawQuery,
    headerNames: Object.keys(request.headers),
    headerValues: (name: string) => request.headersDistinct[name] ?? [],
  }
  const canonical = canonicalOf(signature.value, message, { payloadHash: sha256(''), paths: 'encoded-twice' })
  if (!key || !canonical.ok || checkCoverage(signature.value, message)) return undefined
  const text = stringToSign(signature.value, signature.value.query?.date ?? '', canonical.value)
  return isMacOf(signature.value, text, Buffer.from(key.secretAccessKey)) ? key : undefined
}
