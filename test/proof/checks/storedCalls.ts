import type { Part } from '../../../src/protocol/parts.ts'
import { type Call, isCall } from '../view.ts'
import type { StoredRows } from './storedRows.ts'

/** A call of a stored message. */
export interface StoredCall {
  call: Call
  messageId: string
  /** How the run ended that wrote the message. */
  runStatus: string
}

/** All calls of all messages. */
export async function storedCalls(rows: StoredRows): Promise<StoredCall[]> {
  const found = await rows.all(
    `select message.id, message.parts, run.status from messages message join runs run on run.id = message.run_id
     where message.parts like '%"type":"tool"%'`,
  )
  return found.flatMap(({ id, parts, status }) =>
    (JSON.parse(String(parts)) as Part[])
      .filter(isCall)
      .map(call => ({ call, messageId: String(id), runStatus: String(status) })),
  )
}
