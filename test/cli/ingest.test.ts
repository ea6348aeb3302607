import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { pack } from 'msgpackr'
import { afterAll, expect, test } from 'vitest'
import { readArrays } from './npz-reader.js'
import { makeTrajectories, raw, trajectoryEntries, zip } from './npz-writer.js'
import { type IngestResult, ingest, logLine, run, shared } from './run.js'

const folder = mkdtempSync(join(tmpdir(), 'ingest-test-'))
const log = shared('apache-access.log')
const npz = shared('cartpole-expert.npz')

afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** Everything but timing and ids that are drawn at random. */
function lasting({ timing: _, samples, ...rest }: IngestResult) {
  return { ...rest, samples: samples.map(({ event: { eventId: _id, ...event }, ...sample }) => ({ ...sample, event })) }
}

log.test(
  'the shared log: lines = ingested + malformed, the odd line is named, no address leaves the parser',
  async () => {
    const args = ['ingest', log.path, '--sample', '50', '--by', 'reward']
    const [json, text] = await Promise.all([run([...args, '--json']), run(args)])
    const result = JSON.parse(json.stdout) as IngestResult
    expect(result).toMatchObject({ format: 'log', records: 10_000, ingested: 9_999, malformed: 1, episodes: 1_753 })
    expect(result.malformedLines).toEqual([{ line: 8899, reason: 'the user agent has no closing quote' }])
    expect(result.outOfOrder).toBeGreaterThan(4_000)
    expect(result.ring).toMatchObject({ readable: 9_999, evicted: 0, fullyAppraised: 9_999 })
    expect(result.types).toEqual({ 513: 9_779, 514: 220 })
    expect(text.stdout).toMatch(/line 8899: the user agent has no closing quote/)

    const printed = json.stdout + json.stderr + text.stdout + text.stderr
    const lines = readFileSync(log.path, 'latin1').split('\n').filter(Boolean)
    const addresses = new Set(lines.map((line) => line.slice(0, line.indexOf(' '))))
    expect([...addresses].filter((address) => printed.includes(address))).toEqual([])
  },
)

npz.test('the shared trajectories: all 27,021 observations come back bit for bit, in 57 episodes', async () => {
  const result = await ingest([npz.path, '--capacity', '27021', '--sample', '27021', '--by', 'recent'])
  expect(result).toMatchObject({ format: 'npz', records: 27_021, ingested: 27_021, malformed: 0, episodes: 57 })
  expect(result.types).toEqual({ 513: 26_964, 61441: 57 })
  expect(result.notes).toEqual([
    'infos.npy was not read: it is none of the arrays of numbers, and objects are never unpickled',
  ])
  const arrays = readArrays(readFileSync(npz.path))
  const events = result.samples.map(({ event }) => event)
  const states = Float32Array.from(events.flatMap(({ state }) => state.slice(0, 4)))
  expect(Buffer.from(raw(states)).equals(arrays.get('obs.npy') as Buffer)).toBe(true)

  const steps = events.filter(({ eventType }) => eventType === 513)
  const actions = BigInt64Array.from(steps, ({ action }) => BigInt(action[0] as number))
  expect(Buffer.from(raw(actions)).equals(arrays.get('acts.npy') as Buffer)).toBe(true)
  const rewards = Float64Array.from(steps, ({ rewardGoal }) => rewardGoal)
  expect(Buffer.from(raw(rewards)).equals(arrays.get('rews.npy') as Buffer)).toBe(true)
  const bounds = BigInt64Array.from(
    events.flatMap(({ eventType }, i) => (eventType === 513 ? [] : [i])).slice(0, -1),
    (end, episode) => BigInt(end - episode),
  )
  expect(Buffer.from(raw(bounds)).equals(arrays.get('indices.npy') as Buffer)).toBe(true)
  expect(new Set(events.map(({ episodeId }) => episodeId)).size).toBe(57)
  expect(events.every(({ flags }) => (flags & 0b10010) === 0b10010)).toBe(true)
})

test('trajectories written by other code come back, terminals told from truncations, from a file and from a pipe', async () => {
  const data = makeTrajectories([10, 0, 500, 3], 3)
  const archive = zip(trajectoryEntries(data))
  const args = ['--sample', '1000', '--by', 'recent', '--capacity', '1000']
  const temporary = mkdtempSync(join(folder, 'tmp-'))
  const results = await Promise.all([
    ingest([file('small.npz', archive), ...args]),
    ingest(['-', ...args], { input: archive, env: { TMPDIR: temporary } }),
    ingest([file('packed.npz.gz', gzipSync(archive)), ...args], { env: { TMPDIR: temporary } }),
  ])
  for (const { samples } of results) {
    const states = Float32Array.from(samples.flatMap(({ event }) => event.state.slice(0, 3)))
    expect(Buffer.from(raw(states)).equals(Buffer.from(raw(data.obs)))).toBe(true)
    const finals = samples.filter(({ event }) => event.eventType !== 513)
    expect(finals.map(({ event }) => event.eventType)).toEqual([0xf001, 0xf002, 0xf001, 0xf001])
  }
  expect(readdirSync(temporary)).toEqual([])
})

test('the same file and seed give the same output but for timing and ids', async () => {
  const text = Array.from({ length: 500 }, (_, i) => logLine(`198.51.100.${i % 9}`, i, i % 10 === 0 ? 500 : 200)).join(
    '',
  )
  const path = file('same.log', text)
  for (const by of [['uniform'], ['reward', '--alpha', '0.6'], ['recent'], ['type', '--type', 'ActionFailed']]) {
    const args = [path, '--sample', '20', '--salt', 'pepper', '--by', ...by]
    const [one, two, other] = await Promise.all([
      ingest([...args, '--seed', '3']),
      ingest([...args, '--seed', '3']),
      ingest([...args, '--seed', '4']),
    ])
    expect(lasting(two)).toEqual(lasting(one))
    expect(one.samples.length).toBe(20)
    const seqs = (result: IngestResult): number[] => result.samples.map(({ seq }) => seq)
    if (by[0] !== 'recent') expect(seqs(other)).not.toEqual(seqs(one))
  }
}, 60_000)

test('episodes of a log are the same under one salt, and others under another or under none', async () => {
  const input = logLine('192.0.2.1', 1)
  const results = await Promise.all(
    [['--salt', 'a'], ['--salt', 'a'], ['--salt', 'b'], [], []].map((salt) =>
      ingest(['-', '--sample', '1', ...salt], { input }),
    ),
  )
  const ids = results.map(({ samples }) => samples[0]?.event.episodeId)
  expect(ids[0]).toBe(ids[1])
  expect(new Set(ids).size).toBe(4)
})

test('samples carry the probability of their sampler', async () => {
  const rewards = [1, 2, 3, 4, 0]
  const input = rewards.map((rewardGoal, i) => JSON.stringify({ eventType: i % 2, rewardGoal })).join('\n')
  const args = ['-', '--format', 'ndjson', '--appraisers', 'none', '--sample', '40', '--replacement', 'yes']
  const uniform = await ingest([...args, '--by', 'uniform'], { input })
  expect(uniform.samples.every(({ probability }) => probability === 0.2)).toBe(true)
  const byReward = await ingest([...args, '--by', 'reward'], { input })
  for (const { seq, probability } of byReward.samples)
    expect(probability).toBeCloseTo((rewards[seq] as number) / 10, 12)
  const squared = await ingest([...args, '--by', 'reward', '--alpha', '2', '--epsilon', '1'], { input })
  for (const { seq, probability } of squared.samples) {
    expect(probability).toBeCloseTo(((rewards[seq] as number) + 1) ** 2 / (4 + 9 + 16 + 25 + 1), 6)
  }
  const byType = await ingest([...args, '--by', 'type', '--type', '0x1'], { input })
  expect(new Set(byType.samples.map(({ seq }) => seq))).toEqual(new Set([1, 3]))
  expect(byType.samples.every(({ probability }) => probability === 0.5)).toBe(true)
})

test('recent samples are the newest in order, and a sample is never larger than the ring', async () => {
  const input = Array.from({ length: 100 }, (_, i) => `{"stepNumber":${i}}\n`).join('')
  const { samples } = await ingest(['-', '--sample', '3', '--by', 'recent'], { input })
  expect(samples.map(({ seq, event }) => [seq, event.stepNumber])).toEqual([
    [97, 97],
    [98, 98],
    [99, 99],
  ])
  const all = await ingest(['-', '--sample', '500', '--capacity', '40'], { input })
  expect(new Set(all.samples.map(({ seq }) => seq)).size).toBe(40)
  const none = await ingest(['-', '--sample', '5', '--by', 'type', '--type', '9'], { input })
  expect(none.samples).toEqual([])
})

test('a ring smaller than the input keeps the newest, and the appraisers miss nothing', async () => {
  const input = Array.from({ length: 5000 }, (_, i) => logLine(`198.51.100.${i % 9}`, i)).join('')
  for (const capacity of [1, 7, 1024, 1500]) {
    const { ring, ingested } = await ingest(['-', '--capacity', String(capacity)], { input })
    expect(ingested).toBe(5000)
    expect(ring).toEqual({
      capacity,
      written: 5000,
      readable: capacity,
      evicted: 5000 - capacity,
      fullyAppraised: 5000,
    })
  }
})

test('all four appraisers score, a reward of the input stays, and fewer appraisers can be asked for', async () => {
  const state = [0, 0.8, 0.5, 0, 0, 0.5, 0.9, 0.6]
  const input = `${JSON.stringify({ state })}\n${JSON.stringify({ state, rewardGoal: -3, rewardCuriosity: 0 })}\n`
  const args = ['-', '--format', 'ndjson', '--sample', '2', '--by', 'recent']
  const { samples, meanRewards, ring } = await ingest(args, { input })
  const [judged, brought] = samples.map(({ event }) => event)
  expect(judged?.rewardHomeostasis).toBeCloseTo(-0.3 * 0.2 ** 2, 6)
  expect(judged?.rewardCuriosity).toBeCloseTo(0.2 * 0.5, 6)
  expect(judged?.rewardEfficiency).toBeCloseTo(-0.1 * 0.01 * 0.25, 6)
  expect(judged?.rewardGoal).toBeCloseTo(0.4 * 0.9, 6)
  expect([brought?.rewardGoal, brought?.rewardCuriosity]).toEqual([-3, 0])
  expect(brought?.rewardHomeostasis).toBe(judged?.rewardHomeostasis)
  expect(meanRewards.goal).toBeCloseTo((0.36 - 3) / 2, 6)
  expect(ring.fullyAppraised).toBe(2)

  const one = await ingest([...args, '--appraisers', 'goal'], { input })
  expect(Object.keys(one.meanRewards)).toEqual(['goal'])
  expect(one.samples[0]?.event.rewardCuriosity).toBe(0)
  expect(one.ring.fullyAppraised).toBe(2)
  const none = await ingest([...args, '--appraisers', 'none'], { input })
  expect(none.samples[1]?.event).toMatchObject({ rewardGoal: -3, rewardHomeostasis: 0, flags: 0 })
})

test('states that an appraiser was not made for do not stop anything', async () => {
  const input = `{"state":[0,0,3e38,0,3e38,-3e38,3e38,3e38]}\n`
  const { samples } = await ingest(['-', '--sample', '1'], { input })
  expect(samples[0]?.event.rewardHomeostasis).toBeCloseTo(-8e37, -32)
})

test('what ingest printed as JSON can be ingested again, event by event', async () => {
  const first = await ingest(['-', '--sample', '50', '--by', 'recent'], {
    input: Array.from({ length: 50 }, (_, i) => logLine('192.0.2.1', i)).join(''),
  })
  const input = first.samples.map(({ event }) => `${JSON.stringify(event)}\n`).join('')
  const again = await ingest(['-', '--sample', '50', '--by', 'recent'], { input })
  expect(again.samples).toEqual(first.samples)
})

test('tables, MessagePack and gzip are recognised and read, from files and from pipes', async () => {
  const table =
    'ts,user,kind,load\n2024-03-01T12:00:00Z,ann,view,50\n2024-03-01T12:00:01Z,bob,buy,100\n2024-02-30,ann,buy,1\n'
  const map = 'timestamp=ts:iso,episodeId=user:hash,eventType=kind:view=0xf001|buy=0xf002,state.4=load:0..100'
  const mapping = file('mapping.json', JSON.stringify({ timestamp: 'ts:iso', 'state.4': 'load:0..100' }))
  const records = Buffer.concat([pack({ timestamp: 5, flags: 1 }), pack({ timestamp: 6, flags: 2 })])
  const results = await Promise.all([
    ingest([file('table.csv', table), '--map', map, '--sample', '2', '--by', 'recent']),
    ingest(['-', '--map', mapping], { input: gzipSync(table) }),
    ingest([file('records.msgpack', records)]),
    ingest(['-'], { input: records }),
    ingest([file('access.log.2.gz', gzipSync(logLine('192.0.2.1', 1)))]),
    ingest(['-'], { input: '{"flags":1}\n{"flags":2}\n' }),
  ])
  const [csv, mapped] = results
  expect(results.map(({ format }) => format)).toEqual(['csv', 'csv', 'msgpack', 'msgpack', 'log', 'ndjson'])
  expect(results.map(({ ingested }) => ingested)).toEqual([2, 2, 2, 2, 1, 2])
  expect(csv.malformedLines).toEqual([
    { line: 4, reason: 'timestamp is no time between 1970 and 2255 in the unit iso' },
  ])
  expect(csv.samples.map(({ event }) => [event.timestamp, event.eventType, event.state[4]])).toEqual([
    [Date.UTC(2024, 2, 1, 12) * 1000, 0xf001, 0.5],
    [Date.UTC(2024, 2, 1, 12, 0, 1) * 1000, 0xf002, 1],
  ])
  expect(mapped.malformed).toBe(1)
})

test('the summary is plain text and says the same as the JSON object', async () => {
  const input = `${logLine('192.0.2.1', 5)}garbage of 192.0.2.99\n${logLine('192.0.2.2', 4, 404)}`
  const { status, stdout, stderr } = await run(['ingest', '-', '--sample', '2', '--by', 'recent'], { input })
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/^standard input: access log, 3 lines\n/)
  expect(stdout).toMatch(/ingested +2 events in 2 episodes\n/)
  expect(stdout).toMatch(/malformed +1\n +line 2: the date is missing\n/)
  expect(stdout).toMatch(/2015-05-17T10:00:04Z to 2015-05-17T10:00:05Z, 1 out of order/)
  expect(stdout).toMatch(/ActionCompleted 1, ActionFailed 1/)
  expect(stdout).toMatch(/2 samples by recent, seed 1/)
  expect(stdout).not.toContain('192.0.2')
  expect(stdout).not.toContain('\u001b')
})
