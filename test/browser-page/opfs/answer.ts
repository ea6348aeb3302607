/**
 * A worker whose functions the test calls by name, through the page.
 *
 * @module
 */

/** Answers every message `[number, function, ...arguments]` with `[number, { value } | { error }]`. */
export function answer(functions: Record<string, (...given: never[]) => unknown>): void {
  addEventListener('message', async ({ data }) => {
    const [id, name, ...given] = data as [number, string, ...never[]]
    try {
      postMessage([id, { value: await functions[name]?.(...given) }])
    } catch (error) {
      postMessage([id, { error: described(error) }])
    }
  })
}

/** Tells the test something that it did not ask for: it ends up in `Tab.told`. */
export function tell(value: unknown): void {
  postMessage([0, value])
}

/** An error as plain data. */
export function described(error: unknown): Fault {
  const { name, message, code, retryable, details } = error as Fault
  return { name, message, code, retryable, details: JSON.parse(JSON.stringify(details ?? null)) }
}

/** What a test sees of an error. */
export interface Fault {
  name: string
  message: string
  code?: string | undefined
  retryable?: boolean | undefined
  details?: Record<string, unknown> | null | undefined
}
