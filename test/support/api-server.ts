import type { IncomingMessage, ServerResponse } from 'node:http'
import type { JsonObject } from '../../pdp/core/json.ts'
import { type Answer, type IssuerServer, json, startIssuer, status } from './issuer-server.ts'
import { createServerCertificate } from './server-certificate.ts'

// An API server of a cluster, as far as token reviews and pods go (Kubernetes API reference, TokenReview v1).

const reviews = '/apis/authentication.k8s.io/v1/tokenreviews'
const podPath = '/api/v1/namespaces/shop/pods/checkout-0'

/** What the server knows of a token: whose it is, and for which audiences it was made. */
export interface KnownToken {
  readonly user: JsonObject
  readonly audiences: readonly string[]
}

export interface ApiServer extends IssuerServer {
  readonly ca: string
  /** The token of the one account that may review tokens. */
  readonly ownToken: string
  /** Bodies of the reviews that were asked for. */
  readonly asked: readonly JsonObject[]
  know(token: string, known: KnownToken): void
  /** The pod of a token is gone: so says the server from then on. */
  forget(token: string): void
  /** What is answered about the pod `checkout-0` of the namespace `shop`; none without it. */
  pod(pod?: JsonObject): void
  /** Changes the status that it answers; without one it is as it should be. */
  alter(status?: (good: JsonObject) => JsonObject): void
  /** Answers otherwise. */
  instead(answer?: Answer): void
}

/** Starts an API server with TLS on loopback. */
export async function startApiServer(): Promise<ApiServer> {
  const tls = createServerCertificate(['kubernetes.default.svc'])
  const server = await startIssuer({ tls })
  const ownToken = 'token-of-sallyport'
  const known = new Map<string, KnownToken>()
  const asked: JsonObject[] = []
  let change: (status: JsonObject) => JsonObject = (good) => good
  let other: Answer | undefined
  const statusOf = (token: string, wanted: readonly string[]): JsonObject => {
    const found = known.get(token)
    if (!found)
      return { authenticated: false, user: {}, error: '[invalid bearer token, service account token is not valid]' }
    const audiences = found.audiences.filter((audience) => wanted.includes(audience))
    return audiences.length === 0
      ? { authenticated: false, user: {}, error: 'token audiences is invalid for the target audiences' }
      : { authenticated: true, user: found.user, audiences }
  }
  const review = (body: string, request: IncomingMessage, response: ServerResponse): void => {
    const document = JSON.parse(body) as { readonly spec: { readonly token: string; readonly audiences: string[] } }
    asked.push(JSON.parse(body) as JsonObject)
    if (request.headers.authorization !== `Bearer ${ownToken}`) return status(401)(request, response)
    if (other) return other(request, response)
    const { token, audiences } = document.spec
    response.statusCode = 201
    const answer = { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', spec: { token, audiences } }
    return json({ ...answer, status: change(statusOf(token, audiences)) })(request, response)
  }
  server.answer(reviews, (request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece))
    request.on('end', () => review(body, request, response))
  })
  const pod = (found?: JsonObject): void => server.answer(podPath, found ? json(found) : status(404))
  pod()
  return {
    ...server,
    ca: tls.cert,
    ownToken,
    asked,
    know: (token, entry) => void known.set(token, entry),
    forget: (token) => void known.delete(token),
    pod,
    alter: (status = (good) => good) => void (change = status),
    instead: (answer) => void (other = answer),
  }
}
