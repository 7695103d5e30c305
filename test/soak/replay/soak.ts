import { type ReplaySoak, runReplay } from './run.ts'

/** Decides, replays, and prints what came out otherwise. Whether the planted rule was found whole, and nothing else. */
export async function soakReplay(decisions: number, json: boolean): Promise<boolean> {
  const soak = await runReplay(decisions)
  const { expected, reused, planted, same, seconds } = soak
  console.log(`planted: of ${expected} decisions of a changed rule, ${planted.different} came out otherwise`)
  console.log(
    `same bundle: ${same.replayed} of ${decisions} decisions replayed in all (${same.beforePolicy} were refused before policy, ${reused} were reused): ${same.different} differences, ${Object.values(same.notReplayable).reduce((a, b) => a + b, 0)} not replayable; ${seconds.toFixed(1)} s`,
  )
  if (json)
    console.log(
      JSON.stringify({
        decisions,
        expected,
        reused,
        planted: planted.different,
        same: { ...same, differences: same.differences.slice(0, 5) },
      }),
    )
  return isSound(soak)
}

/** Nothing lost, nothing different, and the planted rule found in each of its decisions. */
export const isSound = ({ decisions, expected, planted, same }: ReplaySoak): boolean =>
  expected > 0 &&
  planted.code === 1 &&
  planted.different === expected &&
  same.code === 0 &&
  same.different === 0 &&
  same.replayed + same.beforePolicy === decisions &&
  same.sameBundle === same.replayed
