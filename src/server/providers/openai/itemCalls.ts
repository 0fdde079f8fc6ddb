import { fieldsOf, type Push } from './replyReader.ts'

interface Item {
  type: unknown
  id: unknown
  call_id: unknown
  name: unknown
  arguments: unknown
  encrypted_content: unknown
  summary: unknown
}

/** How an event names its item. Some servers give an item another id with each event, so the index comes first. */
interface Place {
  output_index?: unknown
  item_id?: unknown
}

/** The calls of a response, and what has to come back with them. */
export interface ItemCalls {
  /** Whether anything was told. */
  readonly hasTold: boolean
  /** An item begins, or is given as a whole. Returns whether it is a call. */
  begin(item: unknown, place?: Place): boolean
  /** More arguments. */
  write(delta: unknown, place: Place): void
  /** All arguments, which some servers send without the pieces. */
  finish(args: unknown, place: Place): void
  /** Takes an item that is whole: its arguments, if no event brought them, or what the provider wants back. */
  end(item: unknown, place?: Place): void
}

export function isCall(item: unknown): boolean {
  return fieldsOf<Item>(item).type === 'function_call'
}

export function createItemCalls(push: Push): ItemCalls {
  const calls: { key: unknown; callId: unknown; isWritten: boolean }[] = []
  const kept = new Set<string>()
  let hasTold = false
  const keyOf = ({ output_index, item_id }: Place) => output_index ?? item_id
  const numberOf = (place: Place) => {
    const key = keyOf(place)
    const found = calls.findLastIndex(call => call.key === key)
    return found === -1 ? calls.length - 1 : found
  }

  function write(delta: unknown, place: Place): void {
    const number = numberOf(place)
    const call = calls[number]
    if (!call || typeof delta !== 'string' || delta === '') return
    call.isWritten = true
    push({ type: 'call-delta', call: number, content: delta })
  }

  function finish(args: unknown, place: Place): void {
    if (calls[numberOf(place)]?.isWritten === false) write(args, place)
  }

  function begin(value: unknown, place: Place = {}): boolean {
    const { id, call_id, name, arguments: args } = fieldsOf<Item>(value)
    if (!isCall(value)) return false
    const key = keyOf(place) ?? id ?? calls.length
    calls.push({ key, callId: call_id, isWritten: false })
    hasTold = true
    push({
      type: 'call-start',
      call: calls.length - 1,
      name: typeof name === 'string' ? name : '',
      ...(typeof call_id === 'string' && { id: call_id }),
    })
    write(args, { output_index: key })
    return true
  }

  return {
    get hasTold() {
      return hasTold
    },
    begin,
    write,
    finish,
    end(value, place = {}) {
      const { type, id, call_id, arguments: args, encrypted_content, summary } = fieldsOf<Item>(value)
      if (type === 'function_call') {
        const key = keyOf(place) ?? id
        const known = calls.find(
          call => call.key === key || (call_id !== undefined && call.callId === call_id),
        )
        if (known) finish(args, { output_index: known.key })
        else begin(value, place)
      }
      if (type !== 'reasoning' || typeof encrypted_content !== 'string' || encrypted_content === '') return
      if (kept.has(encrypted_content)) return
      kept.add(encrypted_content)
      hasTold = true
      // Without its id, because a server that keeps nothing would look for it in vain.
      const item = { type, summary: Array.isArray(summary) ? summary : [], encrypted_content }
      push({ type: 'kept', item: { of: '', item } })
    },
  }
}
