/**
 * MessagePack as a format of event files: framed (`frame.ts`), each frame a map of columns (`columns.ts`).
 *
 * @module
 */

import { open } from 'node:fs/promises'
import { CorruptSegmentError, StorageError } from '../../errors.js'
import { CorrectionMerger } from '../../journal/corrections.js'
import { nodeCrc32 as crc32 } from '../../journal/crc32.node.js'
import type { FileFormat } from '../file-format.js'
import { unpackCorrections } from './columns.js'
import { encodeCorrections, encodeEvents } from './encode.js'
import { MessagePackFile } from './event-file.node.js'
import * as F from './frame.js'

/** The format; it has no state. */
export const messagePackFormat: FileFormat = {
  extension: 'messagepack',

  async encode(events) {
    return encodeEvents(events, crc32)
  },

  async open(path) {
    let file: Awaited<ReturnType<typeof open>>
    try {
      file = await open(path, 'r')
    } catch (error) {
      throw new StorageError(`${path} cannot be opened: ${(error as Error).message}`, { path }, error)
    }
    try {
      return await MessagePackFile.of(path, file)
    } catch (error) {
      await file.close()
      throw error
    }
  },

  async encodeCorrections(list) {
    return encodeCorrections(list, crc32)
  },

  // A correction that is lost is a reward that is lost: any damage is an error here, not something to pass over.
  async decodeCorrections(bytes, path) {
    const header = F.decodeFileHeader(bytes, crc32)
    if (header === undefined || header.version !== F.FILE_VERSION || header.kind !== F.CORRECTIONS) {
      throw new CorruptSegmentError(path, 0, 'it is no file of corrections of this version')
    }
    const merger = new CorrectionMerger()
    let at = F.FILE_HEADER_BYTES
    for (let i = 0; i < header.frames; i++) {
      const frame = F.decodeFrameHeader(bytes, at, crc32)
      if (frame === undefined) throw new CorruptSegmentError(path, at, 'no frame begins where one should')
      const start = at + F.FRAME_HEADER_BYTES
      at = start + frame.payloadBytes
      const payload = bytes.subarray(start, at)
      if (payload.length !== frame.payloadBytes || crc32(payload) !== frame.crc) {
        throw new CorruptSegmentError(path, start, 'the frame does not match its checksum')
      }
      merger.addList(unpackCorrections(payload, frame.count))
    }
    return merger.list()
  },
}
