import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { DEFAULT_LOCALE, LOCALES, type Locale } from '../../protocol/locale.ts'
import type { AssistantResponse } from '../../protocol/responses.ts'
import { ConfigProblem } from './configProblem.ts'
import type { ProviderChoice } from './providers.ts'

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const

/**
 * One value for all languages, or a map with a value for some. The other languages then get the default language's
 * value, or the first. Whatever is wrong in it is reported as one fault of the field.
 */
function byLocale<Value>(schema: z.ZodType<Value>, expected: string) {
  const languages = z.partialRecord(z.enum(LOCALES), schema).refine(values => Object.keys(values).length > 0)
  return z.unknown().transform((given, context): Record<Locale, Value> => {
    const one = schema.safeParse(given)
    if (one.success) return { 'pt-BR': one.data, en: one.data, es: one.data }
    const { data: some } = languages.safeParse(given)
    const other = some?.[DEFAULT_LOCALE] ?? Object.values(some ?? {})[0]
    if (some && other !== undefined) return { 'pt-BR': other, en: other, es: other, ...some }
    context.addIssue(`expected ${expected}, or a map of such by ${LOCALES.join(', ')}`)
    return z.NEVER
  })
}

const text = z.string().trim().min(1)
const temperature = 'expected a number from 0 to 2'
const toolNames = 'expected a list of servers and tools, such as [search, files/read]'

/** The name of a provider, or a name with what it calls the model. */
const providerChoice = z.unknown().transform((given, context): { provider: string; model?: string } => {
  if (typeof given === 'string') return { provider: given }
  const { data: named = {} } = z.record(z.string(), z.string().regex(/^\S+$/)).safeParse(given)
  const [first, ...others] = Object.entries(named)
  if (first && others.length === 0) return { provider: first[0], model: first[1] }
  context.addIssue('expected a list of providers, such as [openai, backup: the-model]')
  return z.NEVER
})

const frontMatter = z.strictObject({
  name: byLocale(text, 'a text'),
  model: z.string('expected the name of a model').regex(/^\S+$/, 'expected the name of a model').optional(),
  temperature: z.number(temperature).min(0, temperature).max(2, temperature).optional(),
  providers: z.array(providerChoice).min(1, 'expected at least one').optional(),
  effort: z.enum(EFFORTS, `expected one of ${EFFORTS.join(', ')}`).optional(),
  greeting: byLocale(text, 'a text').optional(),
  starters: byLocale(z.array(text).max(6), 'a list of at most 6 texts').optional(),
  order: z.number('expected a number').optional(),
  documents: z.enum(['text', 'file'], 'expected text or file').optional(),
  tools: z.array(z.string(toolNames).min(1, toolNames), toolNames).optional(),
})

type FrontMatter = z.infer<typeof frontMatter>

const ID = /^[a-z\d-]{1,64}$/

const definition = frontMatter.extend({
  id: z.string().regex(ID, 'expected 1 to 64 of a-z, 0-9 and -'),
  instructions: text,
})
const definitionList = z
  .array(definition)
  .min(1, 'expected at least one')
  .refine(list => new Set(list.map(({ id }) => id)).size === list.length, 'two of them have the same id')

export interface Assistant extends Readonly<FrontMatter> {
  readonly id: string
  readonly model: string
  readonly instructions: string
  /** Who may answer, in the order in which they are asked. `withChoices` adds it. */
  readonly choices?: readonly ProviderChoice[]
}

/**
 * Reads the assistants of `directory`. Each has a file `<id>.md`. They are sorted by `order` and then by id, and the
 * first one is the default. An assistant that names no model gets `defaultModel`. Throws one `ConfigProblem` with every
 * fault of every file. `changed`: a text that is read in place of the file of its assistant.
 */
export async function loadAssistants(
  directory: string,
  { defaultModel, changed }: { defaultModel: string; changed?: AssistantText | undefined },
): Promise<Assistant[]> {
  const names = await readdir(directory).catch(() => undefined)
  if (!names)
    throw problem([`${directory}: this folder cannot be read; expected the value of ASSISTANTS_DIR`])
  const problems: string[] = []
  const assistants: Assistant[] = []
  const files = new Set(names.filter(name => name.endsWith('.md')))
  if (changed) files.add(`${changed.id}.md`)
  for (const name of [...files].sort()) {
    const file = join(directory, name)
    const id = name.slice(0, -'.md'.length)
    const read = readAssistant(id, id === changed?.id ? changed.text : await readFile(file, 'utf8'))
    if ('problems' in read) problems.push(...read.problems.map(problem => `${file}:${problem}`))
    else assistants.push({ ...read.assistant, model: read.assistant.model ?? defaultModel })
  }
  if (assistants.length === 0 && problems.length === 0)
    problems.push(`${directory}: no assistant; expected a .md file`)
  if (problems.length > 0) throw problem(problems)
  return assistants.sort((a, b) => (a.order ?? Infinity) - (b.order ?? Infinity) || (a.id < b.id ? -1 : 1))
}

/** What a file of an assistant has, or would have. */
export interface AssistantText {
  id: string
  text: string
}

/** One value for all languages, or values for some. */
type ByLocale<Value> = Value | Readonly<Partial<Record<Locale, Value>>>

/** An assistant as a host writes it in code. The fields are those of a file, and `id` is the name of the file. */
export interface AssistantDefinition {
  readonly id: string
  readonly name: ByLocale<string>
  readonly instructions: string
  /** Default: the model of the provider. */
  readonly model?: string
  /** Who may answer, each by its name or as `{ name: model }`. Default: all providers, in their order. */
  readonly providers?: readonly (string | Readonly<Record<string, string>>)[]
  readonly temperature?: number
  readonly effort?: (typeof EFFORTS)[number]
  readonly greeting?: ByLocale<string>
  readonly starters?: ByLocale<readonly string[]>
  /** How providers get PDFs: by their text, or as files. Default: by their text. */
  readonly documents?: 'text' | 'file'
  /** What it may call: names of functions and of servers, and `server/tool`. Default: all that it is allowed. */
  readonly tools?: readonly string[]
}

/** Reads the assistants that a host defines, in their order. Throws one `ConfigProblem` with every fault of all. */
export function defineAssistants(
  definitions: readonly AssistantDefinition[],
  { defaultModel }: { defaultModel: string },
): Assistant[] {
  const result = definitionList.safeParse(definitions)
  if (result.success) return result.data.map(each => ({ ...each, model: each.model ?? defaultModel }))
  throw problem(result.error.issues.map(({ path, message }) => `assistants.${path.join('.')}: ${message}`))
}

function problem(problems: string[]): ConfigProblem {
  return new ConfigProblem('These assistants are wrong:', problems)
}

/** The fields of an assistant that a person sees when choosing one, in `locale`. */
export function describeAssistant(assistant: Assistant, locale: Locale): AssistantResponse {
  return {
    id: assistant.id,
    name: assistant.name[locale],
    greeting: assistant.greeting?.[locale] ?? null,
    starters: assistant.starters?.[locale] ?? [],
  }
}

/** The name of the assistant `id` in `locale`. An assistant that is gone has only its id. */
export function nameOfAssistant(
  id: string,
  { assistants, locale }: { assistants: readonly Assistant[]; locale: Locale },
): string {
  return assistants.find(assistant => assistant.id === id)?.name[locale] ?? id
}

type ReadAssistant =
  | { assistant: FrontMatter & { id: string; instructions: string } }
  | { problems: string[] }

/** Each problem starts with its line in the file. */
function readAssistant(id: string, source: string): ReadAssistant {
  const [, yaml, body] = /^\uFEFF?---\r?\n((?:[^\n]*\n)*?)---[ \t]*(?:\r?\n([\s\S]*))?$/.exec(source) ?? []
  if (yaml === undefined) return { problems: ['1: no front matter; expected it between two lines of ---'] }
  const { fields, problems } = readFrontMatter(yaml)
  const instructions = body?.trim()
  if (!ID.test(id)) problems.unshift('1: the file name is the id; expected 1 to 64 of a-z, 0-9 and -')
  if (!instructions) {
    const lastLine = source.trimEnd().split('\n').length
    problems.push(`${lastLine}: no instructions; expected them after the front matter`)
  }
  return fields && instructions && problems.length === 0
    ? { assistant: { ...fields, id, instructions } }
    : { problems }
}

function readFrontMatter(yaml: string): { fields?: FrontMatter; problems: string[] } {
  const lines = new LineCounter()
  const document = parseDocument(yaml, { lineCounter: lines, prettyErrors: false })
  const lineAt = (offset: number) => lines.linePos(offset).line + 1
  const lineOf = (name: string) => {
    const pairs = isMap(document.contents) ? document.contents.items : []
    const key = pairs.map(pair => pair.key).find(key => isScalar(key) && key.value === name)
    return isScalar(key) && key.range ? lineAt(key.range[0]) : 1
  }
  if (document.errors.length > 0) {
    return { problems: document.errors.map(error => `${lineAt(error.pos[0])}: ${error.message}`) }
  }
  const { data: fields, error } = frontMatter.safeParse(document.toJS() ?? {})
  const problems = (error?.issues ?? []).flatMap(issue => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map(name => `${lineOf(name)}: ${name}: not a field of an assistant`)
    }
    const [name] = issue.path
    return name === undefined
      ? '1: expected fields, such as name: Ana'
      : `${lineOf(String(name))}: ${String(name)}: ${issue.message}`
  })
  return { fields, problems }
}
