/** An open log file. Each call rejects with the error of the system; nothing is retried inside. */
export interface LogFile {
  /** Bytes in the file. */
  size(): Promise<number>
  read(from: number, length: number): Promise<Uint8Array>
  /** Appends; answers how many of the bytes the kernel took, which may be fewer. */
  write(bytes: Uint8Array): Promise<number>
  /** Data and length are on the device when it resolves. */
  sync(): Promise<void>
  truncate(length: number): Promise<void>
  close(): Promise<void>
}

/** The file system as the log sees it: the place where tests put faults. */
export interface LogFiles {
  /** Makes this process the only writer until the answer is called or the process ends. Throws where there is another. */
  lock(path: string): () => void
  /** Opens for appending; creates file (0600) and folder (0700) where there are none. */
  open(path: string): Promise<LogFile>
  /** Writes a new file (0600) with these bytes, in place of one of that name. */
  keep(path: string, bytes: Uint8Array): Promise<void>
  /** Names in a folder; empty where there is none. */
  list(path: string): Promise<readonly string[]>
  remove(path: string): Promise<void>
  /** The size of a file, and when it was changed last. */
  look(path: string): Promise<{ readonly bytes: number; readonly changedMs: number }>
}
