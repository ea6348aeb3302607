/**
 * The synchronous access to a file that browsers give to dedicated workers, as far as the journal needs it, and what its
 * failures become.
 *
 * @module
 */

import { StorageError } from '../errors.js'

/** `FileSystemSyncAccessHandle`. One at a time exists for a file, whichever tab or worker has it. */
export interface AccessHandle {
  getSize(): number
  read(into: Uint8Array, options: { at: number }): number
  write(bytes: Uint8Array, options: { at: number }): number
  truncate(size: number): void
  flush(): void
  close(): void
}

const RETRY_MS = 20

/**
 * Opens the access handle of a file, which is made if it does not exist. While another holds it, tries again until
 * `deadline` (of `performance.now()`): a tab that was closed or crashed lets go of its files a moment later.
 */
export async function openHandle(
  folder: FileSystemDirectoryHandle,
  file: string,
  deadline: number,
): Promise<AccessHandle> {
  const entry = (await folder.getFileHandle(file, { create: true })) as FileSystemFileHandle & {
    createSyncAccessHandle(): Promise<AccessHandle>
  }
  for (;;) {
    try {
      return await entry.createSyncAccessHandle()
    } catch (error) {
      if (nameOf(error) !== 'NoModificationAllowedError' || performance.now() >= deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}

/** What the platform threw, as the error of this package. `path` is the folder and the file. */
export function refused(operation: string, path: string, error: unknown): StorageError {
  const code = nameOf(error)
  const reason =
    code === 'QuotaExceededError'
      ? 'the browser grants this origin no more space (QuotaExceededError)'
      : `${code}: ${error instanceof Error ? error.message : String(error)}`
  return new StorageError(`cannot ${operation} ${path}: ${reason}`, { operation, path, code }, error)
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
