import { isDeepStrictEqual } from 'node:util'
import type { Effect } from '../effect.ts'
import type { Chat, DecisionRecord, History } from '../history.ts'
import { type Call, mostAttemptsOf, REPEATABLE } from '../view.ts'
import { wrongAnswers } from './answers.ts'
import { type StoredCall, storedCalls } from './storedCalls.ts'
import type { StoredRows } from './storedRows.ts'

/**
 * How the effects of tools differ from what the messages say of them. A call is made at most once, never without the consent of a
 * person where one is asked, and with the arguments that were shown. Whatever may have happened is told.
 */
export async function wrongCalls(
  { history, effects: entries }: { history: History; effects: readonly Effect[] },
  rows: StoredRows,
): Promise<string[]> {
  const stored = await storedCalls(rows)
  const effects = entries.filter(({ hasGivenUp }) => !hasGivenUp)
  const inVain = new Set(entries.filter(({ hasGivenUp }) => hasGivenUp).map(({ callId }) => callId))
  const made = Map.groupBy(effects, ({ callId }) => callId)
  const byCall = Map.groupBy(stored, ({ call }) => call.callId)
  note(history, { effects, stored: byCall })
  return [
    ...stored.flatMap(each => wrongState(each, history)),
    ...[...byCall].flatMap(([callId, states]) =>
      wrongEffects(callId, states, { effects: made.get(callId) ?? [], isInVain: inVain.has(callId) }),
    ),
    ...(await wrongAnswers({ history, effects: entries, stored }, rows)),
    ...[...made].flatMap(([callId, effects]) => {
      const most = mostEffects(byCall.get(callId) ?? [], history)
      return effects.length > most ? [`call ${callId} was made ${effects.length} times, not ${most}`] : []
    }),
    ...effects.flatMap(effect => [
      ...untold(effect, byCall.get(effect.callId) ?? [], history),
      ...unasked(effect, history),
    ]),
  ]
}

/** How often a call may have had its effect: once, or as often as it was made because a process died. */
function mostEffects(states: readonly StoredCall[], { deaths }: History): number {
  const attempts = states.map(({ call }) => (call.tool === REPEATABLE ? call.attempt : 1))
  return Math.max(1, Math.min(1 + deaths, ...attempts))
}

/** What is counted besides the answers of calls. */
function note(
  { answers }: History,
  { effects, stored }: { effects: readonly Effect[]; stored: ReadonlyMap<string, readonly StoredCall[]> },
): void {
  const add = (name: string) => answers.set(name, (answers.get(name) ?? 0) + 1)
  for (const { tool } of effects) add(`calls of ${tool} made`)
  for (const states of stored.values())
    for (const status of new Set(states.map(({ call }) => call.status))) add(`calls ${status}`)
}

/** A call of an ended run is over, or waits for a decision. */
function wrongState({ call, messageId, runStatus }: StoredCall, history: History): string[] {
  const { callId, status, attempt } = call
  const found: string[] = []
  const wrong = (what: string) => found.push(`call ${callId} of message ${messageId} ${what}`)
  if (status === 'writing' || status === 'running') wrong(`is ${status}, and its run is ${runStatus}`)
  if (status === 'waiting' && runStatus !== 'paused') wrong(`waits, and its run is ${runStatus}`)
  if (attempt > mostAttemptsOf(call)) wrong(`was made ${attempt} times`)
  if (attempt === 0 && (status === 'completed' || status === 'unknown')) wrong(`is ${status} and never ran`)
  if (status === 'denied' && attempt > 0) wrong('was declined, and ran')
  const mayDie = history.deaths > 0 || history.fullDisks > 0 || history.troubles.length > 0
  if (status === 'unknown' && !mayDie) wrong('is unknown, and no process ended')
  return found
}

/** What all messages that have the call say of it, against what was done. */
function wrongEffects(
  callId: string,
  states: readonly StoredCall[],
  { effects, isInVain }: { effects: readonly Effect[]; isInVain: boolean },
): string[] {
  const found: string[] = []
  for (const { call } of states.filter(({ call }) => call.status === 'completed')) {
    // A tool that asks has its effect if all answers let it.
    const isAllowed = (call.questions ?? []).every(({ action }) => action === 'accept')
    const expected = isAllowed && !isInVain ? 1 : 0
    const isRepeated = call.tool === REPEATABLE && effects.length > expected
    if (effects.length !== expected && !isRepeated)
      found.push(`call ${callId} is completed, and was made ${effects.length} times, not ${expected}`)
  }
  for (const { call } of states) {
    const mayDiffer = call.status === 'writing' || call.status === 'stopped'
    for (const effect of effects)
      if (!(mayDiffer && call.attempt === 0) && !isDeepStrictEqual(argumentsOf(call), effect.arguments))
        found.push(
          `call ${callId} was shown with ${call.arguments}, and ran with ${JSON.stringify(effect.arguments)}`,
        )
  }
  return found
}

/** The message whose run made a call says that it ran. */
function untold(effect: Effect, states: readonly StoredCall[], history: History): string[] {
  const { callId, messageId, tool } = effect
  if (states.some(({ call, messageId: id }) => id === messageId && call.attempt > 0 && call.tool === tool))
    return []
  const chat = chatOf(effect, history)
  const mayBeGone = chat ? chat.wasEverGone : history.owners.some(owner => owner.erased.everAsked(true))
  return mayBeGone ? [] : [`call ${callId} had its effect, and message ${messageId} does not say so`]
}

/** A person is asked about each call of `pede`, and only an approval lets it run. */
function unasked(effect: Effect, history: History): string[] {
  const { tool, callId } = effect
  const chat = chatOf(effect, history)
  if (tool !== 'pede' || !chat) return []
  const all = chat.runs.flatMap(({ decisions }) => decisions)
  const about = all.filter(({ choices }) => choices.has(callId))
  const approves = ({ choices, isRefused }: DecisionRecord) =>
    !isRefused && (choices.get(callId) === 'approve' || choices.get(callId) === 'always')
  const isAlways = all.some(
    ({ choices, isRefused }) => !isRefused && [...choices.values()].includes('always'),
  )
  if (about.some(approves)) return []
  if (about.length === 0 && isAlways) return []
  return [`call ${callId} ran, and nobody approved it`]
}

function chatOf({ conversationId }: Effect, { chats }: History): Chat | undefined {
  return chats.find(({ id }) => id === conversationId)
}

function argumentsOf({ arguments: text }: Call): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
