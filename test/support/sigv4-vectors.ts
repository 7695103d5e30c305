import { sha256 } from '../../pdp/core/digest.ts'
import type { PathForm } from '../../pdp/identity/sigv4/canonical-request.ts'
import type { SignedMessage } from '../../pdp/identity/sigv4/signed-message.ts'
import type { ReadVectors, VectorFiles, VectorSource } from './vectors.ts'

// The signing test suite of AWS: a folder a case, with what arrives at a verifier and what it must make of it.

export const sigv4Source: VectorSource = {
  folder: 'aws-sigv4',
  originals: 'awslabs/aws-c-auth on GitHub, tests/aws-signing-test-suite',
}

export type Version = 'v4' | 'v4a'
export type Form = 'header' | 'query'

interface Context {
  readonly credentials: { readonly access_key_id: string; readonly secret_access_key: string }
  readonly region: string
  readonly service: string
  readonly timestamp: string
  readonly normalize: boolean
  readonly sign_body: boolean
}

/** A request as it stands on the wire. */
export interface WireRequest {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

/** One case in one of its forms. */
export interface SigV4Case {
  readonly name: string
  readonly version: Version
  readonly form: Form
  readonly context: Context
  readonly paths: PathForm
  readonly request: WireRequest
  readonly canonicalRequest: string
  readonly stringToSign: string
  /** Of SigV4a, coordinates in hexadecimal. */
  readonly publicKey?: { readonly X: string; readonly Y: string }
}

/** Every case of a version in a form. */
export function readSigV4Cases(
  read: ReadVectors,
  { names, bytes }: VectorFiles,
  version: Version,
  form: Form,
): readonly SigV4Case[] {
  return names(version).map((name) => {
    const at = (file: string) => `${version}/${name}/${file}`
    const text = (file: string) => bytes(at(`${form}-${file}.txt`)).toString('utf8')
    const context = read<Context>(at('context.json'))
    return {
      name,
      version,
      form,
      context,
      paths: context.normalize ? 'encoded-twice' : 'as-sent',
      request: parse(text('signed-request')),
      canonicalRequest: text('canonical-request'),
      stringToSign: text('string-to-sign'),
      ...(version === 'v4a' && { publicKey: read<{ X: string; Y: string }>(at('public-key.json')) }),
    }
  })
}

function parse(text: string): WireRequest {
  const [head = '', ...rest] = text.split('\n\n')
  const [line = '', ...fields] = head.replaceAll(/\n(?=[ \t])/g, '').split('\n') // a folded line goes on with its blanks
  const method = line.slice(0, line.indexOf(' '))
  const target = line.slice(method.length + 1, line.lastIndexOf(' HTTP/'))
  const headers = fields.map((field): readonly [string, string] => {
    const colon = field.indexOf(':')
    return [field.slice(0, colon), field.slice(colon + 1)]
  })
  return { method, target, headers, body: rest.join('\n\n') }
}

/** The same as a verifier sees it. */
export function messageOf({ method, target, headers }: WireRequest): SignedMessage {
  const [rawPath = '', ...query] = target.split('?')
  const named = headers.map(([name, value]) => [name.toLowerCase(), value] as const)
  return {
    method,
    rawPath,
    ...(query.length > 0 && { rawQuery: query.join('?') }),
    headerNames: [...new Set(named.map(([name]) => name))],
    headerValues: (name) => named.filter(([each]) => each === name).map(([, value]) => value),
  }
}

/** The hash that the signature is over: of the body, as one that has it computes it. */
export const payloadHashOf = ({ body }: WireRequest): string => sha256(body)
