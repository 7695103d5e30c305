import { expect, test } from 'vitest'
import { AddressRefused, guardLookup } from '../../../pdp/net/guard-lookup.ts'

const lookup = (addresses: readonly string[], options: { readonly all: boolean; readonly family?: number }) =>
  new Promise((settle) => {
    guardLookup(async () => addresses, new Set(['public']))('login.example', options, (...answer) => settle(answer))
  })
const mixed = ['10.0.0.1', '1.1.1.1', '::1', '2606:4700::1111', 'not an address']

test('hands on every address that may be reached', async () => {
  const [v4, v6] = [
    { address: '1.1.1.1', family: 4 },
    { address: '2606:4700::1111', family: 6 },
  ]
  expect(await lookup(mixed, { all: true })).toEqual([null, [v4, v6]])
})

test('hands on the first where one is asked for', async () => {
  expect(await lookup(mixed, { all: false })).toEqual([null, '1.1.1.1', 4])
})

test.each([[[]], [['10.0.0.1', '::1', '::ffff:1.1.1.1', 'not an address']]])('refuses %j', async (addresses) => {
  for (const all of [true, false]) expect(await lookup(addresses, { all })).toEqual([expect.any(AddressRefused), []])
})

test('what a lookup rejects with is handed on as an error', async () => {
  for (const reason of [new Error('x'), 'x']) {
    const resolve = () => new Promise<never>((_, reject) => reject(reason as Error)) // what it claims is not so
    const answer = await new Promise((settle) => {
      guardLookup(resolve, new Set(['public']))('login.example', {}, (...answer) => settle(answer))
    })
    expect(answer).toEqual([expect.any(Error), []])
  }
})

test('a name that answers otherwise the second time: each connection goes to an address judged in its own look-up', async () => {
  const answers = [['192.0.66.1'], ['127.0.0.1'], ['127.0.0.1', '192.0.66.1']]
  let asked = 0
  const lookup = guardLookup(async () => answers[asked++] ?? [], new Set(['public']))
  const connect = () =>
    new Promise((settle) => lookup('login.example', { all: true }, (error, found) => settle(error ?? found)))
  expect(await connect(), 'the twin').toEqual([{ address: '192.0.66.1', family: 4 }])
  expect(await connect()).toBeInstanceOf(AddressRefused)
  expect(await connect()).toEqual([{ address: '192.0.66.1', family: 4 }])
  expect(asked, 'one question a connection, whose answer is the one connected to').toBe(3)
})
