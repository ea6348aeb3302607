/**
 * The module's bytes from the text that the build made of them: 88 printable characters stand for a byte modulo 88, a
 * prefix before them for the rest. Whole bytes stay whole, so that the text compresses as the module does, which base64
 * prevents.
 *
 * @module
 */

/** Characters that end or escape a string literal, and the two prefixes. */
const EXCLUDED = '"\'\\`$!~'

/** The bytes of a text that `scripts/build.mjs` made. */
export function moduleBytes(text: string): Uint8Array<ArrayBuffer> {
  const values = new Uint8Array(128)
  let count = 0
  for (let code = 32; code < 127; code++) {
    if (!EXCLUDED.includes(String.fromCharCode(code))) values[code] = count++
  }
  const bytes = new Uint8Array(text.length)
  let length = 0
  let upper = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x21) upper = count
    else if (code === 0x7e) upper = 2 * count
    else {
      bytes[length++] = upper + (values[code] as number)
      upper = 0
    }
  }
  return bytes.slice(0, length)
}
