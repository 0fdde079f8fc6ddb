import type { Response } from 'openai/resources/responses/responses'

/** A response as its server keeps it. Compatible servers leave fields out. */
export type StoredResponse = Partial<
  Pick<Response, 'id' | 'status' | 'output' | 'usage' | 'error' | 'incomplete_details'>
>

interface PartVisitor {
  /** A new item of this type begins. */
  item(type: string): void
  summary(text: string): void
  reasoning(text: string): void
  text(text: string): void
  refusal(text: string): void
  annotation(annotation: unknown): void
}

/** Visits everything in a response in the order of its stream. Citations come after their text. */
export function forEachPart({ output = [] }: StoredResponse, visitor: PartVisitor): void {
  for (const item of output) {
    visitor.item(item.type)
    if (item.type === 'reasoning') {
      for (const { text } of item.summary ?? []) visitor.summary(text)
      for (const { text } of item.content ?? []) visitor.reasoning(text)
    } else if (item.type === 'message') {
      for (const part of item.content ?? []) {
        if (part.type === 'refusal') visitor.refusal(part.refusal)
        else {
          visitor.text(part.text)
          for (const annotation of part.annotations ?? []) visitor.annotation(annotation)
        }
      }
    }
  }
}

/** Whether a response has its last status. */
export function isOver({ status }: StoredResponse): boolean {
  return status !== 'queued' && status !== 'in_progress'
}
