/** One case of a conformance suite: its name, and whether it has to be accepted. */
export interface LabelledCase {
  readonly id: string
  readonly accept: boolean
}

/** What a suite showed. `wrong` names each case whose verdict is not the label. */
export interface Verdicts {
  readonly accepted: number
  readonly refused: number
  readonly wrong: readonly string[]
}

/** Judges every case and compares with its label. */
export function compareVerdicts<Case extends LabelledCase>(
  cases: readonly Case[],
  accepts: (one: Case) => boolean,
): Verdicts {
  let accepted = 0
  const wrong: string[] = []
  for (const one of cases) {
    const verdict = accepts(one)
    if (verdict) accepted++
    if (verdict !== one.accept) wrong.push(`${one.id}: ${verdict ? 'accepted' : 'refused'}`)
  }
  return { accepted, refused: cases.length - accepted, wrong }
}

/**
 * The same suite with one label turned round, for each of a few cases: answers the cases whose planted fault went
 * unnoticed. A runner that compares nothing answers them all.
 */
export function unnoticedPlants<Case extends LabelledCase>(
  cases: readonly Case[],
  accepts: (one: Case) => boolean,
): readonly string[] {
  const firstOf = (accept: boolean) => cases.filter((one) => one.accept === accept).slice(0, 1)
  const chosen = [...firstOf(true), ...firstOf(false)]
  return chosen
    .filter(({ id }) => {
      const planted = cases.map((one) => (one.id === id ? { ...one, accept: !one.accept } : one))
      const { wrong } = compareVerdicts(planted, accepts)
      return !wrong.some((one) => one.startsWith(`${id}: `))
    })
    .map(({ id }) => id)
}
