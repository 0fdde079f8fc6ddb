import { type CSSProperties, memo, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { useTranslations } from 'use-intl'
import { currentOf } from '../../client/chat/chatState.ts'
import { createPageState } from '../../client/chat/runs/liveReply.ts'
import type { OwnedClient } from '../../client/ownedClient.ts'
import type { Locale } from '../../protocol/locale.ts'
import { Chat as ChatBox } from '../components/chat/chat.tsx'
import { isTemporary, titleOf } from '../components/chat/titleOf.ts'
import { noteUseOf } from '../components/controls/focus.ts'
import { TextProvider } from '../components/textProvider.tsx'
import { FilesContext } from '../files.ts'
import type { Catalogue } from '../i18n/catalogue.ts'
import { loadCatalogue } from '../i18n/loadCatalogue.ts'
import { type ChatSlots, SurfaceContext } from '../surface.ts'
import { useConnection } from './riachoProvider.tsx'

export interface ChatProps {
  /** Whether the list of conversations is there: beside the conversation, or behind a button if there is little room. */
  hasList?: boolean
  /** Parts that your app draws itself. */
  slots?: ChatSlots
  className?: string
  style?: CSSProperties
}

/** Milliseconds between tries to fetch the texts. */
const AGAIN_DELAY = 3_000

/**
 * A whole chat. It fills its container, which has to have a height. A server draws an empty box; the rest comes with the
 * texts of the language.
 */
export function Chat({ hasList = true, slots = {}, className = '', style }: ChatProps) {
  const { key, full, locale } = useConnection()
  const root = useRef<HTMLDivElement>(null)
  const [layers, setLayers] = useState<HTMLElement | null>(null)
  const messages = useCatalogue(locale)
  const changes = useSyncExternalStore(full.subscribe, full.ownerChanges, full.ownerChanges)
  const { greeting, header, message, composerActions } = slots
  const surface = useMemo(() => {
    const slots = { greeting, header, message, composerActions }
    return { isOwnPage: false, root, layers: layers ?? undefined, slots }
  }, [layers, greeting, header, message, composerActions])
  const files = useMemo(() => ({ urlOf: full.urlOfFile, read: full.readFile }), [full])
  const noteUse = () => noteUseOf(root.current)
  return (
    <div
      ref={root}
      lang={locale}
      className={`riacho ${className}`}
      style={style}
      aria-busy={!messages}
      onFocusCapture={noteUse}
      onPointerDownCapture={noteUse}
    >
      {messages && layers && (
        <SurfaceContext value={surface}>
          <FilesContext value={files}>
            <TextProvider locale={locale} messages={messages}>
              <OpenChat key={`${key} ${changes}`} client={full} hasList={hasList} />
            </TextProvider>
          </FilesContext>
        </SurfaceContext>
      )}
      <div ref={setLayers} />
    </div>
  )
}

interface OpenChatProps {
  client: OwnedClient
  hasList: boolean
}

/** An app may draw itself again with each token. That draws nothing here. */
const OpenChat = memo(function OpenChat({ client, hasList }: OpenChatProps) {
  const t = useTranslations()
  const [query, setQuery] = useState('')
  const [getState] = useState(() => createPageState(client.getState))
  const state = useSyncExternalStore(client.subscribe, getState, getState)
  const isNew = currentOf(state).status === 'new'
  const known = titleOf(state) || (isTemporary(state) ? t('temporary.title') : '')
  const title = isNew ? t('list.start') : known
  return (
    <ChatBox
      client={client}
      state={state}
      isNew={isNew}
      title={title}
      hasList={hasList}
      query={query}
      onSearch={setQuery}
    />
  )
})

function useCatalogue(locale: Locale): Catalogue | null {
  const [texts, setTexts] = useState<{ locale: Locale; messages: Catalogue } | null>(null)
  useEffect(() => {
    let isGone = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const load = () => {
      loadCatalogue(locale).then(
        messages => isGone || setTexts({ locale, messages }),
        () => {
          if (!isGone) timer = setTimeout(load, AGAIN_DELAY)
        },
      )
    }
    load()
    return () => {
      isGone = true
      clearTimeout(timer)
    }
  }, [locale])
  return texts?.locale === locale ? texts.messages : null
}
