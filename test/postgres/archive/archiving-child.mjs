/**
 * A process that archives a database and kills itself behind a chosen call to it. Arguments: the URL, the directory, what
 * is due in µs, and the number of the call.
 *
 * @module
 */

import { FileArchive } from '../../../dist/postgres/archive/file-archive.js'
import { connectServer } from '../../../dist/postgres/driver/server.js'

/** @typedef {import('../../../src/postgres/driver/driver.js').SqlSession} Session */

const [url = '', directory = '', endUs, last] = process.argv.slice(2)
const driver = await connectServer(url)
let calls = 0

/**
 * @template T
 * @param {() => Promise<T>} call
 * @returns {Promise<T>}
 */
async function counted(call) {
  const result = await call()
  if (calls++ === Number(last)) process.kill(process.pid, 'SIGKILL')
  return result
}

/** @type {(session: Session) => Session} */
const dying = (session) => ({
  query: (sql, values) => counted(() => session.query(sql, values)),
  run: (sql) => counted(() => session.run(sql)),
  copyIn: (sql, pieces) => counted(() => session.copyIn(sql, pieces)),
  copyOut: (sql) => counted(() => session.copyOut(sql)),
})

/** @type {import('../../../src/postgres/driver/driver.js').SqlDriver} */
const mortal = {
  kind: driver.kind,
  capabilities: driver.capabilities,
  address: driver.address,
  query: (sql, values, options) => counted(() => driver.query(sql, values, options)),
  session: (work, options) => driver.session((session) => work(dying(session)), options),
  transaction: (work, options) => counted(() => driver.transaction((session) => work(dying(session)), options)),
  close: () => driver.close(),
}

const archive = new FileArchive(mortal, { directory, fileEvents: 8, keepReplacedMs: 0 })
await archive.archive(Number(endUs))
await archive.close()
await driver.close()
console.log(calls)
