import { one, optional, repeated } from '../../core/protobuf/fields.ts'
import { message, readMessage, writeMessage } from '../../core/protobuf/message.ts'
import { int32, string } from '../../core/protobuf/types.ts'
import type { GrpcMethods, StreamMethod, UnaryMethod } from './methods.ts'
import { grpcFault, grpcStatus } from './status.ts'

// grpc/health/v1/health.proto.

const request = message({ service: one(1, string) })
const response = message({ status: one(1, int32) })
const listResponse = message({
  statuses: repeated(1, message({ service: one(1, string), response: optional(2, response) })),
})

const servingStatus = { serving: 1, notServing: 2, serviceUnknown: 3 } as const
const limits = { bytes: 4_096, depth: 2, fields: 8 }
const watchers = 1_000

/** Whether calls would be answered now, and who is told when that changes. */
export interface HealthView {
  serving(): boolean
  /** Calls back on every change; answers how to stop that. */
  watch(changed: () => void): () => void
}

/** `Check`, `Watch` and `List` for the whole server (the empty name) and the services given. */
export function healthMethods(services: readonly string[], view: HealthView): GrpcMethods {
  const names = ['', ...services]
  let watching = 0
  const statusOf = (name: string): number =>
    !names.includes(name)
      ? servingStatus.serviceUnknown
      : view.serving()
        ? servingStatus.serving
        : servingStatus.notServing
  const write = (status: number) => writeMessage(response, { status })
  const nameIn = (bytes: Buffer): string | undefined => {
    const read = readMessage(request, bytes, limits, 'REQUEST_MALFORMED')
    return read.ok ? read.value.service : undefined
  }
  const malformed = grpcFault(grpcStatus.invalidArgument, 'a request names a service')
  return new Map<string, UnaryMethod | StreamMethod>([
    [
      '/grpc.health.v1.Health/Check',
      {
        kind: 'unary',
        answer(bytes) {
          const name = nameIn(bytes)
          if (name === undefined) return malformed
          return names.includes(name) ? write(statusOf(name)) : grpcFault(grpcStatus.notFound, 'no such service here')
        },
      },
    ],
    [
      '/grpc.health.v1.Health/Watch',
      {
        kind: 'stream',
        open(bytes, send) {
          const name = nameIn(bytes)
          if (name === undefined) return malformed
          if (watching >= watchers) return grpcFault(grpcStatus.resourceExhausted, 'too many watch: poll Check')
          watching++
          let last: number | undefined
          const tell = () => {
            const status = statusOf(name)
            if (status !== last) send(write(status))
            last = status
          }
          tell()
          const stop = view.watch(tell)
          return () => {
            watching--
            stop()
          }
        },
      },
    ],
    [
      '/grpc.health.v1.Health/List',
      {
        kind: 'unary',
        answer: () =>
          writeMessage(listResponse, {
            statuses: names.map((service) => ({ service, response: { status: statusOf(service) } })),
          }),
      },
    ],
  ])
}
