import { expect, test } from 'vitest'
import { crc32 } from '../../../src/storage/journal/crc32.js'
import { nodeCrc32 } from '../../../src/storage/journal/crc32.node.js'

test('the checksum of the nine digits is the one that the standards give', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
  expect(crc32(new Uint8Array(0))).toBe(0)
})

test('the checksum in TypeScript is that of zlib, whole and in pieces', () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * i * 7) & 255)
  for (let start = 0; start < 20; start++) {
    for (let length = 0; length < 60; length++) {
      const part = bytes.subarray(start, start + length)
      expect(crc32(part)).toBe(nodeCrc32(part))
      expect(crc32(bytes.subarray(start + length), crc32(part))).toBe(nodeCrc32(bytes.subarray(start)))
    }
  }
})
