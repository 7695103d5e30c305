/** What every sink may be told. `mask`: members that it does not get, as JSON pointers; `*` stands for any item of a list. */
interface OfEverySink {
  readonly mask: readonly string[]
}

/** Over HTTP. `bearer`, `ca`: files with a token that is presented, and with the authority the receiver is trusted by. */
interface OverHttp extends OfEverySink {
  readonly url: string
  readonly bearer?: string | undefined
  readonly ca?: string | undefined
}

/** The form of records: as they stand in the log, or one that they are exported in. */
export type SinkFormat = 'native' | 'ocsf' | 'ecs' | 'cef'

/**
 * A sink as the configuration has it, by type. Secrets are paths of files, read at each delivery, so that they can be
 * replaced while the process runs.
 */
export type SinkSettings =
  | ({ readonly type: 'stdout'; readonly format: SinkFormat } & OfEverySink)
  | ({
      readonly type: 'file'
      readonly path: string
      readonly format: SinkFormat
      readonly rotate_bytes: number
      readonly keep: number
    } & OfEverySink)
  | ({ readonly type: 'http'; readonly format: SinkFormat } & OverHttp)
  | ({ readonly type: 'opa' } & OverHttp)
  | ({ readonly type: 'otlp' } & OverHttp)
  | ({
      readonly type: 'redis'
      readonly url: string
      readonly stream: string
      readonly keep: number
      readonly username?: string | undefined
      readonly password?: string | undefined
      readonly ca?: string | undefined
    } & OfEverySink)
  | ({
      readonly type: 'syslog'
      readonly address: string
      readonly format: SinkFormat
      readonly ca?: string | undefined
    } & OfEverySink)
  | ({
      readonly type: 's3'
      readonly url: string
      readonly region: string
      readonly prefix: string
      readonly access_key_id: string
      readonly secret_access_key: string
      readonly ca?: string | undefined
    } & OfEverySink)

export type SettingsOf<Type extends SinkSettings['type']> = Extract<SinkSettings, { readonly type: Type }>
