import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../harness/folder.ts'
import { type PostgresServer, startPostgres } from '../harness/postgres.ts'
import { settingsOf, startServer } from '../harness/server.ts'
import { ledgerTools, readLedger } from '../proof/ledger.ts'
import { MortalServer, nextPort } from '../proof/mortalServer.ts'
import { isCall } from '../proof/view.ts'
import { createUpstream } from '../upstream/upstream.ts'

let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres[Symbol.asyncDispose]())

test.each([
  { name: 'repete', made: 2, status: 'completed', call: { status: 'completed', attempt: 2 } },
  { name: 'conta', made: 1, status: 'interrupted', call: { status: 'unknown', attempt: 1 } },
])(
  'a node dies in the middle of a call of $name, and the call is made $made times',
  async expected => {
    await using upstream = await createUpstream()
    await using folder = await temporaryFolder()
    const ledgerFile = join(folder.path, 'ledger')
    const settings = { DATABASE_URL: await postgres.createDatabase(), TITLES: 'words' }
    await using other = await startServer({ upstream, settings, tools: ledgerTools(ledgerFile) })
    const port = nextPort()
    const ledger = { LEDGER: ledgerFile, LEDGER_HOLDS: 'true', PORT: String(port) }
    await using mortal = new MortalServer({ ...settingsOf({ upstream, settings }, folder), ...ledger }, port)
    await mortal.start()
    const [client, survivor] = [mortal.client(), other.client()]
    await client.get('/api/chat/conversations')
    survivor.cookie = client.cookie

    upstream.replyOnce({ tokens: [], calls: [{ name: expected.name, arguments: '{"linha":"uma"}' }] })
    upstream.reply({ tokens: ['Está', ' bem.'] })
    await using stream = await client.send({ content: 'Escreva' })
    const { conversationId, runId } = stream.start
    await expect.poll(() => readLedger(ledgerFile).length, { timeout: 20_000 }).toBe(1)
    await using reader = await survivor.follow(runId)
    await mortal.kill()

    expect(await reader.end()).toMatchObject({ status: expected.status })
    const { body } = await survivor.get(`/api/chat/conversations/${conversationId}`)
    const calls = body.messages.flatMap(({ parts }) => parts).filter(isCall)
    expect(calls).toMatchObject([{ tool: expected.name, ...expected.call }])
    const made = readLedger(ledgerFile).map(({ callId }) => callId)
    expect(made).toEqual(Array(expected.made).fill(calls[0]?.callId))
  },
  60_000,
)
