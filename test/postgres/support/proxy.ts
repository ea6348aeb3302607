/**
 * A TCP proxy before a server: to cut connections, to let them hang, and to refuse new ones.
 *
 * @module
 */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** The proxy. */
export class TcpProxy {
  /** The URL of the database, through the proxy. */
  readonly url: string
  /** Bytes that clients have sent. */
  sent = 0
  /** Called with `sent` whenever it has grown. */
  onSent: ((sent: number) => void) | undefined
  private readonly server: Server
  private readonly pairs = new Set<readonly [Socket, Socket]>()
  private mode: 'accept' | 'refuse' | 'stall' = 'accept'

  private constructor(server: Server, url: string) {
    this.server = server
    this.url = url
  }

  /** Listens before the server of a URL; ends with the test. */
  static async before(target: string): Promise<TcpProxy> {
    const { hostname, port } = new URL(target)
    const server = createServer({ allowHalfOpen: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const through = new URL(target)
    through.hostname = '127.0.0.1'
    through.port = String((server.address() as AddressInfo).port)
    const proxy = new TcpProxy(server, through.href)
    server.on('connection', (client) =>
      proxy.join(client, connect({ host: hostname, port: Number(port), allowHalfOpen: true })),
    )
    onTestFinished(() => proxy.close())
    return proxy
  }

  /** Cuts every connection as if the machine between had failed: with a reset. */
  cut(): void {
    for (const pair of this.pairs) for (const socket of pair) socket.resetAndDestroy()
  }

  /** From now on nothing comes back, and nobody is told. */
  hang(): void {
    for (const [client, upstream] of this.pairs) {
      upstream.unpipe(client)
      upstream.resume()
    }
  }

  /** From now on nothing that clients send arrives, not even that they end. */
  hold(): void {
    for (const [client, upstream] of this.pairs) {
      client.unpipe(upstream)
      client.resume()
    }
  }

  /** Connections at this moment. */
  get open(): number {
    return this.pairs.size
  }

  /** New connections are reset, until `accept`. */
  refuse(): void {
    this.mode = 'refuse'
  }

  /** New connections are accepted and hear nothing, until `accept`. */
  stall(): void {
    this.mode = 'stall'
  }

  /** New connections are let through again. */
  accept(): void {
    this.mode = 'accept'
  }

  async close(): Promise<void> {
    this.cut()
    if (!this.server.listening) return
    this.server.close()
    await once(this.server, 'close')
  }

  private join(client: Socket, upstream: Socket): void {
    const pair = [client, upstream] as const
    this.pairs.add(pair)
    for (const socket of pair) {
      socket.on('error', () => {})
      socket.on('close', () => {
        this.pairs.delete(pair)
        for (const one of pair) one.destroy()
      })
    }
    if (this.mode === 'refuse') return this.cut()
    if (this.mode === 'stall') return
    client.on('data', (data) => {
      this.sent += data.length
      this.onSent?.(this.sent)
    })
    client.pipe(upstream)
    upstream.pipe(client)
  }
}
