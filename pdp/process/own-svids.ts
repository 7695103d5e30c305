import { randomInt } from 'node:crypto'
import { timerSchedule } from '../net/schedule.ts'
import { createWorkloadSvid, type OwnSvid, type WorkloadSvid } from '../trust/workload-api/svid.ts'

/** Our own X.509-SVIDs, by the socket of the agent that gives them. */
export interface OwnSvids {
  /** The newest one of this agent, which is listened to from now on. Rejects, for the operator, where it gives none. */
  of(socket: string): Promise<OwnSvid>
  close(): void
}

const range = 2 ** 32

/** Makes what listens to agents for the certificate of our listeners. */
export function createOwnSvids(): OwnSvids {
  const bySocket = new Map<string, WorkloadSvid>()
  return {
    async of(socket) {
      let known = bySocket.get(socket)
      if (!known) {
        known = createWorkloadSvid({ socket, schedule: timerSchedule, random: () => randomInt(range) / range })
        bySocket.set(socket, known)
        await known.start()
      }
      const svid = known.current()
      if (svid.ok) return svid.value
      known.close()
      bySocket.delete(socket)
      throw new Error(`tls: ${svid.detail}`)
    },
    close() {
      for (const svid of bySocket.values()) svid.close()
    },
  }
}
