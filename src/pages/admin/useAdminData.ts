import { useCallback, useEffect, useState } from 'react'
import { type ApiCall, type ApiResult, callApi, type Failure } from '../../client/api.ts'

/** Makes one call of the API. Never throws. `issues`: what is wrong with the request, as the server says it. */
export async function callAdmin<Value>(call: ApiCall): Promise<ApiResult<Value> & { issues: string[] }> {
  let issues: string[] = []
  const here = {
    async fetch(path: string, init: RequestInit) {
      const response = await fetch(path, init)
      if (response.status === 400) {
        const body = (await response.clone().json()) as { issues?: string[] }
        issues = body.issues ?? []
      }
      return response
    },
  }
  return { ...(await callApi<Value>(here, call)), issues }
}

export interface AdminData<Value> {
  /** `null` until it is read. */
  value: Value | null
  failure: Failure | null
  /** Reads it again. What was read stays meanwhile. */
  read(): void
}

/** Reads what is at `path`, now and whenever the path changes. */
export function useAdminData<Value>(path: string): AdminData<Value> {
  const [value, setValue] = useState<Value | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [times, setTimes] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: `times` makes it read again
  useEffect(() => {
    const stop = new AbortController()
    void callAdmin<Value>({ method: 'GET', path, signal: stop.signal }).then(result => {
      if (stop.signal.aborted) return
      setFailure(result.ok ? null : result.failure)
      if (result.ok) setValue(result.value)
    })
    return () => stop.abort()
  }, [path, times])
  const read = useCallback(() => setTimes(known => known + 1), [])
  return { value, failure, read }
}

interface Page {
  nextCursor: string | null
}

export interface AdminPages<Item, Read = unknown> extends AdminData<readonly Item[]> {
  /** What was read with the first page. */
  first: Read | null
  hasMore: boolean
  /** Reads the next page. */
  more(): void
}

/** Reads a list page by page. `pathOf` gives the path of the page after a cursor. */
export function useAdminPages<Item, Read extends Page>(
  pathOf: (cursor: string | null) => string,
  itemsOf: (page: Read) => readonly Item[],
): AdminPages<Item, Read> {
  const first = useAdminData<Read>(pathOf(null))
  const [later, setLater] = useState<{ after: Read; pages: readonly Read[] } | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  // Pages after one that was read again since are no longer those after it.
  const pages = later && later.after === first.value ? later.pages : []
  const all = first.value ? [first.value, ...pages] : []
  const cursor = all.at(-1)?.nextCursor ?? null
  return {
    value: first.value ? all.flatMap(page => [...itemsOf(page)]) : null,
    first: first.value,
    failure: first.failure ?? failure,
    read() {
      setFailure(null)
      first.read()
    },
    hasMore: cursor !== null,
    async more() {
      if (cursor === null || !first.value) return
      const result = await callAdmin<Read>({ method: 'GET', path: pathOf(cursor) })
      setFailure(result.ok ? null : result.failure)
      if (result.ok) setLater({ after: first.value, pages: [...pages, result.value] })
    },
  }
}
