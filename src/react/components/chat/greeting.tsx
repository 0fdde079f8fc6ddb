import { useId } from 'react'
import { useTranslations } from 'use-intl'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { OpenConversation } from '../../../client/chat/chatState.ts'
import type { AssistantResponse } from '../../../protocol/responses.ts'
import { focusHome, passFocus } from '../controls/focus.ts'
import { Slot } from '../controls/slot.tsx'
import { TemporaryChoice } from './temporaryChoice.tsx'

interface GreetingProps {
  client: ChatClient
  open: OpenConversation
  /** `null` until they are read. */
  assistants: readonly AssistantResponse[] | null
}

const passOn = passFocus(focusHome)

/** Above the composer of an empty conversation: the choice of the assistant, its greeting, and whether it is temporary. */
export function Greeting({ client, open, assistants }: GreetingProps) {
  const t = useTranslations()
  const assistant = chosenOf(open, assistants)
  return (
    <div ref={passOn} className="above-composer column flex flex-col justify-end px-4 pt-4 pb-6 text-center">
      {open.status === 'new' && assistants && assistants.length > 1 && (
        <Choice assistants={assistants} chosen={assistant?.id} onChoose={client.chooseAssistant} />
      )}
      <Slot name="greeting" values={{ assistant: assistant ?? null }}>
        {assistants && (
          <h2 className="text-balance font-semibold text-2xl">
            {assistant?.greeting ?? t('greeting.title')}
          </h2>
        )}
      </Slot>
      {!open.conversation && <TemporaryChoice client={client} open={open} />}
    </div>
  )
}

/** Below the composer of an empty conversation: what the assistant offers to begin with. */
export function Starters({ client, open, assistants }: GreetingProps) {
  const t = useTranslations()
  const starters = chosenOf(open, assistants)?.starters ?? []
  if (starters.length === 0) return null
  return (
    <ul
      ref={passOn}
      aria-label={t('greeting.starters')}
      className="column grid gap-2 px-4 pt-1 pb-[max(2rem,env(safe-area-inset-bottom))] @2xl/chat:grid-cols-2"
    >
      {starters.map(starter => (
        <li key={starter} className="flex">
          <button
            type="button"
            onClick={() => client.send(starter)}
            className="min-h-14 flex-1 rounded-xl border border-line bg-surface px-4 py-3 text-left text-sm hover:bg-subtle"
          >
            {starter}
          </button>
        </li>
      ))}
    </ul>
  )
}

function chosenOf(open: OpenConversation, assistants: readonly AssistantResponse[] | null) {
  const chosen = open.conversation?.assistant ?? open.assistant
  return assistants?.find(({ id }) => id === chosen) ?? assistants?.[0]
}

interface ChoiceProps {
  assistants: readonly AssistantResponse[]
  chosen: string | undefined
  onChoose(assistant: string): void
}

function Choice({ assistants, chosen, onChoose }: ChoiceProps) {
  const t = useTranslations()
  const name = useId()
  return (
    <fieldset className="mb-8">
      <legend className="mx-auto mb-2 text-muted text-sm">{t('greeting.assistants')}</legend>
      <div className="flex flex-wrap justify-center gap-2">
        {assistants.map(({ id, name: label }) => (
          <label key={id} className="choice">
            <input
              type="radio"
              name={name}
              className="sr-only"
              checked={id === chosen}
              onChange={() => onChoose(id)}
            />
            {label}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
