/**
 * Powers, logarithms and exponentials, the same bits on every engine and without tables, which would outweigh the rest
 * of the module: ln by the series of artanh, exp by its own. x^p for two f64 at a time has a relative error below 1e-13
 * for |p·log2 x| ≤ 1000.
 */

const LOG2_E: f64 = 1.4426950408889634
const LN_2: f64 = 0.6931471805599453
/** Adding 1.5·2^52 leaves the nearest integer in the low bits of the significand. */
const ROUND: f64 = 6755399441055744.0
const TWO_52: f64 = 4503599627370496.0

@inline function mulAdd(a: v128, b: v128, c: f64): v128 {
  return f64x2.add(f64x2.mul(a, b), f64x2.splat(c))
}

/** artanh s for |s| ≤ 0.172. */
@inline function artanhPair(s: v128): v128 {
  const z = f64x2.mul(s, s)
  let series = f64x2.splat(1.0 / 19)
  series = mulAdd(series, z, 1.0 / 17)
  series = mulAdd(series, z, 1.0 / 15)
  series = mulAdd(series, z, 1.0 / 13)
  series = mulAdd(series, z, 1.0 / 11)
  series = mulAdd(series, z, 1.0 / 9)
  series = mulAdd(series, z, 1.0 / 7)
  series = mulAdd(series, z, 1.0 / 5)
  series = mulAdd(series, z, 1.0 / 3)
  series = mulAdd(series, z, 1)
  return f64x2.mul(series, s)
}

function log2Pair(x: v128): v128 {
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

/** (e^t − 1) / t for |t| ≤ 0.35. */
@inline function expSeries(t: v128): v128 {
  let series = f64x2.splat(1.0 / 6227020800)
  series = mulAdd(series, t, 1.0 / 479001600)
  series = mulAdd(series, t, 1.0 / 39916800)
  series = mulAdd(series, t, 1.0 / 3628800)
  series = mulAdd(series, t, 1.0 / 362880)
  series = mulAdd(series, t, 1.0 / 40320)
  series = mulAdd(series, t, 1.0 / 5040)
  series = mulAdd(series, t, 1.0 / 720)
  series = mulAdd(series, t, 1.0 / 120)
  series = mulAdd(series, t, 1.0 / 24)
  series = mulAdd(series, t, 1.0 / 6)
  series = mulAdd(series, t, 0.5)
  return mulAdd(series, t, 1)
}

/** 2^y for −1020 ≤ y ≤ 1023. */
function exp2Pair(y: v128): v128 {
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
  const y = f64x2.mul(log2Pair(x), f64x2.splat(p))
  const large = v128.and(f64x2.ge(y, f64x2.splat(-1020)), f64x2.ge(x, f64x2.splat(2.2250738585072014e-308)))
  return v128.and(exp2Pair(f64x2.max(y, f64x2.splat(-1020))), large)
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
