/** Makes an action of a command: its answer becomes the exit code. */
export type Does = <Args extends readonly unknown[]>(
  act: (...args: Args) => Promise<number> | number,
) => (...args: Args) => Promise<void>
