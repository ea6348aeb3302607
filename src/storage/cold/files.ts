/**
 * The files that cold storage stands on, as far as it changes them: one folder, paths below it with forward slashes.
 * Asynchronous, since nobody waits for it but the follower. Event files are read by their formats, which take the
 * absolute path that `resolve` gives.
 *
 * Contract: a call does what it says or rejects with `StorageError`. One that was rejected, or that a crash ended, may
 * have been carried out in part.
 *
 * @module
 */

/** One folder of files. */
export interface ColdFiles {
  /** What messages call the folder. */
  readonly name: string
  /** The path that a format opens. */
  resolve(path: string): string
  /** The files below the folder, in no particular order; none if it does not exist. */
  list(): Promise<string[]>
  /** A whole file, or undefined if there is none of that name. */
  read(path: string): Promise<Uint8Array | undefined>
  /** Makes a file that survives a loss of power once its name does; folders on the way to it are made and synced. */
  create(path: string, bytes: Uint8Array): Promise<void>
  /** Cuts a file off at `size`, writes `bytes` there and syncs it. */
  append(path: string, size: number, bytes: Uint8Array): Promise<void>
  /** Gives a file another name in the same folder; what had that name is gone. */
  rename(from: string, to: string): Promise<void>
  /** Makes the names in the folder of `path` safe against a loss of power. */
  syncNames(path: string): Promise<void>
  /** Removes a file, and its folder if it was the last one there. Nothing happens if there is none of that name. */
  remove(path: string): Promise<void>
}
