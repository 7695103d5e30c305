/** The day and the second of a time in UTC, without separators: `20151228` and `20151228T140825Z`. Nanoseconds since 1970. */
export function utcStamp(nanoseconds: bigint): { readonly date: string; readonly time: string } {
  const second = 1_000_000_000n
  const whole = nanoseconds / second - (nanoseconds % second < 0n ? 1n : 0n)
  const time = new Date(Number(whole) * 1000).toISOString().replace('.000Z', 'Z').replaceAll(/[-:]/g, '')
  return { date: time.slice(0, 8), time }
}
