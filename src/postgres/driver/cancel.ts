/**
 * Cancels what a connection is doing, by a CancelRequest of the protocol: a connection of its own that needs no room in
 * the pool or in the server and no password.
 *
 * @module
 */

import { connect } from 'node:net'
import type { PoolClient } from 'pg'

const CANCEL_CODE = 80877102
const TIMEOUT_MS = 5000

/** Resolves once the server has taken the request, which says nothing about when the statement ends. */
export function cancelRequest(client: PoolClient): Promise<void> {
  const { processID, secretKey, host, port } = client as unknown as {
    processID: number
    secretKey: number
    host: string
    port: number
  }
  const request = Buffer.alloc(16)
  request.writeInt32BE(16, 0)
  request.writeInt32BE(CANCEL_CODE, 4)
  request.writeInt32BE(processID, 8)
  request.writeInt32BE(secretKey, 12)
  return new Promise((resolve, reject) => {
    const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host)
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no answer to a cancel request')))
    socket.once('connect', () => socket.end(request))
    socket.once('error', reject)
    socket.once('close', () => resolve())
    socket.resume()
  })
}
