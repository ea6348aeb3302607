/**
 * The worker that writes the journal of a shared stream in Node: the entry of its thread.
 *
 * @module
 */

import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { enter } from '../../threads/handle.js'
import { NodeDisk } from '../disk/node-disk.node.js'
import { nodeCrc32 } from '../journal/crc32.node.js'
import { JournalWriter } from '../journal/writer.js'
import { JournalThread } from './journal-thread.js'
import type { FromJournal, JournalOrders, ToJournal } from './messages.js'
import { SharedJournal } from './shared-journal.js'

/** Opens the journal, takes the place of the handle, and works until it is told to close. */
async function main(port: MessagePort, orders: JournalOrders & { folder: string }): Promise<void> {
  const { folder, handle, end, segmentBytes, durability } = orders
  const disk = new NodeDisk(folder)
  const reserve = durability === 'power-loss'
  const writer = new JournalWriter({ disk, crc32: nodeCrc32 }, end, { segmentBytes, reserve })
  const kernel = await enter(handle)
  const channel = {
    receive: () => receiveMessageOnPort(port)?.message as ToJournal | undefined,
    send: (message: FromJournal) => port.postMessage(message),
    turn: () => new Promise<void>((resolve) => setImmediate(resolve)),
  }
  const thread = new JournalThread(kernel, new SharedJournal(kernel, writer, durability), channel)
  channel.send({ kind: 'ready' })
  await thread.run()
  port.close()
}

// A rejection ends the thread with an error, which the opening thread hears.
void main(parentPort as MessagePort, workerData)
