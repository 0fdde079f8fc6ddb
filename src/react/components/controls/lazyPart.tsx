import { type ComponentType, type ReactNode, useEffect, useState } from 'react'
import { failureOfPart } from '../../../browser/missingFile.ts'
import type { Failure } from '../../../client/api.ts'
import { useLatestCallback } from '../../useLatestCallback.ts'

/** Milliseconds between tries to fetch a part. */
const AGAIN_DELAY = 3_000

/** A part of the page whose code is fetched when it is first needed. */
export interface PartSource<Props extends object> {
  /** The part, if it is fetched. */
  current(): ComponentType<Props> | undefined
  /** Fetches the part. After a failure it can be called again. */
  fetch(): Promise<ComponentType<Props>>
  /** Fetches the part because it is about to be needed. A failure is ignored. */
  preload(): void
}

export function partSource<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): PartSource<Props> {
  let part: ComponentType<Props> | undefined
  const fetch = async () => {
    part ??= await load()
    return part
  }
  return { current: () => part, fetch, preload: () => void fetch().catch(() => undefined) }
}

interface LazyPartProps<Props extends object> {
  source: PartSource<Props>
  props: Props
  /** Drawn until the part is fetched. */
  fallback?: ReactNode
  /** The part could not be fetched; another try follows. */
  onMissing(failure: Failure): void
}

/** Draws a part with `props` as soon as it is fetched. */
export function LazyPart<Props extends object>(lazy: LazyPartProps<Props>) {
  const { source, props, fallback = null, onMissing } = lazy
  const [Part, setPart] = useState(source.current)
  const onFailure = useLatestCallback(onMissing)
  useEffect(() => {
    if (Part) return
    let isGone = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const fail = (error: unknown) => {
      timer = setTimeout(fetch, AGAIN_DELAY)
      onFailure(failureOfPart(error))
    }
    const fetch = () => {
      source.fetch().then(
        part => isGone || setPart(() => part),
        error => isGone || fail(error),
      )
    }
    fetch()
    return () => {
      isGone = true
      clearTimeout(timer)
    }
  }, [Part, source, onFailure])
  return Part ? <Part {...props} /> : fallback
}
