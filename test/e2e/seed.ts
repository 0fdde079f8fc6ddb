import { DatabaseSync } from 'node:sqlite'
import type { World } from '../harness/server.ts'

type Values = Record<string, null | number | string>

/** Puts messages below the last one of a conversation that has one of each role. Gives their ids, oldest first. */
export function seed(world: World, conversationId: string, count: number): string[] {
  const database = new DatabaseSync(world.server.databaseFile)
  const ids: string[] = []
  try {
    const template = (role: string) =>
      database
        .prepare('select * from messages where conversation_id = ? and role = ? limit 1')
        .get(conversationId, role) as Values
    const rows = { USER: template('USER'), ASSISTANT: template('ASSISTANT') }
    const head = database
      .prepare('select head_message_id as id from conversations where id = ?')
      .get(conversationId) as { id: string }
    let parent = head.id
    database.exec('begin')
    for (let index = 0; index < count; index++) {
      const isUser = index % 2 === 0
      const id = crypto.randomUUID()
      const row: Values = {
        ...rows[isUser ? 'USER' : 'ASSISTANT'],
        number: null,
        id,
        parent_id: parent,
        parts: JSON.stringify([{ id: '1', type: 'text', text: textOf(Math.floor(index / 2), isUser) }]),
        created_at: Date.now() + index,
        ...(isUser && { client_message_id: crypto.randomUUID() }),
      }
      const columns = Object.keys(row)
      const marks = columns.map(() => '?').join(', ')
      const values = Object.values(row)
      database.prepare(`insert into messages (${columns.join(', ')}) values (${marks})`).run(...values)
      ids.push(id)
      parent = id
    }
    database.prepare('update conversations set head_message_id = ? where id = ?').run(parent, conversationId)
    database.exec('commit')
  } finally {
    database.close()
  }
  return ids
}

function textOf(number: number, isUser: boolean): string {
  if (isUser) return `Pergunta ${number}.`
  return `Resposta ${number}\n\n${'Texto da resposta. '.repeat(number % 40)}`
}
