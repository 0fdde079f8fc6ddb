import { createHash } from 'node:crypto'
import { z } from 'zod'
import { personIdOf } from '../access/hostOwner.ts'
import { ConfigProblem } from '../config/configProblem.ts'
import { type Tool, type ToolAnswer, type ToolContext, ToolError } from '../generation/tools.ts'

/** A function of a host that models may call. */
export interface HostTool<Schema extends z.ZodType = z.ZodType> {
  /** What it does, for the model. */
  description: string
  /** Its arguments: an object. They are checked before `run` gets them. */
  schema: Schema
  /** What people read in place of its name. */
  title?: string
  /** `always`: a person decides about each call. Default: `never`. */
  approve?: 'always' | 'never'
  /** Which assistants may call it, by their ids. Default: all. */
  assistants?: readonly string[]
  /**
   * A call may be made again, with the same `callId`, if the process dies before its answer is stored. Say it of functions that
   * only read, and of those that know a `callId` again. Default: false, and what became of the call is unknown.
   */
  repeatable?: boolean
  /**
   * Does the work. What it returns goes to the model: a text as it is, anything else as JSON. `withFiles` adds files. Throw `ToolError` with a text for
   * the model. Of any other error the model learns only that the tool failed, and the log has it.
   */
  run(args: z.output<Schema>, context: HostToolContext): unknown
}

export interface HostToolContext {
  /** Whose conversation it is: the host's id of the person. */
  owner: string
  conversationId: string
  /** The same for every attempt of one call, and for no other call. Good as an idempotency key. */
  callId: string
  /** Aborts when somebody stops the reply, or when the call takes too long. */
  signal: AbortSignal
  /** Tells people how far the work is. */
  onProgress: ToolContext['onProgress']
}

export type HostTools = Readonly<Record<string, HostTool>>

/** A picture or another file that a function gives. What it is, its bytes say. */
export interface HostFile {
  name: string
  bytes: Uint8Array
}

/** What a function returned, and the files beside it. */
class AnswerWithFiles {
  readonly answer: unknown
  readonly files: readonly HostFile[]

  constructor(answer: unknown, files: readonly HostFile[]) {
    this.answer = answer
    this.files = files
  }
}

/**
 * Gives files beside what a function returns. The person sees and saves them, and a model that takes pictures sees those among
 * them. At most 10 of them are kept.
 */
export function withFiles(answer: unknown, files: readonly HostFile[]): unknown {
  return new AnswerWithFiles(answer, files)
}

function answerOf(answer: unknown): ToolAnswer {
  if (answer instanceof AnswerWithFiles)
    return { ...answerOf(answer.answer), files: answer.files.map(({ name, bytes }) => ({ name, bytes })) }
  return { content: typeof answer === 'string' ? answer : (JSON.stringify(answer) ?? '') }
}

/** Types the arguments of `run` by `schema`. */
export function tool<Schema extends z.ZodType>(definition: HostTool<Schema>): HostTool {
  return definition as unknown as HostTool
}

export interface AssistantTool extends Tool {
  readonly assistants?: readonly string[] | undefined
}

/** What Riacho itself gives to models. */
const OWN_TOOLS = ['document_search', 'document_read']
const NAME = /^[\w-]{1,64}$/

/** Reads the tools of a host. Throws one `ConfigProblem` with every fault of all. */
export function defineTools(tools: HostTools): AssistantTool[] {
  const problems: string[] = []
  const defined = Object.entries(tools).flatMap(([name, tool]) => {
    const problem = problemOf(name, tool)
    if (problem !== undefined) problems.push(`tools.${name}: ${problem}`)
    return problem === undefined ? [toolOf(name, tool)] : []
  })
  if (problems.length > 0) throw new ConfigProblem('These tools are wrong:', problems)
  return defined
}

function problemOf(name: string, { description, schema, run }: HostTool): string | undefined {
  if (!NAME.test(name)) return 'expected a name of 1 to 64 of a-z, A-Z, 0-9, _ and -'
  if (OWN_TOOLS.includes(name)) return 'expected another name, because Riacho has a tool of this one'
  if (typeof description !== 'string' || description.trim() === '') return 'expected a description'
  if (typeof run !== 'function') return 'expected a function run'
  try {
    return parametersOf(schema)['type'] === 'object' ? undefined : 'expected a schema of an object'
  } catch {
    return 'expected a schema of zod that JSON Schema can say'
  }
}

function parametersOf(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...parameters } = z.toJSONSchema(schema, { io: 'input' })
  return parameters
}

function toolOf(
  name: string,
  { description, schema, title, approve, assistants, repeatable, run }: HostTool,
): AssistantTool {
  const parameters = parametersOf(schema)
  const digest = createHash('sha256')
    .update(JSON.stringify([name, title ?? null, description, parameters]))
    .digest('base64url')
  return {
    name,
    description,
    parameters,
    digest,
    assistants,
    asks: approve === 'always',
    isRepeatable: repeatable === true,
    ...(title !== undefined && { title }),
    async run(args, { ownerId, ...context }) {
      const checked = await schema.safeParseAsync(args)
      if (!checked.success) throw new ToolError(`The arguments are wrong. ${z.prettifyError(checked.error)}`)
      const answer = await run(checked.data, { owner: personIdOf(ownerId), ...context })
      return answerOf(answer)
    },
  }
}
