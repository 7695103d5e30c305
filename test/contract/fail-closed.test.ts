import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { isAllow, isAllowedVerdict } from '../../pdp/core/decision.ts'
import { control, mintedSweep, notReached, sweep, sweptMethods } from '../support/fail-closed-sweep.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

test('the control: healthy parts allow, and deny what policy denies', async () => {
  const [allowed, denied, mixed] = await control()
  expect(allowed).toMatchObject({ effect: 'allow', code: 'ALLOWED' })
  expect(isAllow(allowed)).toBe(true)
  expect(denied).toMatchObject({ effect: 'deny', code: 'POLICY_DENIED' })
  expect(mixed.verdicts.map(isAllowedVerdict)).toEqual([true, false])
})

test('every seam × every misbehaviour: no allow', async () => {
  const rows = [...(await sweep()), ...(await mintedSweep())]
  expect(rows.filter(({ allowed }) => allowed).map(({ seam, misbehaviour }) => `${seam}.${misbehaviour}`)).toEqual([])
  for (const { decision } of rows) expect(decision.effect).toBe('deny')
  console.log(`fail-closed sweep: ${rows.length} faults over ${Object.keys(sweptMethods).length} seams, 0 allows`)
})

test('every method of every seam stands in the sweep', async () => {
  const source = await readFile(`${root}pdp/seams.ts`, 'utf8')
  const seams = [...source.matchAll(/^export interface (\w+)(?:<[^{]*>)? \{\n([\s\S]*?)^\}/gm)]
    .map(
      ([, name, body]) =>
        [name ?? '', [...(body ?? '').matchAll(/^ {2}(\w+)\(/gm)].map(([, method]) => method)] as const,
    )
    .filter(([, methods]) => methods.length > 0)
  expect(seams.length).toBeGreaterThan(9)
  const expected = Object.fromEntries(seams.map(([name, methods]) => [name, methods.toSorted()]))
  const swept = Object.entries(sweptMethods).map(([name, methods]) => [name, Object.keys(methods).toSorted()])
  const excused = Object.keys(notReached).map((name) => [name, expected[name]])
  expect(Object.fromEntries([...swept, ...excused])).toEqual(expected)
})

test('without the check of the receipt the sweep finds allows', async () => {
  const planted = `${root}build/planted-receipt/`
  await rm(planted, { recursive: true, force: true })
  for (const part of ['pdp', 'test/support', 'policies', 'bundles', 'rego']) {
    await cp(root + part, planted + part, { recursive: true, filter: (path) => !path.includes('/dist') })
  }
  await cp(`${root}build/rego.wasm`, `${planted}build/rego.wasm`)
  const file = `${planted}pdp/core/decision.ts`
  const source = await readFile(file, 'utf8')
  const check = 'if (!isWritten(receipt) || receipt.record !== frame.id) {'
  expect(source).toContain(check)
  await writeFile(file, source.replace(check, 'if (!isWritten(receipt) && receipt === 0) {'))
  const { sweep } = (await import(/* @vite-ignore */ `${planted}test/support/fail-closed-sweep.ts`)) as {
    sweep: typeof import('../support/fail-closed-sweep.ts').sweep
  }
  const allowed = (await sweep()).filter(({ allowed }) => allowed)
  expect(new Set(allowed.map(({ seam }) => seam))).toEqual(new Set(['AuditLog']))
  console.log(`without the receipt check: ${allowed.length} allows, such as ${allowed[0]?.misbehaviour}`)
  await rm(planted, { recursive: true, force: true })
})
