import { randomUUID } from 'node:crypto'
import type { SessionListResponse } from '../../src/protocol/responses.ts'
import type { Route } from '../../src/server/http/defineRoute.ts'
import { createRoutes } from '../../src/server/http/routes/routes.ts'
import type { Answer, TestClient } from './client.ts'

/** Every route of the API. Only its data can be read, because there is no service behind it. */
export const ROUTES = createRoutes({} as Parameters<typeof createRoutes>[0], { adminReads: true })
/** Issuers belong to nobody. */
export const forOwners = ROUTES.filter(
  ({ access, path }) => !['anybody', 'guest', 'admin'].includes(access) && !path.includes('/issuers/'),
)
/** To everybody but administrators their paths are unknown. */
export const forAdministrators = ROUTES.filter(({ access }) => access === 'admin')
export const forEverybody = ROUTES.filter(({ access }) => access !== 'admin')

/** A word that only the owner may read. */
export const SECRET_WORD = 'jabuticaba'

/** What belongs to somebody, or ids that are like it and belong to nobody. */
export interface Ids {
  conversation: string
  message: string
  reply: string
  run: string
  share: string
  session: string
  file: string
}

/** Writes something with these headers, shares it, and gives back the ids. */
export async function writeWords(client: TestClient, headers: Record<string, string> = {}): Promise<Ids> {
  const file = await uploadWord(client, headers)
  const attachments = [{ fileId: file }]
  await using live = await client.send({ content: `O que é ${SECRET_WORD}?`, attachments }, headers)
  await live.end()
  const { conversationId, userMessageId, messageId, runId } = live.start
  const shared = await client.post(`/api/chat/conversations/${conversationId}/shares`, undefined, headers)
  const { text } = await client.get('/api/chat/sessions', headers)
  const { sessions } = JSON.parse(text) as SessionListResponse
  return {
    conversation: conversationId,
    message: userMessageId,
    reply: messageId,
    run: runId,
    share: shared.body.share.id,
    session: sessions[0]?.id ?? randomUUID(),
    file,
  }
}

const PIECE_HEADERS = { 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' }

async function uploadWord(client: TestClient, headers: Record<string, string>): Promise<string> {
  const bytes = Buffer.from(SECRET_WORD)
  const file = { name: 'segredo.txt', size: bytes.length, mediaType: 'text/plain' }
  const { body } = await client.post('/api/chat/files', file, headers)
  await client.call('PATCH', `/api/chat/files/${body.fileId}`, {
    body: bytes,
    headers: { ...headers, ...PIECE_HEADERS },
  })
  return body.fileId
}

export const unknownIds = (): Ids => ({
  conversation: randomUUID(),
  message: randomUUID(),
  reply: randomUUID(),
  run: randomUUID(),
  share: 'A'.repeat(24),
  session: randomUUID(),
  file: randomUUID(),
})

/** A valid request to a route, about these ids. */
export function requestTo({ method, path, body, bodyKind }: Route, ids: Ids) {
  const idAt: [RegExp, string][] = [
    [/runs\/:runId/, `runs/${ids.run}`],
    [/questions\/:questionId/, `questions/${ids.session}`],
    [/tool-servers\/:name/, 'tool-servers/nowhere'],
    [/sessions\/:sessionId/, `sessions/${ids.session}`],
    [/files\/:fileId/, `files/${ids.file}`],
    [/keys\/:keyId/, `keys/${ids.session}`],
    [/passkeys\/:passkeyId/, `passkeys/${ids.session}`],
    [/messages\/:id/, `messages/${ids.reply}`],
    [/(shares|shared)\/:id/, `$1/${ids.share}`],
    [/conversations\/:id/, `conversations/${ids.conversation}`],
    [/:accountId/, ids.conversation],
    [/:groupId/, ids.conversation],
    [/:invitationId/, ids.conversation],
    [/:conversationId/, ids.conversation],
    [/:ownerId/, ids.session],
    [/:assistantId/, 'riacho'],
    [/:providerId/, 'openai'],
    [/:place/, '1'],
  ]
  const named = idAt.reduce((address, [pattern, id]) => address.replace(pattern, id), path)
  const queries: Record<string, string> = {
    '/api/chat/search': `?query=${SECRET_WORD}`,
    '/api/chat/events': `?run=${ids.run}:0`,
    '/api/chat/tool-servers/callback': '?state=x&code=x',
    '/api/chat/conversations/:id/export': '?format=json',
    '/api/chat/conversations/:id/read-notice': '?at=1',
  }
  const bodies: Record<string, object> = {
    '/api/chat/send': { content: 'Oi', conversationId: ids.conversation },
    '/api/chat/runs': { userMessageId: ids.message },
    '/api/chat/runs/:runId/decisions': {
      decisions: [{ approvalId: ids.reply, decision: 'approve' }],
    },
    '/api/chat/runs/:runId/answers': { answers: [{ questionId: ids.reply, action: 'accept' }] },
    '/api/chat/conversations/:id/fork': { messageId: ids.reply },
    '/api/chat/messages/:id/feedback': { rating: 'up' },
    '/api/chat/account/passkeys': {
      name: 'Outra',
      credential: { id: 'x', type: 'public-key', response: { clientDataJSON: 'x', attestationObject: 'x' } },
    },
    '/api/admin/accounts/:accountId': { isDisabled: true },
    '/api/chat/account/read-link': { token: 'A'.repeat(43) },
    '/api/admin/invitations': { email: 'convidada@example.com' },
    '/api/admin/groups': { name: 'Grupo' },
    '/api/admin/groups/:groupId': { name: 'Grupo' },
    '/api/admin/assistants/:assistantId': { text: 'x' },
    '/api/admin/assistants/:assistantId/check': { text: 'x' },
    '/api/admin/providers/:providerId/test': { model: 'test-model' },
    '/api/chat/files': { name: 'a.txt', size: 1, mediaType: '' },
    PATCH: { title: 'Outro' },
    POST: {},
  }
  return {
    method,
    path: named + (queries[path] ?? ''),
    body: bodyKind ? Buffer.from(SECRET_WORD) : body && (bodies[path] ?? bodies[method]),
    headers: bodyKind ? PIECE_HEADERS : {},
  }
}

/** An answer without what differs each time. */
export function lasting({ status, headers, text }: Answer, ids: Ids) {
  const known = Object.values(ids).reduce((all, id) => all.replaceAll(id, '<id>'), text)
  return {
    status,
    type: headers['content-type'],
    cookie: headers['set-cookie']?.map(cookie => cookie.replace(/=[\w-]{43};/, '=…;')),
    authenticate: headers['www-authenticate'],
    owner: headers['riacho-owner'],
    text: known
      .replace(/"requestId":"[^"]+"/, '')
      .replace(/"challenge":"[^"]+"/, '')
      .replace(/"(exportedAt|createdAt|updatedAt|usedAt)":\d+/g, '')
      .replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, '<new>'),
  }
}
