import { useTranslations } from 'use-intl'
import type { Composed, OutgoingMessage } from '../../../client/chat/chatState.ts'
import type { NoFields } from '../../../client/chat/composing/composed.ts'
import { SMALL_HEIGHT } from '../controls/button.tsx'
import { focusHome, passFocus } from '../controls/focus.ts'

const passOn = passFocus(focusHome)

/** The outgoing message, while the code that draws messages is not fetched yet, or cannot be because the server is away. */
export function PlainOutgoing({ outgoing }: { outgoing: OutgoingMessage }) {
  const t = useTranslations()
  const { content, attachments, ...rest }: Composed = outgoing
  rest satisfies NoFields
  return (
    <section
      ref={passOn}
      data-messages
      aria-label={t('conversation.label')}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
      tabIndex={0}
      className="min-h-0 flex-1 overflow-y-auto [scrollbar-gutter:stable]"
    >
      <ol className="column px-4 py-6">
        <li className="flex flex-col items-end">
          <h2 className="sr-only">{t('message.yours')}</h2>
          <p
            dir="auto"
            className="max-w-[85%] whitespace-pre-wrap break-words rounded-2xl rounded-br-md bg-accent-soft px-4 py-2.5 opacity-70"
          >
            {content || attachments.map(({ name }) => name).join('\n')}
          </p>
          <p className={`mt-1 flex items-center text-muted text-xs ${SMALL_HEIGHT}`}>
            {outgoing.waiting ? t('message.waiting') : t('message.sending')}
          </p>
        </li>
      </ol>
    </section>
  )
}
