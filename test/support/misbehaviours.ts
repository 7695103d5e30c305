import { setTimeout as delay } from 'node:timers/promises'

type Method = (...args: never[]) => unknown

/** What a faulty part does in place of its method. `real` is the method of a healthy one. */
export type Misbehaviour = (real: Method) => Method

/** Values that a careless check takes for an answer. */
const garbage: readonly unknown[] = [
  true,
  1,
  'allow',
  'first ',
  [],
  {},
  { ok: true },
  { ok: true, value: true },
  { ok: true, value: {} },
  { ok: true, value: { allow: true, reasons: [], obligations: [] } },
  { ok: false },
  { ok: false, code: 'ALLOWED', clause: 'decision-allowed', detail: 'allowed' },
  { effect: 'allow', code: 'ALLOWED' },
  { allow: true },
]

/** Answers after which a decision has long passed its deadline. */
const late = 150

/** Every way in which an asynchronous method fails, by name. */
export const misbehaviours: Readonly<Record<string, Misbehaviour>> = {
  throws: () => () => {
    throw new Error('planted fault')
  },
  'throws what is no error': () => () => {
    throw { ok: true, value: 'planted' }
  },
  rejects: () => async () => {
    throw new Error('planted fault')
  },
  'never settles': () => () => new Promise(() => undefined),
  'answers undefined': () => async () => undefined,
  'answers null': () => async () => null,
  'answers a number': () => async () => 42,
  'answers a function': () => async () => () => true,
  ...Object.fromEntries(
    garbage.map((value): [string, Misbehaviour] => [`answers ${JSON.stringify(value)}`, () => async () => value]),
  ),
  'answers rightly, but `ok` is 1 and not true':
    (real) =>
    async (...args) => {
      const answer: unknown = await real(...args)
      return typeof answer === 'object' && answer !== null && 'ok' in answer ? { ...answer, ok: 1 } : 1
    },
  'answers late':
    (real) =>
    async (...args) => {
      const answer = await real(...args)
      await delay(late)
      return answer
    },
}

/** Every way in which a synchronous method fails. */
export const synchronousMisbehaviours: Readonly<Record<string, Misbehaviour>> = {
  throws: () => () => {
    throw new Error('planted fault')
  },
  'answers undefined': () => () => undefined,
  'answers null': () => () => null,
  'answers NaN': () => () => Number.NaN,
  'answers a promise of the truth':
    (real) =>
    async (...args) =>
      real(...args),
  ...Object.fromEntries(
    garbage.map((value): [string, Misbehaviour] => [`answers ${JSON.stringify(value)}`, () => () => value]),
  ),
}
