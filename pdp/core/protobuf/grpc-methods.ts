import type { JsonValue } from '../json.ts'
import type { Result } from '../result.ts'

/**
 * The gRPC methods that a set of descriptors describes. Undefined for one that it does not know, or to which a client
 * sends a stream; else reads one request, as the JSON that `protojson` makes of it. Refuses bytes that are no such message.
 */
export type GrpcMethods = (service: string, method: string) => ((message: Uint8Array) => Result<JsonValue>) | undefined
