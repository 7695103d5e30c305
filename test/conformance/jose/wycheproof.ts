import type { LabelledCase } from '../../support/compare-verdicts.ts'
import type { ReadVectors, VectorSource } from '../../support/vectors.ts'

export const wycheproof: VectorSource = {
  folder: 'wycheproof-jose',
  originals: 'C2SP/wycheproof on GitHub, testvectors_v1',
}

/** A test of a Wycheproof file with the group it stands in. */
export interface WycheproofCase<Group, Test> extends LabelledCase {
  readonly group: Group
  readonly test: Test
}

interface WycheproofFile<Group, Test> {
  readonly testGroups: readonly (Group & { readonly tests: readonly (Test & Labelled)[] })[]
}

interface Labelled {
  readonly tcId: number
  readonly comment: string
  readonly result: 'valid' | 'invalid' | 'acceptable'
}

type Disagreements = Readonly<Record<string, readonly { readonly tcIds: readonly number[]; readonly strict: string }[]>>

// What a disagreement means for us. ROCA is checked, so those cases keep their label.
const verdicts: Readonly<Record<string, boolean | 'skip'>> = {
  reject: false,
  skip: 'skip',
  'accept unless ROCA is checked': false,
}

/** The cases of a file as a strict verifier must judge them, and how many of its tests are left out. */
export function readWycheproof<Group, Test>(read: ReadVectors, file: string) {
  const disagreements = read<Disagreements>('known-disagreements.json')[file] ?? []
  const strict = new Map(disagreements.flatMap(({ tcIds, strict }) => tcIds.map((id) => [id, strict] as const)))
  const all = read<WycheproofFile<Group, Test>>(file).testGroups.flatMap((group) =>
    group.tests.map((test) => ({ group, test })),
  )
  const cases = all.flatMap(({ group, test }): WycheproofCase<Group, Test>[] => {
    const listed = strict.get(test.tcId)
    const accept = listed === undefined ? test.result === 'valid' : verdicts[listed]
    if (accept === undefined) throw new Error(`no verdict is known for ${listed}`)
    return accept === 'skip' ? [] : [{ id: `${file} ${test.tcId} ${test.comment}`, accept, group, test }]
  })
  return { cases, total: all.length, listed: strict.size }
}
