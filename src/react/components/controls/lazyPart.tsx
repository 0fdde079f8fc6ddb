import { type ComponentType, type ReactNode, useEffect, useEffectEvent, useState } from 'react'
import { failureOfPart } from '../../../browser/missingFile.ts'
import type { Failure } from '../../../client/chat/api.ts'

/** Milliseconds between tries to fetch a part that is still waited for. */
const AGAIN_DELAY = 3_000

/** A part of the page that is fetched when it is first needed. */
export interface PartSource<Props extends object> {
  /** The part, once it is there. */
  current(): ComponentType<Props> | undefined
  /** Fetches it; after a failure, again. */
  fetch(): Promise<ComponentType<Props>>
  /** Fetches it ahead: somebody is about to ask for it. */
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
  /** What is drawn until it is there. */
  fallback?: ReactNode
  /** It cannot be had now. */
  onMissing(failure: Failure): void
}

/** Draws a part with `props`, as soon as it is there. */
export function LazyPart<Props extends object>(lazy: LazyPartProps<Props>) {
  const { source, props, fallback = null, onMissing } = lazy
  const [Part, setPart] = useState(source.current)
  const onFailure = useEffectEvent(onMissing)
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
  }, [Part, source])
  return Part ? <Part {...props} /> : fallback
}
