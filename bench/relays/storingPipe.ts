import { randomUUID } from 'node:crypto'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { createParser } from 'eventsource-parser'

/**
 * Stores replies as HuggingChat does (`generation/writer.ts` of huggingface/chat-ui): each token goes to the reader at
 * once. What came in 200 ms goes to the database as one event, the whole text every 3 s, and a sign of life every 10 s.
 * A reply goes on if its reader leaves. HuggingChat uses MongoDB. Here it is SQLite, embedded in the process.
 */
const FLUSH_MS = 200
const WHOLE_TEXT_MS = 3000
const HEARTBEAT_MS = 10_000

const upstream = `${process.env['OPENAI_BASE_URL']}/responses`
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
const database = new DatabaseSync(process.env['DATABASE_FILE'] ?? ':memory:')
database.exec(`
  pragma journal_mode = wal;
  pragma synchronous = normal;
  create table messages (id text primary key, role text, content text, seq integer, updated_at integer);
  create table generations (id text primary key, message_id text, status text, seq integer, heartbeat_at integer);
  create table events (generation_id text, seq integer, event text, primary key (generation_id, seq));
`)
const statements = {
  message: database.prepare('insert into messages values (?, ?, ?, 0, ?)'),
  generation: database.prepare("insert into generations values (?, ?, 'running', 0, ?)"),
  event: database.prepare('insert into events values (?, ?, ?)'),
  text: database.prepare('update messages set content = ?, seq = ?, updated_at = ? where id = ?'),
  heartbeat: database.prepare('update generations set heartbeat_at = ?, seq = ? where id = ?'),
  end: database.prepare('update generations set status = ?, seq = ?, heartbeat_at = ? where id = ?'),
}

createServer((incoming, response) => {
  if (incoming.method !== 'POST') return void response.end()
  let body = ''
  incoming.setEncoding('utf8')
  incoming.on('data', piece => {
    body += piece
  })
  incoming.on('end', () => relay((JSON.parse(body) as { content: string }).content, response))
}).listen(Number(process.env['PORT']), '127.0.0.1')

function relay(content: string, response: ServerResponse): void {
  statements.message.run(randomUUID(), 'user', content, Date.now())
  const stored = new StoredReply()
  const body = JSON.stringify({ model: 'bench', input: content, stream: true })
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const outgoing = request(upstream, { method: 'POST', agent, headers }, reply =>
    pass(reply, response, stored),
  )
  outgoing.on('error', () => {
    stored.end('error')
    response.destroy()
  })
  outgoing.end(body)
}

function pass(reply: IncomingMessage, response: ServerResponse, stored: StoredReply): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  const parser = createParser({
    onEvent({ data }) {
      const { type, delta } = JSON.parse(data) as { type: string; delta?: string }
      if (type !== 'response.output_text.delta' || delta === undefined) return
      if (!response.closed) response.write(`data: ${JSON.stringify({ content: delta })}\n\n`)
      stored.push(delta)
    },
  })
  reply.setEncoding('utf8')
  reply.on('data', (piece: string) => parser.feed(piece))
  reply.on('end', () => {
    stored.end('done')
    response.end('event: end\ndata: {}\n\n')
  })
}

class StoredReply {
  readonly #id = randomUUID()
  readonly #messageId = randomUUID()
  readonly #timers = [
    setInterval(() => this.#storeText(), WHOLE_TEXT_MS),
    setInterval(() => statements.heartbeat.run(Date.now(), this.#seq, this.#id), HEARTBEAT_MS),
  ]
  #flush: NodeJS.Timeout | undefined
  #seq = 0
  #text = ''
  #pending = ''

  constructor() {
    const at = Date.now()
    statements.message.run(this.#messageId, 'assistant', '', at)
    statements.generation.run(this.#id, this.#messageId, at)
  }

  push(token: string): void {
    this.#text += token
    this.#pending += token
    this.#flush ??= setTimeout(() => this.#storePending(), FLUSH_MS)
  }

  end(status: string): void {
    for (const timer of this.#timers) clearInterval(timer)
    this.#storeText()
    statements.end.run(status, this.#seq, Date.now(), this.#id)
  }

  #storePending(): void {
    clearTimeout(this.#flush)
    this.#flush = undefined
    if (this.#pending === '') return
    const event = JSON.stringify({ type: 'stream', token: this.#pending })
    this.#pending = ''
    statements.event.run(this.#id, ++this.#seq, event)
  }

  #storeText(): void {
    this.#storePending()
    statements.text.run(this.#text, this.#seq, Date.now(), this.#messageId)
  }
}
