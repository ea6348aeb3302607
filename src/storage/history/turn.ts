/**
 * Giving way to everything else that waits for the event loop.
 *
 * @module
 */

/** Resolves once the event loop has turned; a timer would take a thousand times as long. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve)
      return
    }
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })
}
