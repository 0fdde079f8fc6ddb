import { fieldsOf } from './replyReader.ts'

/** The fields of a response that are read, as its server keeps it. Servers leave fields out, and send anything in them. */
export interface StoredResponse {
  id?: unknown
  status?: unknown
  output?: unknown
  usage?: unknown
  error?: unknown
  incomplete_details?: unknown
}

interface PartVisitor {
  /** A new item of this type begins. */
  item(type: unknown): void
  summary(text: unknown): void
  reasoning(text: unknown): void
  text(text: unknown): void
  refusal(text: unknown): void
  annotation(annotation: unknown): void
  /** A call, or anything else without a text, as it is. */
  other(item: unknown): void
}

interface Item {
  type: unknown
  summary: unknown
  content: unknown
}

interface ContentPart {
  type: unknown
  text: unknown
  refusal: unknown
  annotations: unknown
}

/** Visits everything in a response in the order of its stream. Citations come after their text. */
export function forEachPart({ output }: StoredResponse, visitor: PartVisitor): void {
  for (const value of listOf(output)) {
    const item = fieldsOf<Item>(value)
    visitor.item(item.type)
    if (item.type === 'reasoning') {
      for (const part of listOf(item.summary)) visitor.summary(part)
      for (const part of listOf(item.content)) visitor.reasoning(part)
      visitor.other(value)
    } else if (item.type === 'message') {
      if (!Array.isArray(item.content)) visitor.text(item.content)
      for (const value of listOf(item.content)) {
        const part = fieldsOf<ContentPart>(value)
        if (part.type === 'refusal') visitor.refusal(part.refusal)
        else visitor.text(value)
        for (const annotation of listOf(part.annotations)) visitor.annotation(annotation)
      }
    } else visitor.other(value)
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Whether a response has its last status. */
export function hasLastStatus({ status }: StoredResponse): boolean {
  return status !== 'queued' && status !== 'in_progress'
}
