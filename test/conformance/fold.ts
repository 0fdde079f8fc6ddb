import type { StreamEvent } from '../../src/protocol/events.ts'
import type { FileStart, FileUpdate } from '../../src/protocol/madeFiles.ts'
import type { Part } from '../../src/protocol/parts.ts'
import type { ConversationResponse } from '../../src/protocol/responses.ts'
import type { SearchEnd, SearchStart } from '../../src/protocol/searches.ts'
import type { Frame, FrameFields } from './client.ts'
import { CALL_FOLDS } from './foldCalls.ts'

type Fold = (parts: Part[], fields: FrameFields) => Part[]

const keep: Fold = parts => parts
const replace: Fold = (_, { parts = [] }) => structuredClone(parts)

/** What each event does to the parts of its message. */
const FOLDS: Record<StreamEvent['type'], Fold> = {
  'run-start': keep,
  'run-continue': replace,
  'text-delta': (parts, { content = '' }) => grown(parts, 'text', content),
  'refusal-delta': (parts, { content = '' }) => grown(parts, 'refusal', content),
  'reasoning-delta': (parts, { content = '' }) => grown(parts, 'reasoning', content),
  'source-add': (parts, { url = '', title = '' }) => [
    ...parts,
    { id: nextId(parts), type: 'source', url, title },
  ],
  'suggestions-add': (parts, { questions = [] }) => [
    ...parts,
    { id: nextId(parts), type: 'suggestions', questions },
  ],
  'run-retry': keep,
  'run-wait': keep,
  ...CALL_FOLDS,
  'file-start': (parts, fields) => [
    ...parts,
    {
      id: nextId(parts),
      type: 'image',
      ...(fields as FileStart),
      size: 0,
      width: 0,
      height: 0,
      status: 'drawing',
      version: 0,
    },
  ],
  'file-update': (parts, fields) => changedPicture(parts, fields, picture => picture),
  'file-end': (parts, fields) =>
    changedPicture(parts, fields, ({ status: _, ...picture }) =>
      picture.code === undefined ? picture : { ...picture, status: 'failed' },
    ),
  'search-start': (parts, fields) => [
    ...parts,
    { id: nextId(parts), type: 'search', ...(fields as SearchStart), status: 'running' },
  ],
  'search-end': (parts, { queries = [], ...end }) =>
    parts.map(part =>
      part.type === 'search' && part.searchId === end.searchId
        ? { ...part, ...(end as SearchEnd), queries: queries.length > 0 ? queries : part.queries }
        : part,
    ),
  'run-end': (parts, fields) =>
    CALL_FOLDS['run-end'](parts, fields).map(part => {
      if (part.type === 'search' && part.status === 'running') return { ...part, status: 'stopped' }
      return part.type === 'image' && part.status === 'drawing' ? { ...part, status: 'unfinished' } : part
    }),
  snapshot: replace,
}

/** Whether the text of each type of part is what the message says to a reader. */
const IS_TEXT: Record<Part['type'], boolean> = {
  text: true,
  refusal: true,
  reasoning: false,
  source: false,
  suggestions: false,
  file: false,
  image: false,
  document: false,
  tool: false,
  search: false,
  break: false,
}

/** A frame without a name is text. */
export function isText({ event }: Frame): boolean {
  return event === undefined
}

/** The message that frames add up to, by the rules of PROTOCOL.md. */
export function foldOf(frames: readonly Frame[]): Part[] {
  const folds: Record<string, Fold | undefined> = FOLDS
  return frames.reduce<Part[]>(
    (parts, { event = 'text-delta', fields }) => folds[event]?.(parts, fields) ?? parts,
    [],
  )
}

/** The stored parts of a message of a conversation. */
export function storedParts({ messages }: ConversationResponse, messageId: string): Part[] | undefined {
  return messages.find(({ id }) => id === messageId)?.parts
}

export function textOf(parts: readonly Part[] = []): string {
  return parts.map(part => (IS_TEXT[part.type] && 'text' in part ? part.text : '')).join('')
}

type Picture = Part & { type: 'image' }

function changedPicture(parts: Part[], fields: FrameFields, change: (picture: Picture) => Picture): Part[] {
  return parts.map(part =>
    part.type === 'image' && part.fileId === fields.fileId
      ? change({ ...part, ...(fields as FileUpdate) })
      : part,
  )
}

function grown(parts: Part[], type: 'text' | 'refusal' | 'reasoning', text: string): Part[] {
  const last = parts.at(-1)
  if (last?.type === type) last.text += text
  else parts.push({ id: nextId(parts), type, text })
  return parts
}

/** The id of the next part: the n-th part has the id n. */
export function nextId(parts: readonly unknown[]): string {
  return String(parts.length + 1)
}
