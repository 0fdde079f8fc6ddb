import { noteWork } from './whenIdle.ts'

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

/** The worker can take code. Until then the time goes to fetching its file, which no code is to blame for. */
export const READY = 'ready'

/** Longer code stays plain, because its colours would take thousands of elements. */
const LONGEST = 60_000
/**
 * Milliseconds for the colours of one piece of code. The rules of a language are regular expressions, and some text makes
 * them take a time that doubles with each character.
 */
const TIME_LIMIT = 3000

interface Task {
  request: HighlightRequest
  resolve: (runs: readonly Run[] | null) => void
}

/**
 * The worker is in one of these states:
 * - **absent**: nobody asked yet, or the last worker was ended. The next code makes one.
 * - **loading**: its file is being fetched. Code waits.
 * - **ready**: it has at most one piece of code, whose time runs. The others wait. If the time is over, the worker is ended,
 *   this piece stays plain, and the next one gets a new worker.
 */
let worker: Worker | null = null
let isReady = false
let underWay: Task | null = null
let timer: ReturnType<typeof setTimeout> | undefined
let waiting: Task[] = []
let lastId = 0

/** The code in coloured runs, which a worker finds, or `null` if it stays plain. */
export function highlight(language: string, code: string): Promise<readonly Run[] | null> {
  const target = code.length > LONGEST ? null : openWorker()
  if (!target) return Promise.resolve(null)
  const request = { id: ++lastId, language, code }
  const answer = new Promise<readonly Run[] | null>(resolve => {
    waiting.push({ request, resolve })
    sendNext()
  })
  return noteWork(answer)
}

function openWorker(): Worker | null {
  if (worker || typeof Worker === 'undefined') return worker
  try {
    worker = new Worker(new URL('./highlightWorker.ts', import.meta.url), { type: 'module' })
  } catch {
    return null
  }
  worker.onmessage = ({ data }: MessageEvent<HighlightAnswer | typeof READY>) => {
    if (data === READY) isReady = true
    else if (data.id === underWay?.request.id) settle(data.runs)
    sendNext()
  }
  worker.onerror = () => {
    closeWorker()
    settle(null)
    leavePlain()
  }
  return worker
}

function closeWorker(): void {
  worker?.terminate()
  worker = null
  isReady = false
}

function sendNext(): void {
  if (!worker || !isReady || underWay) return
  const next = waiting.shift()
  if (!next) return
  underWay = next
  timer = setTimeout(takesTooLong, TIME_LIMIT)
  worker.postMessage(next.request)
}

function takesTooLong(): void {
  closeWorker()
  settle(null)
  if (waiting.length > 0 && !openWorker()) leavePlain()
}

function leavePlain(): void {
  const plain = waiting
  waiting = []
  for (const { resolve } of plain) resolve(null)
}

function settle(runs: readonly Run[] | null): void {
  clearTimeout(timer)
  underWay?.resolve(runs)
  underWay = null
}
