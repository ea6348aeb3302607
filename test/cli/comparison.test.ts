import { afterAll, beforeAll, expect, test } from 'vitest'
import { StreamDirectory } from '../../src/cli/directory.js'
import type { Verification } from '../../src/cli/verification.js'
import { Verifier } from '../../src/cli/verifier.js'
import { chooseRows } from '../../src/storage/cold/events.js'
import type { ColdReader } from '../../src/storage/cold/read/cold-reader.js'
import type { StoredEvents } from '../../src/storage/index.node.js'
import { keep } from './folders.js'

type Change = (rows: StoredEvents) => StoredEvents

let whole: StreamDirectory
/** Most of its events are in the files alone. */
let old: StreamDirectory

beforeAll(async () => {
  whole = await StreamDirectory.open((await keep()).directory)
  old = await StreamDirectory.open((await keep({ events: 20_000, segmentBytes: 2 ** 20 })).directory)
})

afterAll(async () => {
  await whole.close()
  await old.close()
})

/** The directory with files that are read as `change` makes them. */
function changed(directory: StreamDirectory, change: Change, more: Partial<ColdReader> = {}): StreamDirectory {
  const { cold } = directory
  if (cold === undefined) throw new Error('no files')
  const members: Record<string, PropertyDescriptor> = {
    query: {
      async *value(query: object) {
        for await (const rows of cold.query(query)) yield change(rows)
      },
    },
    ...Object.getOwnPropertyDescriptors(more),
  }
  const stub = new Proxy(cold, {
    get(target, key) {
      const member = members[key as string]
      const value: unknown = member === undefined ? Reflect.get(target, key, target) : (member.value ?? member.get?.())
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return new Proxy(directory, { get: (target, key) => (key === 'cold' ? stub : Reflect.get(target, key, target)) })
}

function verified(directory: StreamDirectory): Promise<Verification> {
  return new Verifier(directory, new AbortController().signal, () => {}).run()
}

function only(seq: number, change: (rows: StoredEvents, i: number) => void): Change {
  return (rows) => {
    const i = rows.seqs.indexOf(seq)
    if (i >= 0) change(rows, i)
    return rows
  }
}

test('files that say the same are equal', async () => {
  expect((await verified(changed(whole, (rows) => rows))).findings).toEqual([])
  expect((await verified(changed(old, (rows) => rows))).findings).toEqual([])
})

test('another byte, mask or metadata of one event is found', async () => {
  const cases: [Change, string][] = [
    [only(1234, ({ bytes }, i) => bytes.set([1], i * 128 + 40)), 'event 1234 has other bytes in the files'],
    [only(500, ({ masks }, i) => masks.set([0], i)), 'event 500 has other masks of appraisers in the files'],
    [(rows) => ({ ...rows, metadata: new Map() }), 'event 3000 has other metadata in the files'],
    [(rows) => ({ ...rows, metadata: new Map([[3000, { intentType: 'flee' }]]) }), 'event 3000 has other metadata'],
  ]
  for (const [change, what] of cases) {
    const { findings, equal } = await verified(changed(whole, change))
    expect(findings.map((finding) => [finding.kind, finding.what.slice(0, what.length)])).toEqual([['different', what]])
    expect(equal).toBe(3000)
  }
})

test('an event that is not in the files, in them twice, or in them alone, is found', async () => {
  const lost = await verified(changed(whole, (rows) => chooseRows(rows, (_, __, seq) => seq !== 77)))
  expect(lost.findings).toEqual([
    { kind: 'missing', what: '1 of the events 0 to 3000 are before the checkpoint and not in the files' },
  ])
  const twice = await verified(
    changed(
      whole,
      only(78, ({ seqs }, i) => seqs.set([77], i)),
    ),
  )
  expect(twice.findings.map(({ kind, what }) => [kind, what])).toContainEqual([
    'different',
    'event 77 is in the files more than once',
  ])
  const { journal } = whole
  const shorter = new Proxy(whole, {
    get: (target, key) =>
      key === 'journal'
        ? new Proxy(journal, {
            get(inner, member) {
              if (member === 'events') {
                return (start: number, end: number) => {
                  const events = journal.events(start, end)
                  const length = Math.max(0, events.length - 1)
                  return { ...events, length, seqs: events.seqs.subarray(0, length) }
                }
              }
              const value: unknown = Reflect.get(inner, member, inner)
              return typeof value === 'function' ? value.bind(inner) : value
            },
          })
        : Reflect.get(target, key, target),
  })
  expect(new Set((await verified(shorter)).findings.map(({ kind }) => kind))).toEqual(new Set(['untyped', 'unknown']))
})

test('a late reward that files lack is found, also of an event that the journal no longer has', async () => {
  for (const [directory, seq] of [[whole, 1500] as const, [old, 1] as const]) {
    const { findings } = await verified(
      changed(
        directory,
        only(seq, ({ bytes }, i) => bytes.fill(0, i * 128 + 116, i * 128 + 120)),
      ),
    )
    expect(findings.map(({ kind }) => kind)).toEqual(['different'])
    expect(findings[0]?.what).toContain(`event ${seq} `)
  }
  const { findings } = await verified(
    changed(
      old,
      only(500, ({ masks }, i) => masks.set([0], i)),
    ),
  )
  expect(findings).toEqual([
    { kind: 'different', what: 'event 500 lacks in the files a late reward that the journal has' },
  ])
})

test('what moves on while it is looked at is looked at again', async () => {
  // The first look takes the corrections of before, the files have those of now.
  const now = whole.cold?.checkpoint ?? { seq: 0, position: 0 }
  let looks = 0
  const moving = changed(whole, (rows) => rows, {
    get checkpoint() {
      return ++looks <= 2 ? { seq: now.seq, position: 2 } : now
    },
  } as Partial<ColdReader>)
  const found = await verified(moving)
  expect(looks).toBeGreaterThan(2)
  expect(found.findings).toEqual([])
  expect(found.equal).toBe(3001)
  // A segment that is removed while its events are compared.
  const { journal } = old
  const before = Math.max(0, journal.startSeq - 5000)
  let asked = 0
  const removing = new Proxy(old, {
    get: (target, key) =>
      key === 'journal'
        ? new Proxy(journal, {
            get(inner, member) {
              if (member === 'startSeq') return ++asked <= 2 ? before : inner.startSeq
              const value: unknown = Reflect.get(inner, member, inner)
              return typeof value === 'function' ? value.bind(inner) : value
            },
          })
        : Reflect.get(target, key, target),
  })
  const after = await verified(removing)
  expect(after.findings).toEqual([])
  expect(after.onlyInFiles).toBe(journal.startSeq)
})
