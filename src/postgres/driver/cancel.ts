/**
 * Cancels what a connection is doing, by a CancelRequest of the protocol: a connection of its own that needs no room in
 * the pool or in the server and no password, encrypted where the other one is.
 *
 * @module
 */

import type { PoolClient } from 'pg'
import type { PgLibrary } from './libraries.js'

const TIMEOUT_MS = 2000

interface Target {
  readonly processID: number
  readonly secretKey: number
  readonly host: string
  readonly port: number
  readonly ssl: boolean | object
  readonly sslNegotiation?: string
}

interface CancelConnection {
  readonly stream: { destroy(): void }
  on(event: 'error', listener: () => void): void
  once(event: 'connect' | 'sslconnect' | 'end', listener: () => void): void
  connect(port: number | string, host?: string): void
  requestSsl(): void
  cancel(processID: number, secretKey: number): void
}

/**
 * Resolves once the server has passed the request on to the statement, which ends a little later; a request that cannot be
 * made resolves too.
 */
export function cancelRequest(pg: PgLibrary, client: PoolClient): Promise<void> {
  const { processID, secretKey, host, port, ssl, sslNegotiation } = client as unknown as Target
  const connection = new pg.Connection({ ssl, sslNegotiation } as never) as unknown as CancelConnection
  const send = (): void => connection.cancel(processID, secretKey)
  return new Promise((resolve) => {
    const timer = setTimeout(() => connection.stream.destroy(), TIMEOUT_MS)
    connection.once('end', () => {
      clearTimeout(timer)
      resolve()
    })
    connection.on('error', () => connection.stream.destroy())
    if (!ssl) connection.once('connect', send)
    else if (sslNegotiation !== 'direct') connection.once('connect', () => connection.requestSsl())
    connection.once('sslconnect', send)
    if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`)
    else connection.connect(port, host)
  })
}
