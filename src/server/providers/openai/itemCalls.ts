import { type ItemPlace, keyOf } from './itemPlace.ts'
import { isSearch } from './itemSearches.ts'
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

/** The calls of a response, and what has to come back with them. */
export interface ItemCalls {
  /** Whether anything was told. */
  readonly hasTold: boolean
  /** An item begins, or is given as a whole. Returns whether it is a call. */
  begin(item: unknown, place?: ItemPlace): boolean
  /** More arguments. */
  write(delta: unknown, place: ItemPlace): void
  /** All arguments, which some servers send without the pieces. */
  finish(args: unknown, place: ItemPlace): void
  /** Takes an item that is whole: its arguments, if no event brought them, or what the provider wants back. */
  end(item: unknown, place?: ItemPlace): void
}

export function isCall(item: unknown): boolean {
  return fieldsOf<Item>(item).type === 'function_call'
}

export function createItemCalls(push: Push): ItemCalls {
  const calls: { key: unknown; callId: unknown; isWritten: boolean }[] = []
  const kept = new Set<string>()
  let hasTold = false
  const numberOf = (place: ItemPlace) => {
    const key = keyOf(place)
    const found = calls.findLastIndex(call => call.key === key)
    return found === -1 ? calls.length - 1 : found
  }

  function write(delta: unknown, place: ItemPlace): void {
    const number = numberOf(place)
    const call = calls[number]
    if (!call || typeof delta !== 'string' || delta === '') return
    call.isWritten = true
    push({ type: 'call-delta', call: number, content: delta })
  }

  function finish(args: unknown, place: ItemPlace): void {
    if (calls[numberOf(place)]?.isWritten === false) write(args, place)
  }

  function begin(value: unknown, place: ItemPlace = {}): boolean {
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

  function keep(item: unknown): void {
    const text = JSON.stringify(item)
    if (kept.has(text)) return
    kept.add(text)
    hasTold = true
    push({ type: 'kept', item: { of: '', item } })
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
      // A thought comes back with what followed it.
      if (isSearch(value)) keep(value)
      if (type !== 'reasoning' || typeof encrypted_content !== 'string' || encrypted_content === '') return
      // Without its id, because a server that keeps nothing would look for it in vain.
      keep({ type, summary: Array.isArray(summary) ? summary : [], encrypted_content })
    },
  }
}
