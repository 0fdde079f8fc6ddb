import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { partsOfFrames, type TestClient } from '../harness/client.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { startPostgres } from '../harness/postgres.ts'
import { startProtectedServer } from '../harness/protectedToolServer.ts'
import { startServer } from '../harness/server.ts'
import { throughForms } from '../harness/signInAtIssuer.ts'
import { isCall } from '../proof/view.ts'
import { createUpstream, type UpstreamRequest } from '../upstream/upstream.ts'

/** A model that calls a tool once, and then speaks. */
const callsOnce = (name: string) => (request: UpstreamRequest) =>
  JSON.stringify(request.body).includes('function_call_output')
    ? { tokens: ['Pronto.'] }
    : { calls: [{ name, arguments: '{}' }] }

async function callsOf(client: TestClient) {
  await using stream = await client.send({ content: 'Quem sou?' })
  const { status } = await stream.end()
  const [call] = partsOfFrames(stream.frames).filter(isCall)
  return { status, call, runId: stream.start.runId }
}

test('of two nodes that need new tokens at once one asks the issuer, and both go on', async () => {
  await using postgres = await startPostgres()
  await using folder = await temporaryFolder()
  await using upstream = await createUpstream()
  await using server = await startProtectedServer((own, { person }) => {
    own.registerTool('whoami', {}, () => ({ content: [{ type: 'text', text: `you are ${person}` }] }))
  })
  const tools = join(folder.path, 'tools.yaml')
  const calendar = { url: server.url, signin: true, approve: 'never' }
  await writeFile(tools, JSON.stringify({ servers: { calendar } }))
  const settings = { DATABASE_URL: await postgres.createDatabase(), TOOLS_FILE: tools, TITLES: 'words' }
  await using first = await startServer({ upstream, folder, settings })
  await using second = await startServer({ upstream, folder, settings })
  const [one, other] = [first.client(), second.client()]

  upstream.reply(callsOnce('calendar__sign_in'))
  const { call, runId } = await callsOf(one)
  const questionId = call?.questions?.[0]?.questionId
  const begun = await one.post(`/api/chat/runs/${runId}/questions/${questionId}/sign-in`)
  const { pathname, search } = new URL(await throughForms(JSON.parse(begun.text).url, 'ana', one.url))
  expect((await one.get(pathname + search)).status).toBe(200)
  upstream.reply(callsOnce('calendar__whoami'))
  const answers = [{ questionId, action: 'accept' }]
  await using rest = await one.decide(runId, { clientRunId: randomUUID(), answers })
  expect(await rest.end()).toMatchObject({ status: 'completed' })
  other.cookie = one.cookie
  for (const client of [one, other])
    expect((await callsOf(client)).call).toMatchObject({ content: 'you are ana' })

  const { issuer } = server
  const asked = () => issuer.asked.filter(each => each === 'POST /token').length
  for (let round = 0; round < 3; round++) {
    const before = asked()
    await (await issuer.provider.AccessToken.find(server.tokens.at(-1) ?? ''))?.destroy()
    const refused = server.tokens.length
    // The issuer answers once both nodes have been refused.
    issuer.before = async request => {
      if (request === 'POST /token')
        await expect.poll(() => server.tokens.length).toBeGreaterThan(refused + 1)
    }
    const both = await Promise.all([callsOf(one), callsOf(other)])
    for (const each of both) {
      expect(each).toMatchObject({
        status: 'completed',
        call: { status: 'completed', content: 'you are ana' },
      })
    }
    expect(asked()).toBe(before + 1)
  }
}, 120_000)
