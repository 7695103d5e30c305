/** A file being made. Each call throws the error of the system; nothing is retried inside. */
export interface NewFile {
  /** Writes all of the bytes. */
  write(bytes: Uint8Array): void
  /** Data and length are on the device when it returns. */
  sync(): void
  /** Fills `into` from the beginning of the file; answers how many bytes there were. */
  read(into: Uint8Array): number
  close(): void
}

/** A segment of the log, read while another thread may append to it. */
export interface LogBytes {
  /** Fills `into` from byte `from` of the file; answers how many bytes there were. */
  read(from: number, into: Uint8Array): number
  size(): number
  /** What was appended before is on the device when it returns. */
  sync(): void
  close(): void
}

/** The file system as the tree sees it: the place where tests put faults. Paths are absolute; nothing waits. */
export interface TreeFiles {
  openLog(path: string): LogBytes
  /** Writes the bytes from `from` to `to` of a file again where they stand, so that the kernel takes them for changed. */
  rewrite(path: string, from: number, to: number): void
  /** Undefined where there is no such file. */
  read(path: string): Buffer | undefined
  /** Makes or empties a file (0600). */
  create(path: string): NewFile
  /** Makes a folder (0700) and those above it; answers the topmost that it had to make. */
  makeFolder(path: string): string | undefined
  rename(from: string, to: string): void
  syncFolder(path: string): void
  /** Names in a folder; empty where there is none. */
  list(path: string): readonly string[]
  /** Removes a file, or a folder with what is in it. */
  remove(path: string): void
}
