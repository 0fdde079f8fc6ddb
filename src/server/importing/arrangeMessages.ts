import { cleanParts, joinParts, MAX_TEXT } from './cleanText.ts'
import type { Drop, ImportedMessage, ImportedPart } from './importedConversation.ts'

/** A message in its place, as Riacho keeps it. */
export interface ArrangedMessage {
  id: string
  parentId: string | null
  role: 'USER' | 'ASSISTANT'
  parts: ImportedPart[]
  createdAt: number
  model: string | null
}

/** The question above a reply that answers none. Riacho asks again below a question, so every reply needs one. */
const NO_QUESTION = '…'

interface Node extends Omit<ImportedMessage, 'createdAt'> {
  createdAt: number
  children: Node[]
}

/**
 * Makes a tree of what a source gives, in which every reply answers a question, every parent comes before its children,
 * and messages are in the order of their times. `idOf` gives the place of a message of the source: that of its nearest
 * kept one above if it has none itself. Works for any number of messages, because nothing here recurses.
 */
export function arrangeMessages(
  messages: readonly ImportedMessage[],
  { fallbackTime, drop }: { fallbackTime: number; drop: Drop },
): { messages: ArrangedMessage[]; idOf: (sourceId: string) => string | null } {
  const arranged = new Arranged({ sourceIds: new Set(messages.map(({ id }) => id)), drop })
  for (const node of inOrder(rootsOf(messages, { fallbackTime, drop }))) arranged.add(node)
  for (const message of arranged.messages) message.parts = joinParts(message.parts)
  return { messages: arranged.messages, idOf: id => arranged.placeOf(id)?.id ?? null }
}

/** Links the messages. A parent that is missing or comes back to its own child is left out. */
function rootsOf(
  messages: readonly ImportedMessage[],
  { fallbackTime, drop }: { fallbackTime: number; drop: Drop },
): Node[] {
  const nodes = new Map<string, Node>()
  for (const message of messages) {
    if (nodes.has(message.id)) drop('a second message with the same id')
    else nodes.set(message.id, { ...message, createdAt: message.createdAt ?? fallbackTime, children: [] })
  }
  const roots: Node[] = []
  for (const node of nodes.values()) {
    const parent = node.parentId === null ? undefined : nodes.get(node.parentId)
    if (node.parentId !== null && !parent) drop('a message whose parent is missing now begins a branch')
    if (parent) parent.children.push(node)
    else roots.push(node)
  }
  const reached = new Set<Node>()
  const reach = (from: Node) => {
    const stack = [from]
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (reached.has(node)) continue
      reached.add(node)
      for (const child of node.children) stack.push(child)
    }
  }
  for (const root of roots) reach(root)
  for (const node of nodes.values()) {
    if (reached.has(node)) continue
    drop('messages in a ring: one of them now begins a branch')
    const cut = ringAbove(node, nodes)
    const parent = nodes.get(cut.parentId ?? '')
    if (parent) parent.children = parent.children.filter(child => child !== cut)
    cut.parentId = null
    roots.push(cut)
    reach(cut)
  }
  return roots
}

/** The node of the ring that the parents of `node` lead into. It may be `node` itself, or far above it. */
function ringAbove(node: Node, nodes: ReadonlyMap<string, Node>): Node {
  const passed = new Set<Node>()
  let above = node
  while (!passed.has(above)) {
    passed.add(above)
    above = nodes.get(above.parentId ?? '') ?? above
  }
  return above
}

/** Every node after its parent, and otherwise by time. A child is never older than its parent. */
function inOrder(roots: readonly Node[]): Node[] {
  const found: { node: Node; depth: number; place: number }[] = []
  let level: Node[] = [...roots]
  for (let depth = 0; level.length > 0; depth++) {
    const next: Node[] = []
    for (const node of level) {
      found.push({ node, depth, place: found.length })
      for (const child of node.children) {
        child.createdAt = Math.max(child.createdAt, node.createdAt)
        next.push(child)
      }
    }
    level = next
  }
  found.sort((a, b) => a.node.createdAt - b.node.createdAt || a.depth - b.depth || a.place - b.place)
  return found.map(({ node }) => node)
}

/** Where a message of the source went. */
interface Place {
  /** The message itself, the reply that it is now a piece of, or else the nearest one above. `null`: there is none. */
  message: ArrangedMessage | null
  /** Whether no branch begins between `message` and here. */
  isNext: boolean
  /** Of the node that went there. */
  children: number
}

class Arranged {
  readonly messages: ArrangedMessage[] = []
  readonly #drop: Drop
  readonly #sourceIds: ReadonlySet<string>
  readonly #places = new Map<string, Place>()
  /** UTF-16 units of text in a reply. */
  readonly #lengths = new Map<ArrangedMessage, number>()

  constructor({ sourceIds, drop }: { sourceIds: ReadonlySet<string>; drop: Drop }) {
    this.#sourceIds = sourceIds
    this.#drop = drop
  }

  placeOf(sourceId: string): ArrangedMessage | null {
    return this.#places.get(sourceId)?.message ?? null
  }

  /** Adds a node whose parent was added before. */
  add(node: Node): void {
    const { id, parentId, role, createdAt, model, children } = node
    const above = parentId === null ? undefined : this.#places.get(parentId)
    const parent = above?.message ?? null
    const parts = role === null ? [] : cleanParts(node.parts, { role, drop: this.#drop })
    const isNext = (above?.isNext ?? false) && above?.children === 1
    const isEmptyQuestion = role === 'USER' && parts.length === 0
    if (isEmptyQuestion) this.#drop('an empty message of a person')
    const message = { id, parentId: parent?.id ?? null, role: role ?? 'USER', parts, createdAt, model }
    const isPassed = role === null || isEmptyQuestion || this.#isPiece(message, { parent, isNext, children })
    if (isPassed) this.#places.set(id, { message: parent, isNext, children: children.length })
    else if (role === 'USER' || parent?.role === 'USER') this.#place(message, children.length)
    else this.#place({ ...message, parentId: this.#placeNoQuestion(message).id }, children.length)
  }

  /** Whether it now belongs to the reply above. A second reply below the same one is a branch of its own. */
  #isPiece(
    message: ArrangedMessage,
    above: { parent: ArrangedMessage | null; isNext: boolean; children: readonly Node[] },
  ): boolean {
    const { parent, isNext, children } = above
    if (message.role === 'USER' || parent?.role === 'USER') return false
    return (
      (parent && isNext && this.#join(parent, message)) || (message.parts.length === 0 && children.length > 0)
    )
  }

  /** False if the reply would become longer than any that Riacho writes. */
  #join(reply: ArrangedMessage, { parts, model }: ArrangedMessage): boolean {
    const length = (this.#lengths.get(reply) ?? 0) + lengthOf(parts)
    if (length > MAX_TEXT) return false
    this.#lengths.set(reply, length)
    reply.model ??= model
    for (const part of parts) reply.parts.push(part)
    return true
  }

  #place(message: ArrangedMessage, children: number): void {
    this.messages.push(message)
    this.#lengths.set(message, lengthOf(message.parts))
    this.#places.set(message.id, { message, isNext: true, children })
  }

  #placeNoQuestion({ id, parentId, createdAt }: ArrangedMessage): ArrangedMessage {
    this.#drop(`a reply without a question: "${NO_QUESTION}" stands above it`)
    let questionId = `${id}?`
    while (this.#sourceIds.has(questionId) || this.#places.has(questionId)) questionId += '?'
    const question: ArrangedMessage = {
      id: questionId,
      parentId,
      role: 'USER',
      parts: [{ type: 'text', text: NO_QUESTION }],
      createdAt,
      model: null,
    }
    this.#place(question, 1)
    return question
  }
}

function lengthOf(parts: readonly ImportedPart[]): number {
  return parts.reduce((sum, part) => sum + ('text' in part ? part.text.length : 0), 0)
}
