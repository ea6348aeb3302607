/**
 * An application that bundlers build: its worker keeps a stream on the origin private file system.
 */

globalThis.outcome = new Promise((resolve, reject) => {
  const worker = new Worker(new URL('./keeper.js', import.meta.url), { type: 'module' })
  worker.onmessage = ({ data }) => resolve(data)
  worker.onerror = reject
})
