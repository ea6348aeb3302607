/**
 * Folders of the origin private file system by their paths.
 *
 * @module
 */

import { invalid } from '../../errors.js'
import { StorageError } from '../errors.js'
import { refused } from './access-handle.js'
import { WorkerRequiredError } from './errors.js'

const LONGEST_PATH = 1000

/** @throws {InvalidArgumentError} unless it is a path such as `'agent/memory'`. */
export function assertPath(directory: unknown): asserts directory is string {
  const parts = typeof directory === 'string' && directory.length <= LONGEST_PATH ? directory.split('/') : ['']
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\\'))) {
    throw invalid('directory', "be a path of names with '/' between them, such as 'agent/memory'", directory)
  }
}

/** @throws {WorkerRequiredError} {@link StorageError} unless files can be written synchronously here. */
export function assertSynchronousFiles(directory: string): void {
  if (typeof navigator === 'undefined' || typeof navigator.storage?.getDirectory !== 'function') {
    throw new StorageError(
      `${directory} cannot be opened: there is no origin private file system here; a page has it in a secure context, which is https or localhost`,
      { directory },
    )
  }
  if (!('createSyncAccessHandle' in FileSystemFileHandle.prototype)) throw new WorkerRequiredError(directory)
}

/** The folder at a path, made with those above it if it does not exist. @throws {StorageError} */
export async function folderAt(path: string): Promise<FileSystemDirectoryHandle> {
  try {
    let folder = await navigator.storage.getDirectory()
    for (const part of path.split('/')) folder = await folder.getDirectoryHandle(part, { create: true })
    return folder
  } catch (error) {
    throw refused('open', path, error)
  }
}
