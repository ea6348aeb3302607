/**
 * The files that the journal stands on, as far as it needs them: one folder, named files, positions. Everything is
 * synchronous, since a writer that meets a full ring has to write the backlog out before it goes on. Implementations:
 * `node-disk.node.ts` over `node:fs`, `opfs-disk.ts` over the origin private file system of a browser's worker, and the
 * tests' disk that fails on purpose.
 *
 * Contract: a call either does what it says or throws `StorageError` (with the platform's error as its cause); only
 * `write` may also do less and say so. A file that is being written by this process may be read through another
 * `DiskFile` of the same name.
 *
 * @module
 */

/** One folder of files. */
export interface Disk {
  /** What messages call the folder. */
  readonly name: string
  /** The names of the files, in no particular order. */
  list(): string[]
  /**
   * Opens a file; with `'create'` a new one, which must not exist. A disk that cannot open files in the call then throws
   * `BackpressureError` if it has none ready before the event loop has turned.
   */
  open(name: string, mode: 'read' | 'write' | 'create'): DiskFile
  /** Removes a file. Who has it open may go on until it is closed. */
  remove(name: string): void
  /** Makes the presence and absence of files safe against a loss of power. */
  syncNames(): void
}

/** One open file. Offsets and sizes are bytes. */
export interface DiskFile {
  readonly name: string
  size(): number
  /** Reads up to `into.length` bytes at `offset` and returns how many; fewer only at the end of the file. */
  read(into: Uint8Array, offset: number): number
  /** Writes the pieces one behind the other at `offset` and returns how many bytes were written, possibly not all. */
  write(pieces: readonly Uint8Array[], offset: number): number
  /** Reserves the file's size: zeros up to `size`, of which no later write has to change the length. */
  reserve(size: number): void
  /** Reserves and syncs without blocking the caller, where the platform can. Nothing else may write to the file meanwhile. */
  reserveLater(size: number): Promise<void>
  truncate(size: number): void
  /** Returns once the bytes written so far survive a loss of power. */
  sync(): void
  /** The same without blocking the caller, where the platform can. */
  syncLater(): Promise<void>
  close(): void
}
