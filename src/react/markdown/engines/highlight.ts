/** A stretch of code and its classes. The classes are empty if it is plain. */
export type Run = readonly [text: string, scope: string]

export interface HighlightRequest {
  id: number
  language: string
  code: string
}

export interface HighlightAnswer {
  id: number
  /** `null` if the language is not known. */
  runs: readonly Run[] | null
}

/** Longer code stays plain, because its colours would take thousands of elements. */
const LONGEST = 60_000

const waiting = new Map<number, (runs: readonly Run[] | null) => void>()
let worker: Worker | null = null
let lastId = 0

/** The code in coloured runs, which a worker finds, or `null` if it stays plain. */
export function highlight(language: string, code: string): Promise<readonly Run[] | null> {
  const target = code.length > LONGEST ? null : openWorker()
  if (!target) return Promise.resolve(null)
  const id = ++lastId
  return new Promise(resolve => {
    waiting.set(id, resolve)
    target.postMessage({ id, language, code } satisfies HighlightRequest)
  })
}

/** Resolves when all code that was asked for has its colours, because the worker answers in order. */
export async function allHighlighted(): Promise<void> {
  if (worker) await highlight('', '')
}

function openWorker(): Worker | null {
  if (worker || typeof Worker === 'undefined') return worker
  try {
    worker = new Worker(new URL('./highlightWorker.ts', import.meta.url), { type: 'module' })
  } catch {
    return null
  }
  worker.onmessage = ({ data }: MessageEvent<HighlightAnswer>) => settle(data)
  worker.onerror = () => {
    worker?.terminate()
    worker = null
    for (const id of [...waiting.keys()]) settle({ id, runs: null })
  }
  return worker
}

function settle({ id, runs }: HighlightAnswer): void {
  waiting.get(id)?.(runs)
  waiting.delete(id)
}
