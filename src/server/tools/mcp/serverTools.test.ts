import { expect, test } from 'vitest'
import { defineToolServers } from '../../config/toolServers.ts'
import { serverTools } from './serverTools.ts'

const [server] = defineToolServers({ own: { url: 'http://localhost:1/' } })

function digestOf(tool: Partial<Parameters<typeof serverTools>[1]['listed'][number]>): string {
  if (!server) throw new Error('no server')
  const listed = [{ name: 'read', inputSchema: { type: 'object' as const }, ...tool }]
  const call = async () => ({ content: '' })
  const [first] = serverTools(server, { listed, hide: text => text, call }).tools
  return first?.digest ?? 'left out'
}

const schema = { type: 'object' as const, properties: { a: { type: 'string' }, b: { type: 'number' } } }

test('what a person approves is the server, the name, the title, the description and the arguments', () => {
  const digests = [
    digestOf({}),
    digestOf({ name: 'other' }),
    digestOf({ title: 'Read' }),
    digestOf({ description: 'Reads.' }),
    digestOf({ inputSchema: schema }),
    digestOf({ inputSchema: { ...schema, required: ['a'] } }),
  ]
  expect(new Set(digests).size).toBe(digests.length)
})

test('keys in another order are the same definition', () => {
  const { a, b } = schema.properties
  expect(digestOf({ inputSchema: { properties: { b, a }, type: 'object' } })).toBe(
    digestOf({ inputSchema: schema }),
  )
})

test('names that the server does not have are told, from each list of the operator', () => {
  const url = 'http://localhost:1/'
  const lists = { tools: ['read', 'raed'], without: ['wirte'], approve: ['read', 'sned', 'raed'] }
  const [named] = defineToolServers({ own: { url, ...lists } })
  if (!named) throw new Error('no server')
  const listed = [{ name: 'read', inputSchema: { type: 'object' as const } }]
  const given = { listed, hide: (text: string) => text, call: async () => ({ content: '' }) }
  expect(serverTools(named, given).unknown).toEqual(['raed', 'wirte', 'sned'])
  const [free] = defineToolServers({ own: { url, approve: 'always' } })
  expect(free && serverTools(free, given).unknown).toEqual([])
})

test('a definition that is very long is left out', () => {
  expect(digestOf({ description: 'x'.repeat(20_000) })).toBe('left out')
})

test('only the operator says which tools may be called again, whatever the server hints', () => {
  const listed = ['read', 'write'].map(name => ({
    name,
    inputSchema: { type: 'object' as const },
    annotations: { readOnlyHint: true, idempotentHint: true },
  }))
  const repeatable = (given?: boolean | string[]) => {
    const url = 'http://localhost:1/'
    const servers = defineToolServers({ own: { url, trusted: true, ...(given && { repeatable: given }) } })
    const call = async () => ({ content: '' })
    return servers
      .flatMap(each => serverTools(each, { listed, hide: text => text, call }).tools)
      .flatMap(({ nameThere, isRepeatable }) => (isRepeatable ? nameThere : []))
  }
  expect(repeatable()).toEqual([])
  expect(repeatable(true)).toEqual(['read', 'write'])
  expect(repeatable(['read'])).toEqual(['read'])
})
