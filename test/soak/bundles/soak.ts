import { swapUnderLoad, wrongAnswers } from './run.ts'

/** Asks while bundles take each other's place, and says whether each answer was of exactly one of them. */
export async function soakBundles(asks: number, json: boolean): Promise<boolean> {
  if (wrongAnswers([[2, 'ALLOWED', 'r1']]).length !== 1) throw new Error('a planted wrong answer was not found')
  const { wrong, ...report } = await swapUnderLoad(asks, 20, { from: 'server' })
  const right = wrong.length === 0 && report.asks >= asks && report.revisions === 21
  console.log(
    json
      ? JSON.stringify({ ...report, wrong: wrong.length })
      : `${report.asks} asks, ${report.activations} activations, answers of ${report.revisions} revisions, ${report.across} across a swap, ${wrong.length} wrong`,
  )
  return right
}
