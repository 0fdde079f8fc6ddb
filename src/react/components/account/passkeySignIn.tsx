import { useEffect, useState } from 'react'
import { askForPasskey, fillsPasskeys, hasPasskeys, stopAskingForPasskey } from '../../../browser/passkeys.ts'
import type { AccountCalls } from '../../../client/accountCalls.ts'
import { useLatestCallback } from '../../useLatestCallback.ts'
import { Button } from '../controls/button.tsx'
import { useFailureText } from '../controls/useFailureText.ts'
import { problemText } from './passkeys.tsx'
import { useAccountTexts } from './useAccountTexts.ts'

/** A challenge of the server is good for five minutes. The page asks for another one before, in milliseconds. */
const RENEW_AFTER = 4 * 60_000

/** Signs in with a passkey: by a button, or by the field for the address, in which the browser offers those that it has. */
export function PasskeySignIn({ calls, onDone }: { calls: AccountCalls; onDone(): void }) {
  const t = useAccountTexts()
  const failureText = useFailureText()
  const [problem, setProblem] = useState('')
  const [isAsking, setAsking] = useState(false)
  const [round, setRound] = useState(0)
  const fail = (text: string) => {
    setProblem(text)
    setAsking(false)
  }
  const signIn = useLatestCallback(async (isFilledIn: boolean, isGone: () => boolean = () => false) => {
    const begun = await calls.beginPasskeySignIn()
    if (isGone()) return
    if (!begun.ok) return isFilledIn ? undefined : fail(failureText(begun.failure))
    const given = await askForPasskey(begun.value.options, { isFilledIn })
    if (isGone()) return
    if ('problem' in given) return isFilledIn ? undefined : fail(problemText(given.problem, t))
    const result = await calls.signInByPasskey({ credential: given.credential })
    if (result.ok) return onDone()
    fail(result.failure === 'SIGN_IN_FAILED' ? t.passkeyUnknown : failureText(result.failure))
  })
  useEffect(() => {
    // The browser does one of both, and its dialog must stay. No round follows a failure at once: a device that answers by itself
    // would fail again and again.
    if (isAsking) return
    let isGone = false
    const timer = setTimeout(() => setRound(round + 1), RENEW_AFTER)
    void fillsPasskeys().then(fills => fills && !isGone && signIn(true, () => isGone))
    return () => {
      isGone = true
      clearTimeout(timer)
    }
  }, [round, isAsking, signIn])
  useEffect(() => stopAskingForPasskey, [])
  if (!hasPasskeys()) return null
  const press = () => {
    setProblem('')
    setAsking(true)
    signIn(false)
  }
  return (
    <div className="space-y-2">
      <p role="alert" className="rounded-lg bg-danger-soft px-3 py-2 text-danger text-sm empty:hidden">
        {problem}
      </p>
      <Button shape="secondary" className="w-full" aria-busy={isAsking} onClick={press}>
        {t.signInByPasskey}
      </Button>
    </div>
  )
}
