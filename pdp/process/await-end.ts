import type { Config } from '../config/schema.ts'
import type { Log } from '../telemetry/log.ts'
import type { RunningPdp } from './start.ts'

/** The signals of a process, from the moment this is made: none is lost while it starts. */
export interface Signals {
  /** Each signal to stop; the second and later ones mean faster. */
  onStop(act: () => void): void
  onReload(act: () => void): void
}

/** Begins to listen for SIGTERM, SIGINT and SIGHUP. */
export function catchSignals(source: NodeJS.EventEmitter): Signals {
  let stops = 0
  let reloads = 0
  let stop: () => void = () => stops++
  let reload: () => void = () => reloads++
  source.on('SIGTERM', () => stop())
  source.on('SIGINT', () => stop())
  source.on('SIGHUP', () => reload())
  return {
    onStop(act) {
      stop = act
      for (; stops > 0; stops--) act()
    },
    onReload(act) {
      reload = act
      for (; reloads > 0; reloads--) act()
    },
  }
}

/** What to do at a signal, with the process that is there. */
export interface EndParts {
  readonly running: RunningPdp
  readonly signals: Signals
  readonly next: () => Promise<Config>
  readonly log: Log
}

/** Serves until a signal says to stop: reloads at SIGHUP, drains at the first stop, hurries at the second. True if clean. */
export function awaitEnd({ running, signals, next, log }: EndParts): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let stopping = false
    signals.onStop(() => {
      if (stopping) {
        log.tell('process.hurrying', 'hurrying')
        running.hurry()
        return
      }
      stopping = true
      log.tell('process.stopping', 'stopping: answering what is on its way')
      running.close().then(resolve, reject)
    })
    signals.onReload(() => {
      running.reload(next).then(
        (outcome) =>
          outcome.applied
            ? log.tell('config.in-use', `configuration in use: ${outcome.digest}`, { digest: outcome.digest })
            : log.tell('config.kept', `configuration kept: ${outcome.reason}`),
        () => log.tell('config.kept', 'configuration kept, which the audit log could not record'),
      )
    })
  })
}
