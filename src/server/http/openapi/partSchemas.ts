import { z } from 'zod'
import { RUN_ERRORS, type RunErrorCode } from '../../../protocol/errors.ts'
import type { GivenAs, Part, PartType, ToldDocument } from '../../../protocol/parts.ts'
import { type Fields, name, oneOf } from './shapes.ts'
import { toolFields } from './toolSchemas.ts'

type PartOf<Type extends PartType> = Extract<Part, { type: Type }>

const id = z.string().describe('The place of the part, counted from 1. It never changes.')

export const runErrorCode = name('RunErrorCode', oneOf<RunErrorCode>(RUN_ERRORS))

function textPart<const Type extends 'text' | 'refusal' | 'reasoning'>(type: Type) {
  return z.object({ id, type: z.literal(type), text: z.string() })
}

const storedFile = { id, fileId: z.uuid(), name: z.string(), mediaType: z.string(), size: z.int() }

export const sourceFields = {
  url: z.string(),
  title: z.string(),
  fileId: z.uuid().optional(),
  passage: z.int().min(1).optional(),
  page: z.int().min(1).optional(),
}

const givenAs = oneOf<GivenAs>({ text: 0, search: 0, file: 0 })

export const toldDocuments = z.array(
  z.object({
    fileId: z.uuid(),
    givenAs: oneOf<ToldDocument['givenAs']>({ text: 0, search: 0, file: 0, none: 0 }),
  } satisfies Fields<ToldDocument>),
)

/** Each type of part. TypeScript refuses a list that lacks one. */
const PARTS = {
  text: textPart('text'),
  refusal: textPart('refusal'),
  reasoning: textPart('reasoning'),
  source: z.object({
    id,
    type: z.literal('source'),
    ...sourceFields,
  } satisfies Fields<PartOf<'source'>>),
  suggestions: z.object({
    id,
    type: z.literal('suggestions'),
    questions: z.array(z.string()),
  } satisfies Fields<PartOf<'suggestions'>>),
  file: z.object({
    id,
    type: z.literal('file'),
    name: z.string(),
    text: z.string(),
  } satisfies Fields<PartOf<'file'>>),
  image: z.object({
    ...storedFile,
    type: z.literal('image'),
    width: z.int(),
    height: z.int(),
  } satisfies Fields<PartOf<'image'>>),
  document: z.object({
    ...storedFile,
    type: z.literal('document'),
    pages: z.int().optional(),
    tokens: z.int().optional(),
    givenAs: givenAs.optional(),
  } satisfies Fields<PartOf<'document'>>),
  tool: z.object({ id, type: z.literal('tool'), ...toolFields } satisfies Fields<PartOf<'tool'>>),
  break: z.object({
    id,
    type: z.literal('break'),
    status: oneOf<PartOf<'break'>['status']>({ stopped: 0, failed: 0, interrupted: 0 }),
    code: runErrorCode.nullable(),
  } satisfies Fields<PartOf<'break'>>),
} satisfies Record<PartType, z.ZodType>

export const part = name('Part', z.union(Object.values(PARTS))) as z.ZodType<Part>
export const parts = z.array(part)
