/**
 * The p-values that all statistical tests rest on, held against closed forms and tabulated quantiles.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import { chiSquareTail, logGamma, normalTails, upperGamma } from './gamma.js'

/** Q(k, x) for a whole k is the probability of fewer than k arrivals of a Poisson process. */
function poissonBelow(k: number, x: number): number {
  let sum = 0
  let logFactorial = 0
  for (let i = 0; i < k; i++) {
    if (i > 0) logFactorial += Math.log(i)
    sum += Math.exp(-x + i * Math.log(x) - logFactorial)
  }
  return sum
}

function expectRelative(found: number, expected: number, tolerance: number): void {
  expect(Math.abs(found / expected - 1)).toBeLessThan(tolerance)
}

describe('the tail probabilities of the tests', () => {
  test('ln Γ agrees with factorials and with Γ(1/2)', () => {
    let logFactorial = 0
    for (let n = 1; n <= 170; n++) {
      logFactorial += Math.log(n)
      expect(Math.abs(logGamma(n + 1) - logFactorial)).toBeLessThan(1e-10)
    }
    expect(Math.abs(logGamma(0.5) - Math.log(Math.sqrt(Math.PI)))).toBeLessThan(1e-13)
  })

  test('the gamma tail of a whole shape equals the Poisson sum, far into both tails', () => {
    for (const k of [1, 2, 5, 17, 100, 500]) {
      for (const factor of [0.5, 0.9, 1, 1.1, 1.5]) {
        const x = k * factor
        expectRelative(upperGamma(k, x), poissonBelow(k, x), 1e-9)
      }
    }
    expectRelative(upperGamma(1, 40), Math.exp(-40), 1e-12)
  })

  test('tabulated quantiles of chi-square come out at their probability', () => {
    expectRelative(chiSquareTail(3.841458820694124, 1), 0.05, 1e-9)
    expectRelative(chiSquareTail(18.307038053275146, 10), 0.05, 1e-9)
    expectRelative(chiSquareTail(124.34211340400407, 100), 0.05, 1e-9)
    expectRelative(chiSquareTail(23.92812697687947, 1), 1e-6, 1e-9)
    expect(chiSquareTail(0, 0)).toBe(1)
  })

  test('the normal tails are those of the table', () => {
    expectRelative(normalTails(1.959963984540054), 0.05, 1e-9)
    expectRelative(normalTails(4.891638475698588), 1e-6, 1e-8)
    expect(normalTails(0)).toBe(1)
  })

  test('a million degrees of freedom is no obstacle', () => {
    const df = 1_000_000
    expect(chiSquareTail(df, df)).toBeCloseTo(0.5, 2)
    // Mean df, standard deviation √(2 df): five of them above is rare, five below is certain.
    expect(chiSquareTail(df + 5 * Math.sqrt(2 * df), df)).toBeLessThan(1e-6)
    expect(chiSquareTail(df - 5 * Math.sqrt(2 * df), df)).toBeGreaterThan(1 - 1e-6)
  })
})
