/**
 * What a store in files stands on.
 *
 * @module
 */

import type { Crc32 } from '../journal/crc32.js'
import type { FileFormat } from './file-format.js'
import type { ColdFiles } from './files.js'

/** The format of files with an extension; heavy ones are loaded when first asked for. */
export type FormatOf = (extension: string) => Promise<FileFormat>

/** What reading takes. */
export interface ReadingPlatform {
  readonly files: ColdFiles
  readonly formatOf: FormatOf
  readonly crc: Crc32
}

/** What writing takes. */
export interface ColdPlatform extends ReadingPlatform {
  /** Gets everything ready, makes this process the owner of the files, and returns what ends that. */
  own(): Promise<() => void>
}
