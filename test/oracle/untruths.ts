import { textOf } from '../../src/protocol/parts.ts'
import { TestClient } from '../harness/client.ts'
import type { Random } from '../harness/random.ts'
import { isPresent, type Model, type Modelled } from './model.ts'

const ROOT = '/api/chat/conversations'

interface Asked {
  client: TestClient
  model: Model
  erased: readonly { cookie: string; words: string[] }[]
  random: Random
}

/**
 * Asks the server in every way for a conversation that is there, for one that was deleted, and for an owner that was
 * erased, each drawn at random. Says what is wrong with the answers. Throws what a cut connection throws.
 */
export async function untruths({ client, model, erased, random }: Asked): Promise<string[]> {
  const present = [...model].filter(([, conversation]) => isPresent(conversation))
  const deleted = [...model].filter(([, conversation]) => !isPresent(conversation))
  const found: string[] = []
  if (present.length > 0) found.push(...(await aboutPresent(client, ...random.pick(present))))
  if (deleted.length > 0) found.push(...(await aboutDeleted(client, ...random.pick(deleted))))
  if (erased.length > 0) found.push(...(await aboutErased(client, random.pick(erased))))
  return found
}

async function aboutPresent(
  client: TestClient,
  title: string,
  { id, messages }: Modelled,
): Promise<string[]> {
  const found: string[] = []
  const { status, body } = await client.get(`${ROOT}/${id}`)
  if (status !== 200) return [`“${title}” is ${status}`]
  const words = body.messages.flatMap(({ role, parts }) => (role === 'USER' ? textOf(parts) : []))
  if (words.join() !== messages.map(({ word }) => word).join()) found.push(`“${title}” shows ${words}`)
  const exported = await client.get(`${ROOT}/${id}/export?format=json`)
  if (exported.status !== 200) found.push(`the export of “${title}” is ${exported.status}`)
  for (const { word } of messages) {
    const hits = await hitsOf(client, word)
    if (hits.messages !== 1) found.push(`the search finds ${word} ${hits.messages} times`)
  }
  return found
}

async function aboutDeleted(
  client: TestClient,
  title: string,
  { id, messages }: Modelled,
): Promise<string[]> {
  const found: string[] = []
  for (const path of [`${ROOT}/${id}`, `${ROOT}/${id}/export?format=json`]) {
    const { status } = await client.get(path)
    if (status !== 404) found.push(`“${title}” was deleted, and ${path} is ${status}`)
  }
  return [...found, ...(await stillFound(client, [title, ...messages.map(({ word }) => word)]))]
}

async function aboutErased(client: TestClient, erased: Asked['erased'][number]): Promise<string[]> {
  const found = await stillFound(client, erased.words)
  const old = () => Object.assign(new TestClient(client.url), { cookie: erased.cookie })
  const { text } = await old().get('/api/chat/export')
  if (JSON.parse(text).conversations.length > 0) found.push(`an erased owner has ${text}`)
  const { status } = await old().post(ROOT, { title: 'xq' })
  if (status !== 404) found.push(`an erased owner created a conversation: ${status}`)
  return found
}

async function stillFound(client: TestClient, words: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const word of words) {
    const { titles, messages } = await hitsOf(client, word)
    if (titles + messages > 0) found.push(`the search still finds ${word}`)
  }
  return found
}

async function hitsOf(client: TestClient, word: string): Promise<{ titles: number; messages: number }> {
  const { status, body, text } = await client.get(`/api/chat/search?query=${word}`)
  if (status !== 200) throw new Error(`search: ${status} ${text}`)
  return { titles: body.conversations.length, messages: body.hits.length }
}
