import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'
import type { Incoming } from './authorizer.ts'
import type { Decision } from './decision.ts'
import { denyBody, denyType } from './deny-body.ts'

/** A request of Node's own server, as `connect` and Express hand it on. */
export type NodeRequest = IncomingMessage & { readonly originalUrl?: string | undefined }

/** Reads a request of Node's own server. Headers are taken as they came: two values stay two. */
export function fromNode<Req, Context>(
  message: IncomingMessage,
  target: string,
  request: Req,
  context: Context,
): Incoming<Req, Context> {
  const { headersDistinct } = message
  return {
    request,
    context,
    target,
    method: message.method ?? 'GET',
    certificate: certificateOf(message.socket),
    address: plainAddress(message.socket.remoteAddress),
    values: (name) => (Object.hasOwn(headersDistinct, name) ? (headersDistinct[name] ?? []) : []),
  }
}

/** Answers with the decision's headers; a deny is answered whole. Says whether the request goes on. */
export function answerNode(response: ServerResponse, decision: Decision): boolean {
  for (const [name, value] of Object.entries(decision.respond.headers)) response.setHeader(name, value)
  if (decision.decision === 'allow') return true
  response.statusCode = decision.respond.status
  response.setHeader('content-type', denyType)
  response.end(denyBody(decision))
  return false
}

/** Without the zone of a link-local address, and IPv4 as such where a socket of both families says it as IPv6. */
const plainAddress = (address: string | undefined): string | undefined =>
  address?.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '')

const longestChain = 10
const known = new WeakMap<Socket, string>()

/** The chain that the client of this connection showed, leaf first, as PEM. Proved to be its own by the handshake alone. */
function certificateOf(socket: Socket): string | undefined {
  if (!isTls(socket)) return undefined
  const before = known.get(socket)
  if (before !== undefined) return before === '' ? undefined : before
  const text = chainOf(socket).map(pem).join('')
  known.set(socket, text)
  return text === '' ? undefined : text
}

const isTls = (socket: Socket): socket is TLSSocket => 'getPeerCertificate' in socket

function chainOf(socket: TLSSocket): readonly Buffer[] {
  const chain: Buffer[] = []
  let at: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true) // {} where none was shown
  while (at?.raw && chain.length < longestChain) {
    const { raw, issuerCertificate }: Partial<DetailedPeerCertificate> = at
    if (chain.some((seen) => seen.equals(raw))) break // a root names itself as its issuer
    chain.push(raw)
    at = issuerCertificate
  }
  return chain
}

const pem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n`
