import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createGathered } from '../../../pdp/doors/grpc/gather.ts'

test('what is there is what came, less what was dropped, and views of it stay as they are', () => {
  const step = fc.oneof(
    fc.uint8Array({ maxLength: 700 }).map((bytes) => ({ add: Buffer.from(bytes) })),
    fc.nat(900).map((drop) => ({ drop })),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const gathered = createGathered()
      let whole = Buffer.alloc(0)
      const views: [Buffer, Buffer][] = []
      for (const each of steps) {
        if ('add' in each) {
          gathered.add(each.add)
          whole = Buffer.concat([whole, each.add])
        } else {
          const length = Math.min(each.drop, whole.length)
          gathered.drop(length)
          whole = whole.subarray(length)
        }
        views.push([gathered.bytes(), whole])
      }
      for (const [view, expected] of views) expect(view.equals(expected)).toBe(true)
    }),
  )
})
