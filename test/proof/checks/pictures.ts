import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Part } from '../../../src/protocol/parts.ts'
import { isPicture } from '../view.ts'
import type { StoredRows } from './storedRows.ts'

/**
 * What is wrong with the files of messages: whatever a message names is its own, stays as long as it, and has its bytes in the
 * store. Bytes that nobody knows are there no more.
 */
export async function wrongFiles(filesFolder: string, rows: StoredRows): Promise<string[]> {
  const files = await rows.all('select id, stored_as, due_at, size from files')
  const byId = new Map(files.map(file => [String(file['id']), file]))
  const claims = await rows.all('select message_id, file_id from message_files')
  const claimed = new Set(claims.map(row => `${row['message_id']} ${row['file_id']}`))
  const messages = await rows.all(
    `select id, parts from messages where parts like '%"type":"image"%' or parts like '%"files":[%'`,
  )
  const found: string[] = []
  for (const { id, parts } of messages) {
    for (const { fileId, what } of filesIn(JSON.parse(String(parts)) as Part[])) {
      const wrong = (how: string) => found.push(`${what} ${fileId} of message ${id} ${how}`)
      const file = byId.get(fileId)
      if (!file) wrong('is gone')
      else if (file['due_at'] !== null) wrong('is due to go')
      else if (!claimed.has(`${id} ${fileId}`)) wrong('is not of this message')
      else if (!hasBytes(filesFolder, file)) wrong('has no bytes')
    }
  }
  return found
}

function filesIn(parts: readonly Part[]): { fileId: string; what: string }[] {
  return parts.flatMap(part => {
    if (isPicture(part)) return part.version === 0 ? [] : [{ fileId: part.fileId, what: 'picture' }]
    if (part.type !== 'tool') return []
    return (part.files ?? []).map(({ fileId }) => ({ fileId, what: 'file' }))
  })
}

function hasBytes(folder: string, file: Record<string, unknown>): boolean {
  const path = join(folder, String(file['stored_as']))
  return existsSync(path) && statSync(path).size === Number(file['size'])
}
