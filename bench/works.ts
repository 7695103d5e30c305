import type { Presented, Topic, Transport } from './contenders/contender.ts'
import { newBoundToken, newToken } from './world.ts'

/** What is measured. */
export interface Work {
  /** What `npm run bench NAME` calls it, or calls it by its beginning, up to a hyphen. */
  readonly name: string
  readonly title: string
  readonly topic: Topic
  readonly transport: Transport
  /** Whether a DPoP proof takes part, which only some contenders read. */
  readonly proofs: boolean
  /** Whether each request costs a signature check, and is therefore compared with one P-256 verification too. */
  readonly signatures: boolean
  /** Makes what the requests of a round present, at most `count` different ones; every contender is sent the same. */
  prepare(count: number): readonly Presented[]
  /** Whether a request may be sent again within a round. */
  readonly repeats: boolean
}

const anonymous: Presented = {}

const many = (count: number, make: () => Presented): readonly Presented[] => Array.from({ length: count }, make)

export const works: readonly Work[] = [
  {
    name: 'same-token',
    title: 'the same ES256 token',
    topic: 'orders',
    transport: 'http',
    proofs: false,
    signatures: false,
    prepare: () => [newToken()],
    repeats: true,
  },
  {
    name: 'new-token',
    title: 'a new ES256 token each request',
    topic: 'orders',
    transport: 'http',
    proofs: false,
    signatures: true,
    prepare: (count) => many(count, newToken),
    repeats: false,
  },
  {
    name: 'no-token',
    title: 'no token',
    topic: 'catalog',
    transport: 'http',
    proofs: false,
    signatures: false,
    prepare: () => [anonymous],
    repeats: true,
  },
  {
    name: 'dpop',
    title: 'the same ES256 token and a new DPoP proof each request',
    topic: 'orders',
    transport: 'http',
    proofs: true,
    signatures: true,
    prepare: (count) => many(count, newBoundToken()),
    repeats: false,
  },
  {
    name: 'grpc',
    title: 'gRPC, the same ES256 token',
    topic: 'orders',
    transport: 'grpc',
    proofs: false,
    signatures: false,
    prepare: () => [newToken()],
    repeats: true,
  },
  {
    name: 'grpc-no-token',
    title: 'gRPC, no token',
    topic: 'catalog',
    transport: 'grpc',
    proofs: false,
    signatures: false,
    prepare: () => [anonymous],
    repeats: true,
  },
]
