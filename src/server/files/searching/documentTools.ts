import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { DocumentFile } from '../../../protocol/parts.ts'
import type { Database } from '../../database/database.ts'
import type { PassageRow } from '../../database/files/fileRows.ts'
import { listPassages } from '../../database/files/passages.ts'
import { headingOf, withoutHeadings } from '../../generation/citations.ts'
import { markOf } from '../../generation/documents.ts'
import { type Tool, type ToolContext, ToolError } from '../../generation/tools.ts'
import { searchPassages } from './searchPassages.ts'

/** How many passages a search gives. */
const FOUND = 8
/** How many passages are read at once: about 12,000 characters. */
const READ = 6
const HOW_TO_CITE =
  'Each passage has a mark, such as [4f2a1c:12]. Write the mark after every statement that you take from the passage.'

const document = z.string().max(300).describe('The mark of the document, such as 4f2a1c.')
const searchSchema = z.strictObject({
  query: z
    .string()
    .min(1)
    .max(500)
    .describe('Words that the passage may have, in the language of the document. Any of them counts.'),
  document: document.optional().describe('The mark of the document. Without it all are searched.'),
})
const readSchema = z.strictObject({
  document,
  page: z.int().min(1).optional().describe('The page to begin with, where the document has pages.'),
  passage: z.int().min(1).optional().describe('The passage to begin with: the number after the mark.'),
})

/** Tools by which a model reads documents that are too long for a request. They change nothing. */
export function documentTools(
  { queries }: Pick<Database, 'queries'>,
  documents: readonly DocumentFile[],
): Tool[] {
  return [
    define({
      name: 'document_search',
      description: `Searches the documents of this conversation, and gives the passages that fit best. ${HOW_TO_CITE}`,
      schema: searchSchema,
      async run({ query, document }, { ownerId }) {
        const searched = document === undefined ? documents : [named(documents, document)]
        const ids = searched.map(({ fileId }) => fileId)
        const { passages, count } = await searchPassages(queries, { ids, ownerId, query, limit: FOUND })
        if (passages.length === 0)
          return 'No passage has any of these words. Try other words, or read the document with document_read.'
        const more = count > passages.length ? ` ${count} passages have some of these words.` : ''
        return `${toldOf(documents, passages)}\n\n${HOW_TO_CITE}${more}`
      },
    }),
    define({
      name: 'document_read',
      description: `Reads a document of this conversation in its order, some passages at a time. ${HOW_TO_CITE}`,
      schema: readSchema,
      async run({ document, page, passage: from = 1 }, { ownerId }) {
        const { fileId: id } = named(documents, document)
        const found = await listPassages(queries, {
          id,
          ownerId,
          from,
          limit: READ + 1,
          ...(page !== undefined && { page }),
        })
        const passages = found.slice(0, READ)
        if (passages.length === 0) return 'The document ends before that.'
        const next = found[READ]
        const rest = next ? `It goes on with passage ${next.place}.` : 'Here the document ends.'
        return `${toldOf(documents, passages)}\n\n${HOW_TO_CITE} ${rest}`
      },
    }),
  ]
}

interface Definition<Schema extends z.ZodType> {
  name: string
  description: string
  schema: Schema
  run(args: z.output<Schema>, context: ToolContext): Promise<string>
}

function define<Schema extends z.ZodType>({ name, description, schema, run }: Definition<Schema>): Tool {
  const { $schema: _, ...parameters } = z.toJSONSchema(schema, { io: 'input' })
  const told = JSON.stringify([name, description, parameters])
  return {
    name,
    description,
    parameters,
    asks: false,
    isRepeatable: true,
    digest: createHash('sha256').update(told).digest('base64url'),
    async run(args, context) {
      const checked = schema.safeParse(args)
      if (!checked.success) throw new ToolError(`The arguments are wrong. ${z.prettifyError(checked.error)}`)
      return { content: await run(checked.data, context) }
    },
  }
}

/** The document that a model means, by its mark or its name. */
function named(documents: readonly DocumentFile[], text: string): DocumentFile {
  const wanted = text.trim().replace(/^\[?([0-9a-f]{6})\b.*$/i, '$1')
  const found =
    documents.find(document => markOf(document) === wanted.toLowerCase()) ??
    documents.find(({ name }) => name === text.trim())
  if (found) return found
  const known = documents.map(document => `${markOf(document)} (${document.name})`).join(', ')
  throw new ToolError(`There is no such document. These can be searched: ${known}.`)
}

function toldOf(documents: readonly DocumentFile[], passages: readonly PassageRow[]): string {
  return passages
    .map(({ file_id: fileId, place, page, section, text }) => {
      const name = documents.find(document => document.fileId === fileId)?.name ?? ''
      const where = page !== null ? `, p. ${page}` : section === null ? '' : `, ${section}`
      return `${headingOf(`${markOf({ fileId })}:${place}`, name + where)}\n${withoutHeadings(text.trim())}`
    })
    .join('\n\n')
}
