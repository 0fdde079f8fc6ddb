import type { Client } from 'pg'
import { beginLong, type CopyState, storeState } from './target.ts'

const INDEX = 'message_index_by_word'

/**
 * Drops the index of words, because it costs far less to build it once than to keep it in order through the copy. The state
 * keeps its definition.
 */
export async function dropWordIndex(client: Client, state: CopyState): Promise<void> {
  const { rows } = await client.query<{ definition: string | null }>(
    'select pg_get_indexdef(to_regclass($1)) as definition',
    [INDEX],
  )
  const definition = rows[0]?.definition
  if (!definition) return
  state.wordIndex = definition
  await beginLong(client)
  await client.query(`drop index ${INDEX}`)
  await storeState(client, state)
  await client.query('commit')
}

/** Builds the index that `dropWordIndex` dropped, also if a killed copy did it. */
export async function buildWordIndex(client: Client, { wordIndex, ...state }: CopyState): Promise<void> {
  if (wordIndex === undefined) return
  await beginLong(client)
  await client.query(`set local maintenance_work_mem = '256MB'`)
  await client.query(wordIndex)
  await storeState(client, state)
  await client.query('commit')
}
