import { useTranslations } from 'use-intl'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import type { OpenConversation } from '../../../client/chat/chatState.ts'
import type { AssistantResponse } from '../../../protocol/responses.ts'

interface GreetingProps {
  client: ChatClient
  open: OpenConversation
  assistants: readonly AssistantResponse[]
}

/** The start of a new conversation: the choice of the assistant, its greeting, and its starters. */
export function Greeting({ client, open, assistants }: GreetingProps) {
  const t = useTranslations()
  const chosen = open.conversation?.assistant ?? open.assistant
  const assistant = assistants.find(({ id }) => id === chosen) ?? assistants[0]
  return (
    <>
      {open.status === 'new' && assistants.length > 1 && (
        <Choice assistants={assistants} chosen={assistant?.id} onChoose={client.chooseAssistant} />
      )}
      <h2 className="text-balance font-semibold text-2xl">{assistant?.greeting ?? t('greeting.title')}</h2>
      {assistant && assistant.starters.length > 0 && (
        <ul aria-label={t('greeting.starters')} className="mt-8 grid gap-2 sm:grid-cols-2">
          {assistant.starters.map(starter => (
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
      )}
    </>
  )
}

interface ChoiceProps {
  assistants: readonly AssistantResponse[]
  chosen: string | undefined
  onChoose(assistant: string): void
}

function Choice({ assistants, chosen, onChoose }: ChoiceProps) {
  const t = useTranslations()
  return (
    <fieldset className="mb-8">
      <legend className="mx-auto mb-2 text-muted text-sm">{t('greeting.assistants')}</legend>
      <div className="flex flex-wrap justify-center gap-2">
        {assistants.map(({ id, name }) => (
          <label key={id} className="choice">
            <input
              type="radio"
              name="assistant"
              className="sr-only"
              checked={id === chosen}
              onChange={() => onChoose(id)}
            />
            {name}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
