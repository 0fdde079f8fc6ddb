import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createRiacho } from '../../src/riacho.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { PATIENT, runImport, startImport } from './importProcess.ts'

const CONVERSATIONS = 10
/** Each takes six transactions, so that a kill comes in the middle of one. */
const MESSAGES = 300

const chats = Array.from({ length: CONVERSATIONS }, (_, index) => ({
  uuid: `c${index}`,
  name: `Conversa ${index}`,
  created_at: '2024-01-01T00:00:00Z',
  chat_messages: Array.from({ length: MESSAGES }, (_, place) => ({
    uuid: `c${index}-${place}`,
    sender: place % 2 ? 'assistant' : 'human',
    text: `Mensagem ${place}`,
    created_at: '2024-01-01T00:00:00Z',
  })),
}))

test(
  'after kill -9 in the middle every conversation is whole or not there, and a new run adds the rest',
  PATIENT,
  async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'conversations.json')
    await writeFile(path, JSON.stringify(chats))
    const database = `file:${join(folder.path, 'riacho.db')}`
    const args = ['claude', path, '--owner', 'ana']
    const lengths = async () => {
      const riacho = createRiacho({ database })
      const { conversations } = await riacho.conversations.list({ owner: 'ana', limit: 100 })
      const read = await Promise.all(
        conversations.map(({ id }) => riacho.conversations.read({ owner: 'ana', id })),
      )
      await riacho.close()
      return read.map(({ messages }) => messages.length)
    }

    const child = startImport(args, { DATABASE_URL: database })
    let told = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      told += text
      if (/Importing: +[2-7]0 %/.test(told)) child.kill('SIGKILL')
    })
    await once(child, 'close')
    expect(child.signalCode).toBe('SIGKILL')
    const before = await lengths()
    expect(before.length).toBeGreaterThan(0)
    expect(before.length).toBeLessThan(CONVERSATIONS)
    expect(new Set(before)).toEqual(new Set([MESSAGES]))

    const again = await runImport(args, { DATABASE_URL: database })
    expect(again.report).toContain(`Imported ${CONVERSATIONS - before.length} conversations`)
    expect(again.report).toContain(`${before.length} conversations had been imported before`)
    expect(await lengths()).toEqual(Array.from({ length: CONVERSATIONS }, () => MESSAGES))
  },
)
