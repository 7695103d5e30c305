import { map, one, optional, repeated } from '../../pdp/core/protobuf/fields.ts'
import { message, readMessage, writeMessage } from '../../pdp/core/protobuf/message.ts'
import { int32, string } from '../../pdp/core/protobuf/types.ts'

// cerbos/request/v1/request.proto, cerbos/engine/v1/engine.proto and cerbos/response/v1/response.proto, as far as the
// benchmark asks.

/** A check in the form of Cerbos's JSON. */
export interface CerbosCheck {
  readonly principal: { readonly id: string; readonly roles: readonly string[] }
  readonly resources: readonly {
    readonly actions: readonly string[]
    readonly resource: { readonly kind: string; readonly id: string; readonly attr?: Readonly<Record<string, string>> }
  }[]
  readonly auxData?: { readonly jwt: { readonly token: string; readonly keySetId: string } }
}

const attr = repeated(4, message({ key: one(1, string), value: optional(2, message({ text: optional(3, string) })) }))

const request = message({
  principal: optional(3, message({ id: one(1, string), roles: repeated(3, string) })),
  resources: repeated(
    4,
    message({
      actions: repeated(1, string),
      resource: optional(2, message({ kind: one(1, string), id: one(3, string), attr })),
    }),
  ),
  auxData: optional(5, message({ jwt: optional(1, message({ token: one(1, string), keySetId: one(2, string) })) })),
})

const response = message({ results: repeated(2, message({ actions: map(2, string, int32) })) })

/** `cerbos.request.v1.CheckResourcesRequest` of a check. */
export const cerbosMessage = ({ principal, resources, auxData }: CerbosCheck): Buffer =>
  writeMessage(request, {
    principal,
    resources: resources.map(({ actions, resource: { kind, id, attr: attributes = {} } }) => ({
      actions,
      resource: {
        kind,
        id,
        attr: Object.entries(attributes).map(([key, text]) => ({ key, value: { text } })),
      },
    })),
    ...(auxData && { auxData }),
  })

/** `cerbos.effect.v1.Effect`. */
export const effectAllow = 1

/** What `cerbos.response.v1.CheckResourcesResponse` says of the only action; undefined where it says nothing. */
export function effectOf(answer: Buffer): number | undefined {
  const read = readMessage(response, answer, { bytes: 65_536, depth: 8, fields: 1_000 }, 'INTERNAL')
  return read.ok ? read.value.results[0]?.actions.get('read') : undefined
}
