import { describe, expect, test } from 'vitest'
import { InvalidArgumentError } from '../../../src/index.js'
import { packMetadata, unpackMetadata } from '../../../src/storage/journal/metadata.js'
import { refusal } from './support.js'

const MOST = 65_536

describe('metadata on its way to the journal', () => {
  test.each<[string, unknown]>([
    ['null', null],
    ['numbers', [0, -1, 1.5, 2 ** 40, -(2 ** 52), Number.MAX_VALUE, 5e-324]],
    ['text', ['', 'é', '𝄞', 'a'.repeat(1000)]],
    ['nested lists and objects', { a: [{ b: { c: [[], {}] } }], '': true, 'x y': false }],
    ['a shared part', ((part) => ({ first: part, second: part }))({ n: 1 })],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
  ])('comes back as it was: %s', (_, parameters) => {
    const metadata = { intentType: 'move', executorId: 'arm-1', parameters }
    expect(unpackMetadata(packMetadata(metadata, MOST))).toEqual(metadata)
  })

  test('leaves out what is not given', () => {
    expect(unpackMetadata(packMetadata({}, MOST))).toEqual({})
    expect(unpackMetadata(packMetadata({ intentType: undefined, parameters: 1 }, MOST))).toEqual({ parameters: 1 })
  })

  const itself: unknown[] = []
  itself.push([itself])
  let deep: unknown = 1
  for (let i = 0; i < 100; i++) deep = [deep]
  test.each<[string, unknown, string]>([
    ['undefined in an object', { a: [{ b: undefined }] }, 'metadata.parameters.a[0].b must be JSON'],
    ['a hole in a list', new Array(2), 'metadata.parameters[0] must be JSON'],
    ['a function', { f: () => 1 }, 'metadata.parameters.f must be JSON'],
    ['a symbol', [Symbol('s')], 'metadata.parameters[0] must be JSON'],
    ['a bigint', [1n], 'metadata.parameters[0] must be JSON'],
    ['NaN', [Number.NaN], 'metadata.parameters[0] must be a finite number, got NaN'],
    ['infinity', { a: Number.POSITIVE_INFINITY }, 'metadata.parameters.a must be a finite number'],
    ['a date', { at: new Date(0) }, 'metadata.parameters.at must be a plain object'],
    ['a map', new Map(), 'metadata.parameters must be a plain object'],
    ['a typed array', new Float32Array(2), 'metadata.parameters must be a plain object'],
    ['an object that writes itself as another', { toJSON: () => 1 }, 'metadata.parameters must be a plain object'],
    ['a cycle', itself, 'metadata.parameters[0][0] must not contain itself'],
    ['a hundred levels', deep, 'must be nested at most 64 deep'],
    ['half a character', ['\ud800'], 'metadata.parameters[0] must be well-formed text'],
    ['half a character in a key', { '\udc00': 1 }, 'a key of metadata.parameters must be well-formed text'],
    ['a key that is the prototype', JSON.parse('{"__proto__":1}'), 'a key of metadata.parameters must be another name'],
  ])('is refused with its place: %s', (_, parameters, message) => {
    expect(refusal(() => packMetadata({ parameters }, MOST), InvalidArgumentError).message).toContain(message)
  })

  test('is refused for another field, a field of another type, and for its size', () => {
    const of = (metadata: unknown): string =>
      refusal(() => packMetadata(metadata as object, 100), InvalidArgumentError).message
    expect(of(null)).toContain('metadata must be an object, got null')
    expect(of({ intent: 'x' })).toContain("metadata has no 'intent'")
    expect(of({ intentType: 3 })).toContain('metadata.intentType must be a string, got 3')
    expect(of({ parameters: 'a'.repeat(200) })).toContain('metadata must have at most 100 bytes when packed, it has 2')
  })
})
