import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createUpstream } from '../test/upstream/upstream.ts'
import { BENCH } from './harness/processes.ts'
import { seedHistory } from './harness/seed.ts'
import { databaseOf, startRiacho } from './peers/riacho.ts'
import { number, table } from './report/format.ts'
import { learnOwner } from './scenarios/owner.ts'

/**
 * Asks each endpoint for the largest thing that it may handle, and prints the longest turn of the server's event loop
 * meanwhile. Exits with 1 if a turn takes longer than the rule allows. `--limit` sets another limit, for a machine that
 * does other things too.
 */
const { values } = parseArgs({ options: { limit: { type: 'string', default: '50' } } })
const LIMIT = Number(values.limit)
/** A conversation of 20 MB: 20 questions, 20 replies. */
const REPLY_LENGTH = 1_000_000
const MESSAGES = 40

mkdirSync(join(BENCH, 'data'), { recursive: true })
const folder = mkdtempSync(join(BENCH, 'data', 'turns-'))
const upstream = await createUpstream()
const options = { upstream: upstream.url, folder, log: join(folder, 'processes.log') }
const { ownerId, cookie } = await learnOwner(options)
const file = databaseOf(folder)
const large = { file, ownerId, messages: MESSAGES, reply: words(REPLY_LENGTH) }
const [id = ''] = await seedHistory({ ...large, conversations: 1 })
const [many = ''] = await seedHistory({ file, ownerId, conversations: 1, messages: 10_000 })
const markdown = { ...large, messages: 2, conversations: 1 }
const [lines = ''] = await seedHistory({ ...markdown, reply: `- a\n${'  b c d\n'.repeat(210_000)}` })
const [marks = ''] = await seedHistory({ ...markdown, reply: '[*_`<'.repeat(400_000) })
const turnsFile = join(folder, 'turns.json')
process.env['TURNS_FILE'] = turnsFile
const relay = await startRiacho(options, ['--import', join(BENCH, 'harness', 'turnsOnSignal.ts')])
let location = ''
const rows: { name: string; turn: number; took: number }[] = []

const root = '/api/chat/conversations'
console.error('seeded')
const reading = JSON.parse(await ask('GET', `${root}/${many}`))
const head = reading.conversation.headMessageId as string
const largeHead = JSON.parse(await ask('GET', `${root}/${id}`)).conversation.headMessageId as string
await measure('nothing', () => delay(500))
await measure('read 20 MB', () => ask('GET', `${root}/${id}`))
await measure('read 10,000 messages', () => ask('GET', `${root}/${many}`))
await measure('export 20 MB as Markdown', () => ask('GET', `${root}/${id}/export?format=markdown`))
await measure('export a list item of 210,000 lines', () =>
  ask('GET', `${root}/${lines}/export?format=markdown`),
)
await measure('export 2 MB of marks', () => ask('GET', `${root}/${marks}/export?format=markdown`))
await measure('export 20 MB as JSON', () => ask('GET', `${root}/${id}/export?format=json`))
await measure('export everything', () => ask('GET', '/api/chat/export'))
await measure('search', () => ask('GET', '/api/chat/search?query=a&limit=50'))
await measure('rename a conversation of 20 MB', () =>
  ask('PATCH', `${root}/${id}`, { title: 'x'.repeat(200) }),
)
const share = JSON.parse(await measure('share 20 MB', () => ask('POST', `${root}/${id}/shares`))).share.id
await measure('read a share of 20 MB', () => ask('GET', `/api/chat/shared/${share}`))
await measure('fork 20 MB', () => ask('POST', `${root}/${id}/fork`, { messageId: largeHead }))
await measure('fork 10,000 messages', () => ask('POST', `${root}/${many}/fork`, { messageId: head }))
// A letter of two bytes in 61: about 1 MiB.
const content = words(1_000_000)
await measure('send 1 MiB', () => ask('POST', '/api/chat/send', { content }))
await measure('send 1 MiB into 20 MB', () => ask('POST', '/api/chat/send', { conversationId: id, content }))
await measure('send into 10,000 messages', () =>
  ask('POST', '/api/chat/send', { conversationId: many, content: 'Oi' }),
)
upstream.replyOnce({ tokens: Array.from({ length: 20 }, () => words(100_000)), delayMs: 20 })
await measure('a reply of 2 MB', () => ask('POST', '/api/chat/send', { content: 'Oi' }))
await measure('replay it', () => ask('GET', location))
await measure('follow 1 run with others', () =>
  ask('GET', `/api/chat/events?run=${location.split('/')[4]}:0`),
)
await measure('erase everything', () => ask('DELETE', '/api/chat/owner'))

await relay.stop()
await upstream.close()
rmSync(folder, { recursive: true })
console.log(
  table(
    ['request', 'longest turn, ms', 'took, ms'],
    rows.map(({ name, turn, took }) => [name, number(turn), number(took)]),
  ),
)
process.exit(rows.some(({ turn }) => turn > LIMIT) ? 1 : 0)

/** Does `work`, and notes the longest turn of the server meanwhile. */
async function measure<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  await longestTurn()
  const before = performance.now()
  const result = await work()
  const took = performance.now() - before
  const turn = await longestTurn()
  rows.push({ name, turn, took })
  console.error(`${name}: ${number(turn)} ms`)
  return result
}

/** The longest turn since the last call. The server writes it to a file when it gets the signal. */
async function longestTurn(): Promise<number> {
  rmSync(turnsFile, { force: true })
  const [pid] = relay.pids()
  if (pid === undefined) throw new Error('the server has no process')
  process.kill(pid, 'SIGUSR2')
  for (;;) {
    await delay(5)
    try {
      return JSON.parse(readFileSync(turnsFile, 'utf8')).longest
    } catch {
      // Not written yet.
    }
  }
}

function ask(method: string, path: string, body?: object): Promise<string> {
  const headers = { cookie, ...(body && { 'content-type': 'application/json' }) }
  return new Promise((resolve, reject) => {
    const asked = request({ port: relay.port, method, path, headers }, response => {
      location = response.headers.location ?? location
      let text = ''
      response.setEncoding('utf8').on('data', piece => {
        text += piece
      })
      response.on('end', () =>
        (response.statusCode ?? 0) < 300 ? resolve(text) : reject(new Error(`${path}: ${text}`)),
      )
      response.on('error', reject)
    })
    asked.on('error', reject)
    asked.end(body && JSON.stringify(body))
  })
}

function words(length: number): string {
  return 'água pedra vento chuva noite caminho janela livro mesa ponte '
    .repeat(length / 61 + 1)
    .slice(0, length)
}
