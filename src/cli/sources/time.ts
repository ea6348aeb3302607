/**
 * Calendar time to Unix microseconds, without `Date`, whose parser depends on the machine's time zone and accepts days
 * that do not exist.
 *
 * @module
 */

const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
const DAYS_TO_1970 = 719_162
const LARGEST_OFFSET_MINUTES = 15 * 60

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:[Zz]|([+-])(\d{2}):?(\d{2}))?)?$/

/**
 * Unix time in µs of a moment in the Gregorian calendar.
 *
 * @param month 1 to 12
 * @param second 0 to 60; 60 is the first second of the next minute
 * @param offsetMinutes what the clock is ahead of UTC
 * @returns `undefined` if there is no such moment, or it lies before 1970
 */
export function unixMicros(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  offsetMinutes: number,
): number | undefined {
  if (!(month >= 1 && month <= 12 && day >= 1 && hour <= 23 && minute <= 59 && second <= 60)) return undefined
  if (!(Math.abs(offsetMinutes) <= LARGEST_OFFSET_MINUTES)) return undefined
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const monthDays = month === 2 ? (leap ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
  if (day > monthDays) return undefined
  const before = year - 1
  const days =
    before * 365 +
    Math.floor(before / 4) -
    Math.floor(before / 100) +
    Math.floor(before / 400) +
    (DAYS_BEFORE_MONTH[month - 1] as number) +
    (leap && month > 2 ? 1 : 0) +
    day -
    1 -
    DAYS_TO_1970
  const seconds = ((days * 24 + hour) * 60 + minute - offsetMinutes) * 60 + second
  return seconds >= 0 ? seconds * 1e6 : undefined
}

/**
 * Unix time in µs of an ISO 8601 date, or date and time. A time without a zone is UTC; digits beyond µs are cut off.
 *
 * @returns `undefined` if the text is not of that form, or the moment does not exist
 */
export function isoMicros(text: string): number | undefined {
  const match = ISO.exec(text.trim())
  if (match === null) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', sign, offHour, offMinute] = match
  const offset = sign === undefined ? 0 : (Number(offHour) * 60 + Number(offMinute)) * (sign === '-' ? -1 : 1)
  const whole = unixMicros(
    Number(year),
    Number(month),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    offset,
  )
  return whole === undefined ? undefined : whole + Number(fraction.padEnd(6, '0').slice(0, 6))
}
