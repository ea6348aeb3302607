import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { npyType } from '../../src/cli/sources/npy.js'
import { NpzFile } from '../../src/cli/sources/npz.js'
import { TrajectorySource } from '../../src/cli/sources/trajectories.js'
import { makeTrajectories, npy, raw, trajectoryEntries, type ZipEntry, zip } from './npz-writer.js'
import { CollectingSink } from './sink.js'

const folder = mkdtempSync(join(tmpdir(), 'npz-test-'))
let files = 0

afterAll(() => rmSync(folder, { recursive: true }))

async function read(archive: Buffer): Promise<{ sink: CollectingSink; source: TrajectorySource }> {
  const path = join(folder, `${files++}.npz`)
  writeFileSync(path, archive)
  const file = await open(path, 'r')
  const sink = new CollectingSink()
  const source = new TrajectorySource(sink)
  try {
    const npz = await NpzFile.open(file)
    try {
      await source.read(npz, new AbortController().signal, () => {})
    } finally {
      npz.close()
    }
  } finally {
    await file.close()
  }
  return { sink, source }
}

function replaced(name: string, change: (entry: ZipEntry) => Partial<ZipEntry> | undefined): Buffer {
  const entries = trajectoryEntries(makeTrajectories([3, 2], 4)).flatMap((entry) => {
    if (entry.name !== `${name}.npy`) return [entry]
    const changed = change(entry)
    return changed === undefined ? [] : [{ ...entry, ...changed }]
  })
  return zip(entries)
}

test('every observation comes back bit for bit, deflated or stored, and the final one as an event of its own', async () => {
  const lengths = [5, 1, 4000, 0, 7]
  const data = makeTrajectories(lengths, 4)
  for (const method of [8, 0]) {
    const { sink, source } = await read(zip(trajectoryEntries(data).map((entry) => ({ ...entry, method }))))
    expect(sink.faults).toEqual([])
    expect(source.counts).toEqual({ records: 4018, blank: 0, episodes: 5, forgotten: 0 })
    const states = Float32Array.from(sink.events.flatMap(({ state }) => state.slice(0, 4)))
    expect(Buffer.from(raw(states)).equals(Buffer.from(raw(data.obs)))).toBe(true)
    expect(sink.events.every(({ state }) => state.slice(4).every((value) => value === 0))).toBe(true)

    let action = 0
    for (const [episode, length] of lengths.entries()) {
      const events = sink.events.filter(({ episodeId }) => episodeId === BigInt(episode))
      expect(events.map(({ stepNumber }) => stepNumber)).toEqual(Array.from({ length: length + 1 }, (_, i) => i))
      for (const event of events.slice(0, -1)) {
        expect([event.eventType, event.flags, event.given]).toEqual([0x0201, 2, 8])
        expect(event.action[0]).toBe(Number(data.acts[action]))
        expect(event.rewards).toEqual([0, 0, 0, Math.fround(data.rews[action++] as number)])
      }
      const last = events.at(-1)
      expect([last?.eventType, last?.given, last?.rewards[3]]).toEqual([data.terminal[episode] ? 0xf001 : 0xf002, 8, 0])
      expect(last?.action).toEqual(new Array(8).fill(0))
    }
    expect(sink.events.map(({ timestamp }) => timestamp)).toEqual(sink.events.map((_, i) => i))
    expect(sink.notes).toEqual([
      'infos.npy was not read: it is none of the arrays of numbers, and objects are never unpickled',
    ])
  }
})

test('other types and byte orders of the same numbers are read', async () => {
  const values = [
    0, 1, -2, 3, 100, -128, 127, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
  ]
  const big = (bytes: number, write: (view: DataView, at: number, value: number) => void): Uint8Array => {
    const view = new DataView(new ArrayBuffer(values.length * bytes))
    values.forEach((value, i) => {
      write(view, i * bytes, value)
    })
    return raw(view)
  }
  const kinds: [string, Uint8Array][] = [
    ['<f8', raw(Float64Array.from(values))],
    ['>f8', big(8, (view, at, value) => view.setFloat64(at, value))],
    ['>f4', big(4, (view, at, value) => view.setFloat32(at, value))],
    ['<i4', raw(Int32Array.from(values))],
    ['>i4', big(4, (view, at, value) => view.setInt32(at, value))],
    ['<i2', raw(Int16Array.from(values))],
    ['|i1', raw(Int8Array.from(values))],
    ['<i8', raw(BigInt64Array.from(values, BigInt))],
  ]
  for (const [dtype, bytes] of kinds) {
    const { sink } = await read(replaced('obs', () => ({ bytes: npy(bytes, { dtype, shape: [7, 4] }) })))
    expect(
      sink.events.flatMap(({ state }) => state.slice(0, 4)),
      dtype,
    ).toEqual(values)
  }
  const small = Uint8Array.from(values, (_, i) => i)
  const { sink } = await read(
    replaced('obs', () => ({ bytes: npy(small, { dtype: '|u1', shape: [7, 2, 2], version: 2 }) })),
  )
  expect(sink.events[6]?.state.slice(0, 4)).toEqual([24, 25, 26, 27])
})

test('the remaining types are decoded', () => {
  const decode = (dtype: string, bytes: Uint8Array): number[] => {
    const type = npyType(dtype)
    const out = new Float64Array(bytes.length / (type?.bytes ?? 1))
    type?.decode(new DataView(bytes.buffer), out.length, out)
    return [...out]
  }
  const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x8000, 0x7c00, 0x7e00)
  const expected = [1, -2, 2 ** -24, 65_504, -0, Number.POSITIVE_INFINITY, Number.NaN]
  expect(decode('<f2', raw(halves))).toEqual(expected)
  expect(decode('<u2', raw(Uint16Array.of(65_535)))).toEqual([65_535])
  expect(decode('<u4', raw(Uint32Array.of(4_294_967_295)))).toEqual([4_294_967_295])
  expect(decode('<u8', raw(BigUint64Array.of(2n ** 53n)))).toEqual([2 ** 53])
  expect(decode('|b1', Uint8Array.of(0, 1, 7))).toEqual([0, 1, 1])
  for (const dtype of ['|O', '<U4', '|S3', '<c8', '<M8', '|i4', '<b2', '<f16', 'f4'])
    expect(npyType(dtype)).toBeUndefined()
})

test('values that f32 cannot hold exactly are rounded and said to be', async () => {
  const { sink } = await read(
    replaced('obs', () => ({ bytes: npy(raw(new Float64Array(28).fill(0.1)), { dtype: '<f8', shape: [7, 4] }) })),
  )
  expect(sink.notes.at(-1)).toBe('28 values are not exact as f32 and were rounded')
  expect(sink.events[0]?.state[0]).toBe(Math.fround(0.1))
})

test('an observation that is not finite is malformed, the others keep their steps', async () => {
  const obs = new Float32Array(28)
  obs[6] = Number.NaN
  const { sink } = await read(replaced('obs', () => ({ bytes: npy(raw(obs), { dtype: '<f4', shape: [7, 4] }) })))
  expect(sink.faults).toEqual([{ line: 2, reason: 'an observation, action or reward is not finite as f32' }])
  expect(sink.events.map(({ stepNumber }) => stepNumber)).toEqual([0, 2, 3, 0, 1, 2])
})

test('archives that are damaged, hostile or not trajectories are refused with the reason', async () => {
  const f4 = (shape: number[]) => npy(raw(new Float32Array(shape.reduce((a, b) => a * b, 1))), { dtype: '<f4', shape })
  const i8 = (...values: number[]) =>
    npy(raw(BigInt64Array.from(values, BigInt)), { dtype: '<i8', shape: [values.length] })
  const whole = zip(trajectoryEntries(makeTrajectories([3, 2], 4)))
  const obsHeader = (header: string) =>
    replaced('obs', () => ({ bytes: npy(raw(new Float32Array(28)), { dtype: '', shape: [], header }) }))
  const cases: [string, Buffer, RegExp][] = [
    ['not an archive', Buffer.from('PK\x03\x04 nothing'), /no \.npz archive/],
    ['cut short', whole.subarray(0, whole.length - 40), /no \.npz archive/],
    [
      'an array is missing',
      replaced('acts', () => undefined),
      /no array acts, only obs, infos, terminal, indices, rews/,
    ],
    [
      'objects',
      replaced('obs', () => ({ bytes: npy(new Uint8Array(28), { dtype: '|O', shape: [7] }) })),
      /pickled objects/,
    ],
    ['text', replaced('obs', () => ({ bytes: npy(new Uint8Array(28), { dtype: '<U1', shape: [7] }) })), /type <U1/],
    ['complex', replaced('obs', () => ({ bytes: npy(new Uint8Array(56), { dtype: '<c8', shape: [7] }) })), /type <c8/],
    [
      'a bomb by its shape',
      replaced('obs', () => ({ bytes: npy(new Uint8Array(28), { dtype: '<f4', shape: [1e12, 4] }) })),
      /16000000000128 bytes/,
    ],
    [
      'a shape beyond all numbers',
      obsHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999), }"),
      /too large/,
    ],
    [
      'more bytes than the shape',
      replaced('obs', ({ bytes }) => ({ bytes: Buffer.concat([bytes, Buffer.alloc(1e6)]) })),
      /declares 1000240/,
    ],
    [
      'a bomb by its declared size',
      replaced('obs', ({ bytes }) => ({
        bytes: Buffer.concat([bytes, Buffer.alloc(1e6)]),
        declaredBytes: bytes.length,
      })),
      /obs\.npy|too many bytes/,
    ],
    ['a wrong checksum', replaced('obs', () => ({ declaredCrc: 1 })), /checksum is wrong/],
    ['encrypted', replaced('obs', () => ({ flags: 1 })), /encrypted/],
    ['a strange compression', replaced('obs', () => ({ method: 12 })), /method 12/],
    [
      'Fortran order',
      replaced('obs', () => ({
        bytes: npy(raw(new Float32Array(28)), { dtype: '<f4', shape: [7, 4], fortran: true }),
      })),
      /Fortran order/,
    ],
    ['no NPY', replaced('obs', () => ({ bytes: Buffer.alloc(100) })), /no NPY array/],
    [
      'another version',
      replaced('obs', ({ bytes }) => ({
        bytes: Buffer.concat([bytes.subarray(0, 6), Buffer.from([9]), bytes.subarray(7)]),
      })),
      /version 9/,
    ],
    [
      'a structured type',
      obsHeader("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (7,), }"),
      /not understood/,
    ],
    [
      'a program as header',
      obsHeader("{'descr': '<f4', 'fortran_order': False, 'shape': ({}.get(1),), }"),
      /not understood/,
    ],
    ['wide rows', replaced('obs', () => ({ bytes: f4([7, 9]) })), /rows of 1 to 8/],
    ['rows of nothing', replaced('obs', () => ({ bytes: f4([7, 0]) })), /rows of 1 to 8/],
    ['a scalar', replaced('obs', () => ({ bytes: f4([]) })), /rows of 1 to 8/],
    ['two dimensions of indices', replaced('indices', () => ({ bytes: f4([1, 1]) })), /one dimension/],
    ['too many observations', replaced('obs', () => ({ bytes: f4([8, 4]) })), /do not fit/],
    ['too many rewards', replaced('rews', () => ({ bytes: f4([6]) })), /6 rewards for 5 actions/],
    ['too many indices', replaced('indices', () => ({ bytes: i8(1, 3) })), /2 indices for 2 trajectories/],
    ['an index too large', replaced('indices', () => ({ bytes: i8(6) })), /indices\.npy has 6/],
    ['a negative index', replaced('indices', () => ({ bytes: i8(-1) })), /indices\.npy has -1/],
    ['no trajectories', replaced('terminal', () => ({ bytes: f4([0]) })), /no trajectories/],
    [
      'two entries of a name',
      zip([...trajectoryEntries(makeTrajectories([1], 1)), { name: 'obs.npy', bytes: f4([1]) }]),
      /two entries/,
    ],
    [
      'very many entries',
      zip(Array.from({ length: 1025 }, (_, i) => ({ name: `${i}.npy`, bytes: Buffer.alloc(0) }))),
      /more than 1024/,
    ],
    ['a path out of the archive', zip([{ name: '../obs.npy', bytes: Buffer.alloc(0) }]), /no \.npz/],
  ]
  for (const [name, archive, message] of cases) {
    const outcome = await read(archive).then(
      () => 'was read',
      (error: unknown) => `${(error as Error).name}: ${(error as Error).message}`,
    )
    expect(outcome, name).toMatch(message)
    expect(outcome, name).toMatch(/^InputError/)
  }
})

test('trajectories without rewards or names of other arrays are read, and said to be', async () => {
  const entries = trajectoryEntries(makeTrajectories([3, 2], 4)).filter(({ name }) => name !== 'rews.npy')
  const { sink } = await read(zip([...entries, { name: 'extra.npy', bytes: Buffer.alloc(3) }]))
  expect(sink.events.length).toBe(7)
  expect(sink.events.every(({ given }) => given === 0)).toBe(true)
  expect(sink.notes.join('\n')).toMatch(/extra\.npy was not read[\s\S]*no rews\.npy/)
})
