import { looseText } from './looseText.ts'

/**
 * What a tool asks a person in the middle of a call:
 * - **sign-in**: to sign in at the server of the tool.
 * - **form**: for values.
 * - **url**: to do something on another site.
 */
export const QUESTION_MODES = ['sign-in', 'form', 'url'] as const
export type QuestionMode = (typeof QUESTION_MODES)[number]

/** `decline`: the person does not want that. `cancel`: the person leaves it open. */
export const QUESTION_ACTIONS = ['accept', 'decline', 'cancel'] as const
export type QuestionAction = (typeof QUESTION_ACTIONS)[number]

export const FIELD_KINDS = [
  'text',
  'email',
  'uri',
  'date',
  'date-time',
  'number',
  'integer',
  'boolean',
  'choice',
  'choices',
] as const
export type FieldKind = (typeof FIELD_KINDS)[number]

export type FieldValue = string | number | boolean | string[]
export type FieldValues = Record<string, FieldValue>

/** One value that a form asks for. All texts are those of the server of the tool. */
export interface QuestionField {
  /** Names the value in the answer. */
  name: string
  /** What people read in place of the name. */
  label: string
  description?: string
  kind: FieldKind
  isRequired: boolean
  /** What can be chosen. */
  options?: { value: string; label: string }[]
  default?: FieldValue
  /** Bounds: of a number, of the length of a text, or of how many are chosen. */
  least?: number
  most?: number
}

/** A question, as a part of the call that asks it. Untrusted. */
export interface Question {
  questionId: string
  mode: QuestionMode
  message: string
  /** Of a form that is not answered yet. */
  fields?: QuestionField[]
  /** Where the person has to go, until it is answered. */
  url?: string
  /** What the person has answered. Absent: nothing yet. */
  action?: QuestionAction
}

/** A stored question with fields of the right types, whatever is stored. `undefined`: it is no question. */
export function mendedQuestion(question: Question): Question | undefined {
  if (typeof question !== 'object' || question === null) return undefined
  const { questionId, mode, message, fields, url, action } = question
  if (typeof questionId !== 'string' || !QUESTION_MODES.includes(mode)) return undefined
  return {
    questionId,
    mode,
    message: looseText(message),
    ...(Array.isArray(fields) && { fields: fields.filter(isField) }),
    ...(typeof url === 'string' && { url }),
    ...(QUESTION_ACTIONS.some(each => each === action) && action && { action }),
  }
}

function isField(field: unknown): field is QuestionField {
  if (typeof field !== 'object' || field === null) return false
  const { name, label, kind, options } = field as Record<string, unknown>
  const isKnown = FIELD_KINDS.some(each => each === kind)
  return typeof name === 'string' && typeof label === 'string' && isKnown && isOptions(options)
}

function isOptions(options: unknown): boolean {
  if (options === undefined) return true
  return (
    Array.isArray(options) &&
    options.every(
      each => typeof each === 'object' && typeof each?.value === 'string' && typeof each.label === 'string',
    )
  )
}

/**
 * What is wrong with a value, `undefined` if nothing is. An absent value is wrong if the field needs one. A server may ask for
 * anything, so only what is here is checked, and never a pattern, which may take for ever.
 */
export function problemOf(field: QuestionField, value: FieldValue | undefined): string | undefined {
  if (value === undefined) return field.isRequired ? 'is missing' : undefined
  const { kind, options = [] } = field
  switch (kind) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'expected true or false'
    case 'number':
    case 'integer': {
      const isNumber = typeof value === 'number' && Number.isFinite(value)
      if (!isNumber || (kind === 'integer' && !Number.isInteger(value))) return `expected a number (${kind})`
      return bounded(field, value)
    }
    case 'choice':
      return options.some(option => option.value === value) ? undefined : 'expected one of its options'
    case 'choices':
      return Array.isArray(value) && value.every(each => options.some(option => option.value === each))
        ? bounded(field, value.length)
        : 'expected a list of its options'
    default:
      if (typeof value !== 'string') return 'expected a text'
      if (!isText(kind, value)) return `expected a text (${kind})`
      return bounded(field, value.length)
  }
}

function bounded({ least, most }: QuestionField, value: number): string | undefined {
  if (least !== undefined && value < least) return `expected at least ${least}`
  if (most !== undefined && value > most) return `expected at most ${most}`
  return undefined
}

function isText(kind: FieldKind, text: string): boolean {
  switch (kind) {
    case 'email':
      return /^[^\s@]+@[^\s@]+$/.test(text)
    case 'uri':
      return /^[a-z][a-z\d+.-]*:\S+$/i.test(text)
    case 'date':
      return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))
    case 'date-time':
      return /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text))
    default:
      return true
  }
}
