import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { AssistantListResponse, ErrorResponse } from '../../../src/protocol/responses.ts'
import { type Case, Skip } from '../case.ts'
import type { Session } from '../session.ts'
import { assertRefused } from './expect.ts'

const unknownPath = () => `/api/chat/conversations/${randomUUID()}`
const LANGUAGE = '`message` is in the language of `Accept-Language` (pt-BR, en, es; pt-BR by default).'

async function messageIn(session: Session, language?: string): Promise<string> {
  const answer = await session.client().get(unknownPath(), language ? { 'accept-language': language } : {})
  return answer.json<ErrorResponse>().message
}

/** Headers, and a plain tag that must give the same message. */
const LANGUAGES: [id: string, header: string | undefined, same: string][] = [
  ['language-default', undefined, 'pt-BR'],
  ['language-unknown', 'ja', 'pt-BR'],
  ['language-region', 'es-AR', 'es'],
  ['language-portugal', 'pt-PT', 'pt-BR'],
  ['language-order', 'en-GB,en;q=0.9', 'en'],
  ['language-weights', 'de, es;q=0.5, en;q=0.8', 'en'],
]

const languageCases: Case[] = LANGUAGES.map(([id, header, same]) => ({
  id,
  rule: LANGUAGE,
  async check(session) {
    assert.equal(await messageIn(session, header), await messageIn(session, same))
  },
}))

const errorCases: Case[] = [
  {
    id: 'error-shape',
    rule: '{"success":false,"code":"CONVERSATION_CLOSED","message":',
    async check(session) {
      const answer = await session.client().get(unknownPath())
      assert.match(String(answer.headers['content-type']), /^application\/json\b/)
      const { success, code, message, requestId, ...rest } = answer.json<ErrorResponse>()
      assert.deepEqual(
        [success, code, typeof message, typeof requestId],
        [false, 'NOT_FOUND', 'string', 'string'],
      )
      assert.ok(message.length > 0)
      assert.deepEqual(rest, {})
    },
  },
  {
    id: 'error-request-id',
    rule: '"requestId":"…"}',
    async check(session) {
      const client = session.client()
      const ids = new Set<string>()
      for (let asked = 0; asked < 3; asked++) {
        ids.add((await client.get(unknownPath())).json<ErrorResponse>().requestId)
      }
      assert.equal(ids.size, 3)
    },
  },
  {
    id: 'error-issues',
    rule: '`INVALID_REQUEST` adds `issues`',
    async check(session) {
      const answer = await session.client().post('/api/chat/conversations', { title: 7 })
      const { issues } = assertRefused(answer, 400, 'INVALID_REQUEST')
      assert.ok(
        issues?.some(issue => issue.startsWith('title: ')),
        `issues: ${JSON.stringify(issues)}`,
      )
    },
  },
  {
    id: 'language-chosen',
    rule: 'If the cookie `riacho_locale` holds one of these languages, it wins. Any other value in it is ignored.',
    async check(session) {
      const ask = async (cookie: string) => {
        const headers = { cookie, 'accept-language': 'en' }
        return (await session.client().get(unknownPath(), headers)).json<ErrorResponse>().message
      }
      assert.equal(await ask('riacho_locale=es'), await messageIn(session, 'es'))
      assert.equal(await ask('riacho_locale=xx'), await messageIn(session, 'en'))
    },
  },
  {
    id: 'language-three',
    rule: LANGUAGE,
    async check(session) {
      const messages = await Promise.all(['pt-BR', 'en', 'es'].map(language => messageIn(session, language)))
      assert.equal(new Set(messages).size, 3)
    },
  },
]

const serviceCases: Case[] = [
  {
    id: 'assistants',
    rule: '`200 {assistants, sharing}`',
    async check(session) {
      const answer = await session.client().get('/api/chat/assistants')
      assert.equal(answer.status, 200)
      const { assistants, sharing } = answer.json<AssistantListResponse>()
      assert.ok(['anyone', 'signed-in', 'off'].includes(sharing))
      assert.ok(assistants.length > 0)
      for (const { id, name, starters } of assistants) {
        assert.ok(id && name, 'an assistant has an id and a name')
        assert.ok(Array.isArray(starters))
      }
    },
  },
  {
    id: 'health',
    rule: '`200 {"status":"ok"}` while the process lives',
    async check(session) {
      const answer = await session.client().get('/api/health')
      assert.deepEqual([answer.status, answer.json()], [200, { status: 'ok' }])
    },
  },
  {
    id: 'ready',
    rule: '`200 {"status":"ready","provider":{"model","lastEnd"}}`, or `503` when it cannot take work',
    async check(session) {
      const answer = await session.client().get('/api/ready')
      const { status, provider } = answer.json<{
        status: string
        provider: { model: string; lastEnd: unknown }
      }>()
      assert.deepEqual([answer.status, status, typeof provider.model], [200, 'ready', 'string'])
      assert.ok('lastEnd' in provider, 'how the last run ended')
    },
  },
  {
    id: 'metrics',
    rule: 'Prometheus text',
    async check(session) {
      const answer = await session.client().get('/metrics')
      if (answer.status === 404) throw new Skip('a proxy keeps it from the outside')
      assert.equal(answer.status, 200)
      assert.match(String(answer.headers['content-type']), /^text\/plain\b/)
      assert.match(answer.text, /^# TYPE \w+ gauge$/m)
    },
  },
]

/** More requests than any server with a limit lets one person make. */
const MANY = 200

const slowCases: Case[] = [
  {
    id: 'heartbeat',
    rule: 'A comment line `: ` comes every 15 s from the start of the response.',
    last: true,
    async check(session) {
      await using live = await session.live()
      const timeout = AbortSignal.timeout(session.heartbeatWithin)
      timeout.addEventListener('abort', () => void live.stream.cut())
      await live.stream.find(() => live.stream.comments > 0)
      if (live.stream.comments > 0) return
      if (!timeout.aborted) throw new Skip('the reply ended before a heartbeat was due')
      assert.fail(`no comment within ${session.heartbeatWithin / 1000} s`)
    },
  },
  {
    id: 'rate-limit',
    rule: '`RATE_LIMITED`, `TOO_MANY_RUNS`, `LIMIT_REACHED`, `BUDGET_REACHED`, `GROUP_BUDGET_REACHED`, `SHUTTING_DOWN` and `STORAGE_UNAVAILABLE` add `retryAfter` (seconds) and the `Retry-After` header',
    last: true,
    async check(session) {
      const client = await session.owner()
      for (let asked = 0; asked < MANY; asked++) {
        const answer = await client.callOnce('POST', '/api/chat/send', { body: {} })
        if (answer.status !== 429) continue
        assertRefused(answer, 429, 'RATE_LIMITED')
        assert.match(String(answer.headers['retry-after']), /^[1-9]\d*$/)
        return
      }
      throw new Skip(`${MANY} requests were not too many`)
    },
  },
]

export const answerCases: Case[] = [...errorCases, ...languageCases, ...serviceCases, ...slowCases]
