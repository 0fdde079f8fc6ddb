// Calls each tool of the server whose address is its argument, as a reply does. The public conformance suite of MCP starts it. Where
// the server wants a person to sign in, it goes where the browser of a person would go.
import { systemClock } from '../../src/server/clock.ts'
import { defineToolServers, type ToolServer } from '../../src/server/config/toolServers.ts'
import { AskPerson, type PersonAnswer, type ToolQuestion } from '../../src/server/generation/tools.ts'
import { ServerConnection } from '../../src/server/tools/mcp/serverConnection.ts'
import type { ServerTool } from '../../src/server/tools/mcp/serverTools.ts'
import type { Credentials } from '../../src/server/tools/signIn/credentials.ts'
import { createOAuth, type Grant, type KeptClients } from '../../src/server/tools/signIn/oauth.ts'
import { silentLogger } from './log.ts'

/** Where nobody listens: the client reads the address that a browser would be led to. */
const REDIRECT_URI = 'http://localhost:3000/api/chat/tool-servers/callback'
/** How often a person signs in again before giving up. */
const MOST_SIGN_INS = 3

const [url = ''] = process.argv.slice(2)
const { MCP_CONFORMANCE_SCENARIO = '', MCP_CONFORMANCE_CONTEXT = '{}' } = process.env
const { client_id: client, client_secret: secret } = JSON.parse(MCP_CONFORMANCE_CONTEXT)
const isGuarded = MCP_CONFORMANCE_SCENARIO.startsWith('auth/')
const [server] = defineToolServers({
  tested: {
    url,
    ...(isGuarded && { signin: client === undefined ? true : { client, ...(secret && { secret }) } }),
  },
})
if (!server) throw new Error('no server')

const oauth = createOAuth(server as ToolServer & { address: { url: string } })
const registered = new Map<string, Awaited<ReturnType<KeptClients['use']>>>()
const clients: KeptClients = {
  use: async issuer => registered.get(issuer),
  async store(issuer, known) {
    registered.set(issuer, known)
  },
  proved: async () => {},
  async forget(issuer) {
    registered.delete(issuer)
  },
}
let grant: Grant | undefined
const credentials: Credentials = {
  token: async () => grant?.tokens.access_token,
  async renew() {
    grant = grant && (await oauth.renew(grant, clients))
    return grant !== undefined
  },
  scope: () => grant?.tokens.scope,
  secrets: () => [],
}
let signIns = 0

/** Goes to the issuer and back, as a browser does. */
async function signIn({ signIn: challenge }: ToolQuestion): Promise<void> {
  if (!challenge || signIns++ === MOST_SIGN_INS) throw new Error('the server is not content with a sign-in')
  const facts = {
    redirectUri: REDIRECT_URI,
    documentUrl: 'https://conformance-test.local/client-metadata.json',
  }
  const state = 'a state of the client'
  const begun = await oauth.begin(challenge, { facts, state, clients })
  const answer = await fetch(begun.url, { redirect: 'manual' })
  const back = new URL(answer.headers.get('location') ?? '')
  if (back.searchParams.get('state') !== state) throw new Error('another state came back')
  grant = await oauth.finish(begun.begun, back.searchParams, clients)
}

/** A person who accepts every form as it is. */
async function ask({ fields = [] }: ToolQuestion): Promise<PersonAnswer> {
  const given = fields.flatMap(field => (field.default === undefined ? [] : [[field.name, field.default]]))
  return { action: 'accept', values: Object.fromEntries(given) }
}

async function call(tool: ServerTool): Promise<void> {
  const { properties = {} } = tool.parameters as { properties?: object }
  const args = Object.fromEntries(Object.keys(properties).map(name => [name, 2]))
  const { signal } = new AbortController()
  try {
    await tool.run(args, {
      ownerId: 'o',
      conversationId: 'c',
      callId: 'call',
      signal,
      onProgress() {},
      ask,
    })
  } catch (error) {
    if (!(error instanceof AskPerson)) throw error
    for (const question of error.questions) await signIn(question)
    if (!tool.isSignIn) await call(tool)
  }
}

const connection = new ServerConnection({
  server,
  network: undefined,
  clock: systemClock,
  logger: silentLogger,
  ...(isGuarded && { credentials }),
})
let tools = await connection.tools()
while (tools[0]?.isSignIn) {
  await call(tools[0])
  tools = await connection.tools({ isFresh: true })
}
if (connection.state.state !== 'ready') throw new Error(connection.state.reason)
for (const tool of tools) await call(tool)
await connection.close()
await oauth.close()
