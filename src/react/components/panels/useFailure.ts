import { useCallback, useEffect, useRef, useState } from 'react'
import type { Failure } from '../../../client/api.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'

interface DialogFailure {
  failure: Failure | null
  /** Shows a failure in the dialog; `null` clears it. */
  setFailure(failure: Failure | null): void
  /** Shows a failure in the dialog, or on the page if the dialog is closed. */
  tellFailure(failure: Failure | null): void
  /** Moves the notice of the page into the dialog, which covers it. Leaves it on the page if the dialog is closed. */
  takeNotice(): void
}

/** The failure of what a person asked for in a dialog. */
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
