const unitsMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 }

/** The `grpc-timeout` of a call in milliseconds; undefined where there is none, or one that is not of that form. */
export function timeoutMsOf(field: string | undefined): number | undefined {
  const parts = field === undefined ? null : /^([0-9]{1,8})([HMSmun])$/.exec(field)
  return parts?.[1] === undefined ? undefined : Number(parts[1]) * (unitsMs[parts[2] ?? ''] ?? 0)
}
