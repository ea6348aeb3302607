import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeServer, hasServer } from '../support/databases.js'
import { type Client, embeddedClient, serverClient } from './clients.js'
import { PAGE, type Shown, shown } from './page.js'
import { printed } from './table.js'

const statements = shown()
const CLIENTS: [string, () => Promise<Client>, typeof describeServer][] = [
  ['a server', serverClient, describeServer],
  ['PGlite', embeddedClient, describe],
]
/** Capability: `psql` is installed. */
const hasPsql = hasServer && spawnSync('psql', ['--version']).status === 0
const SEPARATOR = '-- next --'

for (const [name, open, group] of CLIENTS) {
  group(`the page for analysts on ${name}`, () => {
    let client: Client | undefined
    beforeAll(async () => {
      client = await open()
    })
    afterAll(() => client?.close())

    test('prints what it shows', async () => {
      expect(statements.filter(({ output }) => output !== undefined).length).toBeGreaterThan(25)
      for (const { sql, output } of statements) {
        const found = await outputOf(client as Client, sql)
        if (output !== undefined) expect(found, sql).toBe(output)
      }
    })

    test('names every view', async () => {
      const { rows } = await (client as Client).run(`SELECT relname FROM pg_class
        WHERE relkind IN ('v', 'm') AND relnamespace = current_schema()::REGNAMESPACE`)
      const text = readFileSync(PAGE, 'utf8')
      expect(rows.length).toBeGreaterThanOrEqual(5)
      for (const [view] of rows) expect(text).toContain(`| \`${view}\``)
    })
  })
}

test.skipIf(!hasPsql)('psql prints the same', async () => {
  const client = await serverClient()
  const input = statements.map(({ sql }) => `${sql}\n\\echo '${SEPARATOR}'\n`).join('')
  const { stdout, stderr } = spawnSync('psql', ['-X', '-q', '-P', 'pager=off', client.url as string], {
    input,
    encoding: 'utf8',
    env: { ...process.env, PGOPTIONS: '' },
  })
  expect(stderr).toBe('')
  const outputs = stdout.split(`${SEPARATOR}\n`)
  for (const [i, { sql, output }] of statements.entries()) {
    if (output !== undefined) expect(withoutBlanks(outputs[i] as string), sql).toBe(output)
  }
  await client.close()
})

test('every statement that shows something is followed by it', () => {
  const silent = statements.filter(({ output }) => output === undefined).map(({ sql }: Shown) => sql.split(/[\s(;]/)[0])
  expect(silent).toEqual(['INSERT', 'SET', 'SELECT'])
})

async function outputOf(client: Client, sql: string): Promise<string> {
  return sql.startsWith('COPY') ? client.copy(sql.replace(/;$/, '')) : printed(await client.run(sql))
}

/** Lines end where their last word does, and an empty one behind a table is none. */
function withoutBlanks(output: string): string {
  return output.replace(/ +$/gm, '').replace(/\n\n$/, '\n')
}
