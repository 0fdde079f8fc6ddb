import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Part } from '../../src/protocol/parts.ts'
import { partsOfFrames, type TestClient, type TestStream } from '../harness/client.ts'
import { mount } from '../harness/mountedApp.ts'
import { type ProtectedServer, startProtectedServer } from '../harness/protectedToolServer.ts'
import { throughForms } from '../harness/signInAtIssuer.ts'

type Call = Extract<Part, { type: 'tool' }>

function callsOf(stream: TestStream) {
  return partsOfFrames(stream.frames).filter((part): part is Call => part.type === 'tool')
}

/** A server whose tool says who it thinks asks. */
const startCalendar = (options = {}) =>
  startProtectedServer((server, { person }) => {
    server.registerTool('whoami', { description: 'Says who asks.' }, () => ({
      content: [{ type: 'text', text: `you are ${person}` }],
    }))
  }, options)

const openApp = ({ url }: ProtectedServer) =>
  mount({ mcp: { calendar: { url, signin: true, approve: 'never' } } })

type App = Awaited<ReturnType<typeof openApp>>

/** Lets a model ask for a sign-in. */
async function askToSignIn(app: App, client: TestClient) {
  app.upstream.replyOnce({ calls: [{ name: 'calendar__sign_in', arguments: '{}' }] })
  const stream = await client.send({ content: 'O que tenho hoje?' })
  expect(await stream.end()).toMatchObject({ status: 'paused' })
  const [call] = callsOf(stream)
  const [question] = call?.questions ?? []
  if (!question) throw new Error('no question')
  await stream[Symbol.asyncDispose]()
  return { runId: stream.start.runId, questionId: question.questionId, call, start: stream.start }
}

type Asked = { runId: string; questionId: string }

/** Begins the sign-in that a question asks for. Gives the address at the issuer. */
async function begin(client: TestClient, { runId, questionId }: Asked): Promise<string> {
  const answer = await client.post(`/api/chat/runs/${runId}/questions/${questionId}/sign-in`)
  expect(answer.status, answer.text).toBe(200)
  return JSON.parse(answer.text).url
}

/** Signs in at the issuer as a browser does. Gives the path at which the browser comes back. */
async function comeBack(client: TestClient, url: string, login: string): Promise<string> {
  const { pathname, search } = new URL(await throughForms(url, login, client.url))
  return pathname + search
}

function accept(client: TestClient, { runId, questionId }: Asked) {
  return client.decide(runId, {
    clientRunId: randomUUID(),
    answers: [{ questionId, action: 'accept' }],
  })
}

async function signIn(client: TestClient, asked: Asked, login: string) {
  const answer = await client.get(await comeBack(client, await begin(client, asked), login))
  expect(answer.status, answer.text).toBe(200)
  return answer
}

test('a person signs in at a server, and the reply goes on with the tools of that person', async () => {
  await using server = await startCalendar()
  await using app = await openApp(server)
  const [ana, bruno] = [app.client(), app.client()]
  for (const [client, login] of [
    [ana, 'ana'],
    [bruno, 'bruno'],
  ] as const) {
    const asked = await askToSignIn(app, client)
    expect(asked.call).toMatchObject({ server: 'calendar', status: 'waiting' })
    expect(asked.call?.questions).toMatchObject([{ mode: 'sign-in' }])
    const page = await signIn(client, asked, login)
    expect(page.text).toContain('calendar')
    app.upstream.replyOnce({ calls: [{ name: 'calendar__whoami', arguments: '{}' }] })
    app.upstream.replyOnce({ tokens: ['Pronto.'] })
    await using rest = await accept(client, asked)
    expect(await rest.end()).toMatchObject({ status: 'completed' })
    expect(callsOf(rest)).toMatchObject([
      { tool: 'calendar__sign_in', status: 'completed', questions: [{ action: 'accept' }] },
      { tool: 'calendar__whoami', status: 'completed', content: `you are ${login}` },
    ])
  }
}, 60_000)
