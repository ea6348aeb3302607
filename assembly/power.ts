/**
 * Powers, logarithms and exponentials, the same bits on every engine and without tables, which would outweigh the rest
 * of the module: by polynomials. x^p for two f64 at a time has a relative error below 1e-13
 * for |p·log2 x| ≤ 1000.
 */

import { at8 } from './state'

const LOG2_E: f64 = 1.4426950408889634
const LN_2: f64 = 0.6931471805599453
/** Adding 1.5·2^52 leaves the nearest integer in the low bits of the significand. */
const ROUND: f64 = 6755399441055744.0
const TWO_52: f64 = 4503599627370496.0

@inline function mulAdd(a: v128, b: v128, c: f64): v128 {
  return f64x2.add(f64x2.mul(a, b), f64x2.splat(c))
}

/** artanh s for |s| ≤ 0.1716, by the polynomial of degree 6 in s² that is closest to it (Remez): error 2e-16. */
@inline function artanhPair(s: v128): v128 {
  const z = f64x2.mul(s, s)
  let series = f64x2.splat(0.08419882151130473)
  series = mulAdd(series, z, 0.09060876743713209)
  series = mulAdd(series, z, 0.11111720188743036)
  series = mulAdd(series, z, 0.14285707967301817)
  series = mulAdd(series, z, 0.20000000031160625)
  series = mulAdd(series, z, 0.3333333333327575)
  series = mulAdd(series, z, 1.0000000000000002)
  return f64x2.mul(series, s)
}

@inline function log2Pair(x: v128): v128 {
  const one = f64x2.splat(1)
  const significand = v128.or(v128.and(x, i64x2.splat(0x000fffffffffffff)), i64x2.splat(0x3ff0000000000000))
  const high = f64x2.gt(significand, f64x2.splat(1.4142135623730951))
  // Above √2 halve the significand and raise the exponent, so that the series stays short on both sides of 1.
  const m = v128.bitselect(f64x2.mul(significand, f64x2.splat(0.5)), significand, high)
  const biased = v128.or(i64x2.shr_u(x, 52), i64x2.splat(0x4330000000000000))
  const exponent = f64x2.add(f64x2.sub(biased, f64x2.splat(TWO_52 + 1023)), v128.and(high, one))
  const s = f64x2.div(f64x2.sub(m, one), f64x2.add(m, one))
  return f64x2.add(exponent, f64x2.mul(artanhPair(s), f64x2.splat(2 * LOG2_E)))
}

/** (e^t − 1) / t for |t| ≤ 0.3466, by the polynomial of degree 9 that is closest to it (Remez): error 1.3e-15. */
@inline function expSeries(t: v128): v128 {
  let series = f64x2.splat(2.7632634208313613e-7)
  series = mulAdd(series, t, 2.763265680288107e-6)
  series = mulAdd(series, t, 2.48014873806987e-5)
  series = mulAdd(series, t, 0.00019841190613328143)
  series = mulAdd(series, t, 0.0013888888947776363)
  series = mulAdd(series, t, 0.008333333367333905)
  series = mulAdd(series, t, 0.04166666666652212)
  series = mulAdd(series, t, 0.166666666666156)
  series = mulAdd(series, t, 0.500000000000001)
  return mulAdd(series, t, 1.0000000000000013)
}

/** 2^y for −1020 ≤ y ≤ 1023. */
@inline function exp2Pair(y: v128): v128 {
  const shifted = f64x2.add(y, f64x2.splat(ROUND))
  const t = f64x2.mul(f64x2.sub(y, f64x2.sub(shifted, f64x2.splat(ROUND))), f64x2.splat(LN_2))
  const scale = i64x2.add(i64x2.shl(shifted, 52), i64x2.splat(0x3ff0000000000000))
  return f64x2.mul(mulAdd(expSeries(t), t, 1), scale)
}

@inline function lane(pair: v128): f64 {
  return f64x2.extract_lane(pair, 0)
}

/** x^p in both lanes; x is 0 or a normal number, p > 0. Results below 2^-1020 are 0. */
export function powPair(x: v128, p: f64): v128 {
  return powLanes(x, f64x2.splat(p))
}

@inline function powLanes(x: v128, p: v128): v128 {
  const y = f64x2.mul(log2Pair(x), p)
  const least = f64x2.splat(-1020)
  const large = v128.and(f64x2.ge(y, least), f64x2.ge(x, f64x2.splat(2.2250738585072014e-308)))
  return v128.and(exp2Pair(v128.bitselect(y, least, large)), large)
}

/** Raises the `count` values at `values` to p in place; the same bits as `powPair`. */
export function powAll(values: usize, count: u32, p: f64): void {
  const power = f64x2.splat(p)
  let i: u32 = 0
  for (; i + 4 <= count; i += 4) {
    // Two chains of dependent operations at a time hide each other's latency.
    const low = powLanes(v128.load(at8(values, i)), power)
    const high = powLanes(v128.load(at8(values, i), 16), power)
    v128.store(at8(values, i), low)
    v128.store(at8(values, i), high, 16)
  }
  for (; i < count; i++) store<f64>(at8(values, i), pow1(load<f64>(at8(values, i)), p))
}

/** x^p; the same bits as a lane of `powPair`. */
export function pow1(x: f64, p: f64): f64 {
  return lane(powPair(f64x2.splat(x), p))
}

/** ln x for a normal x > 0. */
export function ln(x: f64): f64 {
  return lane(log2Pair(f64x2.splat(x))) * LN_2
}

/** ln(1 + x) for x > −1, exact to the last bits also for small x. */
export function lnOnePlus(x: f64): f64 {
  return abs(x) < 0.25 ? 2 * lane(artanhPair(f64x2.splat(x / (2 + x)))) : ln(1 + x)
}

/** e^x; 0 below −700, the largest power of 2 above 700. */
export function exp(x: f64): f64 {
  return x < -700 ? 0 : lane(exp2Pair(f64x2.splat(min(x * LOG2_E, 1023))))
}

/** e^x − 1 for x ≤ 0, exact to the last bits also for small x. */
export function expMinusOne(x: f64): f64 {
  return x > -0.3 ? x * lane(expSeries(f64x2.splat(x))) : exp(x) - 1
}
