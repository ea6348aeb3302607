/**
 * Subject: events in PostgreSQL: how fast they get there behind the journal and what they take, how fast they are found
 * again, rewards that come late, and what the writer notices of it.
 *
 * A server with the durable settings of `postgres/server.ts`; its data and the journal are on the disk of the temporary
 * folder. Where no server can run there is one row that says so.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Subject } from '../harness/subject.js'
import { runSubject } from '../harness/subject.js'
import { embedded } from '../postgres/embedded.js'
import { following } from '../postgres/following.js'
import { queries } from '../postgres/queries.js'
import { BenchServer } from '../postgres/server.js'
import { corrections, enqueue } from '../postgres/writing.js'

const VARIANTS: Record<string, (subject: Subject, server: BenchServer, folder: string) => Promise<void>> = {
  ingest: (subject, server, folder) => following(subject, server, folder, 'ingest'),
  analytics: (subject, server, folder) => following(subject, server, folder, 'analytics'),
  queries,
  corrections,
  enqueue,
}
const EMBEDDED = 'PGlite'

runSubject(async (subject) => {
  const { variant = '', quick } = subject.job
  const run = VARIANTS[variant]
  if (run === undefined && variant !== EMBEDDED) throw new Error(`there is no variant ${variant}`)
  const folder = mkdtempSync(join(tmpdir(), 'bench-postgres-'))
  try {
    if (run === undefined) return await embedded(subject, join(folder, 'embedded'))
    const server = await BenchServer.start(quick)
    if (typeof server !== 'string') {
      await using _ = server
      return await run(subject, server, join(folder, variant))
    }
    process.stderr.write(`NO POSTGRESQL: ${variant} is not measured; ${server}\n`)
    const name = `${variant}: not measured, there is no server`
    subject.figure({ name, unit: 'count', includes: server }, [0])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
