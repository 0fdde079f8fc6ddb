import { fieldsOf, type Push } from './replyReader.ts'

/** What servers send of a call. Every field may be missing, or anything. */
interface Delta {
  index: unknown
  id: unknown
  function: unknown
}
interface Named {
  name: unknown
  arguments: unknown
}

interface Call {
  id: string
  index: unknown
  name: string
  arguments: string
  /** Its place among the calls that were told. `undefined` until its name is known. */
  told: number | undefined
}

export interface CallReader {
  /** Takes `tool_calls` of a delta or of a whole message. Returns whether there was anything in it. */
  take(calls: unknown): boolean
  /** Tells the calls that no server has named. */
  end(): void
}

/**
 * Puts together the calls of Chat Completions, whatever servers leave out: a delta belongs to the call with its `id`, else
 * to the one with its `index`, else to the newest. A new id at a used index is another call, and so is a new name once
 * the arguments before it are whole, because some servers give every call the index 0. A name that comes again is not
 * appended.
 */
export function createCallReader(push: Push): CallReader {
  const calls: Call[] = []
  let count = 0

  function tell(call: Call): void {
    call.told = count
    count += 1
    const { told, name, id } = call
    push({ type: 'call-start', call: told, name, ...(id && { id }) })
    if (call.arguments !== '') push({ type: 'call-delta', call: told, content: call.arguments })
  }

  function begin(id: string, index: unknown): Call {
    const call: Call = { id, index, name: '', arguments: '', told: undefined }
    calls.push(call)
    return call
  }

  function callOf(id: string, index: unknown, name: string): Call {
    const byId = id === '' ? undefined : calls.findLast(call => call.id === id)
    if (byId) return byId
    const known =
      calls.findLast(call => call.index === index) ?? (index === undefined ? calls.at(-1) : undefined)
    if (!known || (id !== '' && known.id !== '')) return begin(id, index)
    if (name !== '' && known.name !== '' && isWhole(known.arguments)) return begin(id, index)
    if (known.id === '') known.id = id
    return known
  }

  return {
    take(value) {
      if (!Array.isArray(value)) return false
      for (const delta of value) {
        const { index, id, function: named } = fieldsOf<Delta>(delta)
        const { name, arguments: args } = fieldsOf<Named>(named)
        const call = callOf(textIn(id), index ?? undefined, textIn(name))
        if (call.name === '') call.name = textIn(name)
        const content = typeof args === 'string' ? args : args ? JSON.stringify(args) : ''
        call.arguments += content
        if (call.told === undefined && call.name !== '') tell(call)
        else if (call.told !== undefined && content !== '')
          push({ type: 'call-delta', call: call.told, content })
      }
      return value.length > 0
    },
    end() {
      for (const call of calls) if (call.told === undefined) tell(call)
    },
  }
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function isWhole(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}
