/**
 * What opening a store for writing does: it reads or makes the manifest, cuts off what a crash left unfinished, and
 * removes the files that the manifest does not list.
 *
 * @module
 */

import { StorageError, StoreMismatchError } from '../../errors.js'
import type { Crc32 } from '../../journal/crc32.js'
import type { StreamIdentity } from '../../journal/source.js'
import type { ColdFiles } from '../files.js'
import { MANIFEST, Manifest, NEW_MANIFEST } from '../manifest/manifest.js'
import { isOurs } from '../partition.js'

/** What opening a store found. */
export interface ColdOpening {
  /** Whether the store was new. */
  readonly created: boolean
  /** Files that no entry of the manifest lists, left by a crash; they were removed. */
  readonly removedFiles: number
  /** Bytes of an entry that a crash has left unfinished; they are cut off with the next commit. */
  readonly tornBytes: number
  /** Files that the manifest lists and that are not there. */
  readonly missingFiles: readonly string[]
}

/**
 * Opens the manifest of a folder that this process owns, or makes one for `identity`.
 *
 * @throws {StoreMismatchError} if it is another stream's.
 * @throws {CorruptSegmentError} for damage that no crash explains.
 * @throws {StorageError} if there are event files without a manifest, or nothing and no `identity`.
 */
export async function openManifest(
  files: ColdFiles,
  crc: Crc32,
  name: string,
  identity: StreamIdentity | undefined,
): Promise<{ manifest: Manifest; opening: ColdOpening }> {
  const found = await Manifest.open(files, crc)
  const paths = await files.list()
  if (found === undefined) {
    assertNew(files.name, paths)
    if (identity === undefined) throw new StorageError(`${files.name} holds no store`, { directory: files.name })
    const manifest = await Manifest.create(files, crc, identity)
    return { manifest, opening: { created: true, removedFiles: 0, tornBytes: 0, missingFiles: [] } }
  }
  if (identity !== undefined) assertSameStream(name, found, identity)
  const { state, tornBytes } = found
  const listed = new Set([...state.files, ...state.corrections].map(({ path }) => path))
  const stray = paths.filter((path) => (isOurs(path) && !listed.has(path)) || path === NEW_MANIFEST)
  for (const path of stray) await files.remove(path)
  const present = new Set(paths)
  const missingFiles = [...listed].filter((path) => !present.has(path))
  return { manifest: found, opening: { created: false, removedFiles: stray.length, tornBytes, missingFiles } }
}

/** @throws {StoreMismatchError} if a store holds another stream's events. */
export function assertSameStream(name: string, manifest: Manifest, identity: StreamIdentity): void {
  const { streamId } = manifest.state.identity
  if (streamId === identity.streamId) return
  throw new StoreMismatchError(name, `it holds the events of stream ${streamId}, not of ${identity.streamId}`, {
    streamId,
    expected: identity.streamId,
  })
}

/** Without a manifest every event file would count as left by a crash and be removed. */
function assertNew(directory: string, paths: readonly string[]): void {
  const events = paths.find(isOurs)
  if (events === undefined) return
  throw new StorageError(`${directory} has event files (${events}) but no ${MANIFEST}: restore it, or move them away`, {
    directory,
    file: events,
  })
}
