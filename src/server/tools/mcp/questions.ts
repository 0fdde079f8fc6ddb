import { MAX_FIELD_NAME, MAX_FIELD_OPTIONS, MAX_FIELD_TEXT, MAX_FIELDS } from '../../../protocol/limits.ts'
import type { FieldKind, FieldValue, QuestionField } from '../../../protocol/questions.ts'
import { type PersonAnswer, ToolError, type ToolQuestion } from '../../generation/tools.ts'

/** The most of a message, and of a label, in UTF-16 units. */
const LONGEST_MESSAGE = 4000
const LONGEST_LABEL = 300
const LONGEST_URL = 4000

const CANNOT_ASK = 'The tool asks for something that Riacho cannot ask a person.'

type Fields = Readonly<Record<string, unknown>>

/**
 * What a server asks a person with `elicitation/create`. What a server says is untrusted: everything is bounded, and only forms
 * of the restricted schema are shown. Throws `ToolError`.
 */
export function questionOf(request: unknown, hide: (text: string) => string): ToolQuestion {
  const { method, params } = fieldsOf(request)
  if (method !== 'elicitation/create') throw new ToolError(CANNOT_ASK)
  const { mode = 'form', message, url, requestedSchema } = fieldsOf(params)
  const told = textOf(message, LONGEST_MESSAGE, hide) ?? ''
  if (mode === 'url') return { mode, message: told, url: addressOf(url) }
  if (mode !== 'form') throw new ToolError(CANNOT_ASK)
  return { mode, message: told, fields: formOf(requestedSchema, hide) }
}

/** An answer as a server reads it. */
export function elicitResultOf({ action, values }: PersonAnswer) {
  return { action, ...(action === 'accept' && values && { content: { ...values } }) }
}

/** Only addresses of the web, because a browser would run others. */
function addressOf(url: unknown): string {
  const parsed = typeof url === 'string' && url.length <= LONGEST_URL ? URL.parse(url) : null
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username !== '' || parsed.password !== '')
    throw new ToolError('The tool wants to send the person to an address that is none of the web.')
  return parsed.href
}

function formOf(schema: unknown, hide: (text: string) => string): QuestionField[] {
  const { properties, required } = fieldsOf(schema)
  const entries = Object.entries(fieldsOf(properties))
  if (entries.length > MAX_FIELDS) throw new ToolError(`The tool asks for more than ${MAX_FIELDS} values.`)
  const needed = Array.isArray(required) ? required : []
  return entries.map(([name, property]) =>
    fieldOf(name, fieldsOf(property), { isRequired: needed.includes(name), hide }),
  )
}

function fieldOf(
  name: string,
  property: Fields,
  { isRequired, hide }: { isRequired: boolean; hide: (text: string) => string },
): QuestionField {
  if (name.length > MAX_FIELD_NAME) throw new ToolError(CANNOT_ASK)
  const { title, description, items } = property
  const list = fieldsOf(items)
  const isList = property['type'] === 'array'
  const options = optionsOf(isList ? list : property, hide)
  const kind = kindOf(property, options !== undefined)
  const [least, most] = boundsOf(property, kind)
  const told = textOf(description, LONGEST_MESSAGE, hide)
  const preset = presetOf(property['default'])
  return {
    name,
    label: textOf(title, LONGEST_LABEL, hide) ?? name,
    kind,
    isRequired,
    ...(told !== undefined && { description: told }),
    ...(options && { options }),
    ...(preset !== undefined && { default: preset }),
    ...(least !== undefined && { least }),
    ...(most !== undefined && { most }),
  }
}

const FORMATS: Readonly<Record<string, FieldKind>> = {
  email: 'email',
  uri: 'uri',
  date: 'date',
  'date-time': 'date-time',
}

function kindOf({ type, format }: Fields, hasOptions: boolean): FieldKind {
  switch (type) {
    case 'boolean':
    case 'number':
    case 'integer':
      return type
    case 'string':
      return hasOptions ? 'choice' : (FORMATS[String(format)] ?? 'text')
    case 'array':
      if (hasOptions) return 'choices'
  }
  throw new ToolError(CANNOT_ASK)
}

function boundsOf(property: Fields, kind: FieldKind): (number | undefined)[] {
  const names =
    kind === 'number' || kind === 'integer'
      ? ['minimum', 'maximum']
      : kind === 'choices'
        ? ['minItems', 'maxItems']
        : ['minLength', 'maxLength']
  return names.map(each => (Number.isFinite(property[each]) ? Number(property[each]) : undefined))
}

/** `enum` with its names, or a list of constants with titles. */
function optionsOf(schema: Fields, hide: (text: string) => string): QuestionField['options'] {
  const { enum: values, enumNames, oneOf, anyOf } = schema
  const names = Array.isArray(enumNames) ? enumNames : []
  const titled = Array.isArray(oneOf) ? oneOf : anyOf
  const options = Array.isArray(values)
    ? values.map((value, at) => ({ value, label: names[at] ?? value }))
    : Array.isArray(titled)
      ? titled.map(each => ({ value: fieldsOf(each)['const'], label: fieldsOf(each)['title'] }))
      : undefined
  if (options === undefined) return undefined
  if (options.length === 0 || options.length > MAX_FIELD_OPTIONS) throw new ToolError(CANNOT_ASK)
  return options.map(({ value, label }) => {
    if (typeof value !== 'string' || value.length > MAX_FIELD_TEXT) throw new ToolError(CANNOT_ASK)
    return { value, label: textOf(label, LONGEST_LABEL, hide) ?? hide(value) }
  })
}

function presetOf(value: unknown): FieldValue | undefined {
  if (typeof value === 'string') return value.slice(0, MAX_FIELD_TEXT)
  if (typeof value === 'number' || typeof value === 'boolean') return value
  const isList = Array.isArray(value) && value.every(each => typeof each === 'string')
  return isList ? value.slice(0, MAX_FIELD_OPTIONS) : undefined
}

function textOf(value: unknown, most: number, hide: (text: string) => string): string | undefined {
  if (typeof value !== 'string' || value.trim() === '') return undefined
  return hide(value).slice(0, most).toWellFormed()
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}
