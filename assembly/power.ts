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
const SQRT_HALF_BITS: i64 = 0x3fe6a09e667f3bcd
const ONE_BITS: i64 = 0x3ff0000000000000
const EXPONENT_BITS: i64 = 0x7ff0000000000000

/**
 * Coefficients of the minimax polynomials, highest power first (computed by Remez' algorithm): of (artanh s / s − 1) /
 * s² in s², relative error of artanh 2e-16, and of ((e^t − 1) / t − 1) / t in t, relative error of e^t 3e-16. They
 * stand in memory because a splat from there is one instruction, and one of a literal three. Even and odd powers are
 * summed apart, which halves the chain of dependent steps.
 */
const ARTANH = memory.data<f64>([
  0.08410672831180856, 0.09061760600576223, 0.1111168762506815, 0.14285708541337233, 0.20000000026271011,
  0.3333333333329336, 1,
])
const EXP = memory.data<f64>([
  2.7635604966663953e-07, 2.7635303111459512e-06, 2.4801478123851002e-05, 0.00019841184478823845,
  0.0013888888957722001, 0.008333333371438354, 0.04166666666648041, 0.16666666666610283, 0.5000000000000016, 1,
])

@inline function next(sum: v128, x: v128, coefficient: usize): v128 {
  return f64x2.add(f64x2.mul(sum, x), v128.load64_splat(coefficient))
}

/** artanh s for |s| ≤ 0.172. */
@inline function artanhPair(s: v128): v128 {
  const z = f64x2.mul(s, s)
  const zz = f64x2.mul(z, z)
  let even = next(v128.load64_splat(ARTANH), zz, ARTANH + 16)
  let odd = next(v128.load64_splat(ARTANH + 8), zz, ARTANH + 24)
  even = next(even, zz, ARTANH + 32)
  odd = next(odd, zz, ARTANH + 40)
  even = next(even, zz, ARTANH + 48)
  return f64x2.mul(f64x2.add(f64x2.mul(odd, z), even), s)
}

@inline function log2Pair(x: v128): v128 {
  // The biased exponent of x / √½, so that the significand lies in [√½, √2) and the series stays short.
  const shifted = i64x2.add(x, i64x2.splat(ONE_BITS - SQRT_HALF_BITS))
  const m = i64x2.sub(x, i64x2.sub(v128.and(shifted, i64x2.splat(EXPONENT_BITS)), i64x2.splat(ONE_BITS)))
  const biased = v128.or(i64x2.shr_u(shifted, 52), i64x2.splat(0x4330000000000000))
  const exponent = f64x2.sub(biased, f64x2.splat(TWO_52 + 1023))
  const one = f64x2.splat(1)
  const s = f64x2.div(f64x2.sub(m, one), f64x2.add(m, one))
  return f64x2.add(exponent, f64x2.mul(artanhPair(s), f64x2.splat(2 * LOG2_E)))
}

/** (e^t − 1) / t for |t| ≤ 0.347. */
@inline function expSeries(t: v128): v128 {
  const tt = f64x2.mul(t, t)
  let odd = next(v128.load64_splat(EXP), tt, EXP + 16)
  let even = next(v128.load64_splat(EXP + 8), tt, EXP + 24)
  odd = next(odd, tt, EXP + 32)
  even = next(even, tt, EXP + 40)
  odd = next(odd, tt, EXP + 48)
  even = next(even, tt, EXP + 56)
  odd = next(odd, tt, EXP + 64)
  even = next(even, tt, EXP + 72)
  return f64x2.add(f64x2.mul(odd, t), even)
}

/** 2^y for −1020 ≤ y ≤ 1023. */
@inline function exp2Pair(y: v128): v128 {
  const shifted = f64x2.add(y, f64x2.splat(ROUND))
  const t = f64x2.mul(f64x2.sub(y, f64x2.sub(shifted, f64x2.splat(ROUND))), f64x2.splat(LN_2))
  const scale = i64x2.add(i64x2.shl(shifted, 52), i64x2.splat(ONE_BITS))
  return f64x2.mul(f64x2.add(f64x2.mul(expSeries(t), t), f64x2.splat(1)), scale)
}

@inline function lane(pair: v128): f64 {
  return f64x2.extract_lane(pair, 0)
}

/** x^p in both lanes; x is 0 or a normal number, p > 0. Results below 2^-1020 are 0. */
@inline export function powPair(x: v128, p: f64): v128 {
  const y = f64x2.mul(log2Pair(x), f64x2.splat(p))
  const large = v128.and(f64x2.ge(y, f64x2.splat(-1020)), f64x2.ge(x, f64x2.splat(2.2250738585072014e-308)))
  return v128.and(exp2Pair(f64x2.pmax(y, f64x2.splat(-1020))), large)
}

/** x^p of the eight f64 at `address`, in place. */
export function pow8(address: usize, p: f64): void {
  // Four at a time: their chains of dependent steps run side by side.
  const a = powPair(v128.load(address), p)
  const b = powPair(v128.load(address, 16), p)
  const c = powPair(v128.load(address, 32), p)
  const d = powPair(v128.load(address, 48), p)
  v128.store(address, a)
  v128.store(address, b, 16)
  v128.store(address, c, 32)
  v128.store(address, d, 48)
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
