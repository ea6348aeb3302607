import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Progress } from '../../src/cli/progress.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
})

afterEach(() => {
  vi.useRealTimers()
})

function show(isTTY: boolean, enabled: boolean, seconds: number): string {
  const out = Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.WriteStream & PassThrough
  const progress = new Progress(out, enabled)
  for (let step = 1; step <= seconds * 10; step++) {
    vi.advanceTimersByTime(100)
    progress.update(step * 1000, 1, step / 1000)
  }
  progress.clear()
  return String(out.read() ?? '')
}

test('without a terminal there is nothing for a short run, and plain lines for a long one', () => {
  expect(show(false, true, 4)).toBe('')
  expect(show(false, true, 16)).toBe(
    '50,000 events, 5 % read, 1 malformed, 10,000/s\n150,000 events, 15 % read, 1 malformed, 10,000/s\n',
  )
})

test('a terminal has one line that is redrawn and removed in the end', () => {
  const text = show(true, true, 1)
  expect(text).toMatch(/^\r2,000 events, 0 % read, 1 malformed, 10,000\/s\r/)
  expect(text).not.toContain('\n')
  expect(text.endsWith('\r')).toBe(true)
  expect(text.split('\r').at(-2)).toMatch(/^ +$/)
})

test('quiet shows nothing', () => {
  expect(show(true, false, 60)).toBe('')
})
