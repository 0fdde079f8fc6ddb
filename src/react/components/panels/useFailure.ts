import { useCallback, useEffect, useRef, useState } from 'react'
import type { Failure } from '../../../client/chat/api.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'

interface DialogFailure {
  failure: Failure | null
  /** Says it in the dialog, or nothing any more. */
  setFailure(failure: Failure | null): void
  /** Says it in the dialog or, once that is closed, on the page. */
  tellFailure(failure: Failure | null): void
  /** Says in the dialog what the page would: it cannot be reached meanwhile. Once that is closed, the page says it. */
  takeNotice(): void
}

/** Why something asked for in a dialog did not happen. */
export function useFailure(client: ChatClient): DialogFailure {
  const [failure, setFailure] = useState<Failure | null>(null)
  const isOpen = useRef(false)
  useEffect(() => {
    isOpen.current = true
    return () => {
      isOpen.current = false
    }
  }, [])
  const tellFailure = useCallback(
    (next: Failure | null) => {
      if (isOpen.current) setFailure(next)
      else if (next) client.setNotice(next)
    },
    [client],
  )
  const takeNotice = useCallback(() => {
    if (!isOpen.current) return
    setFailure(client.getState().notice)
    client.dismissNotice()
  }, [client])
  return { failure, setFailure, tellFailure, takeNotice }
}
