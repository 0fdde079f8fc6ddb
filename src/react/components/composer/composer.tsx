import { LockKeyhole } from 'lucide-react'
import {
  type ClipboardEvent,
  type KeyboardEvent,
  memo,
  type RefObject,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
} from 'react'
import { useTranslations } from 'use-intl'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { fullnessOf } from '../../../client/chat/composing/composed.ts'
import { isUploading } from '../../../client/chat/composing/uploads.ts'
import { useSurface } from '../../surface.ts'
import { Button } from '../controls/button.tsx'
import { fitHeight } from '../controls/fitHeight.ts'
import { focusPage, passFocus, visibleSearchField } from '../controls/focus.ts'
import { useHasKeyboard } from '../controls/keyboard.ts'
import { LazyPart, partSource } from '../controls/lazyPart.tsx'
import { Slot } from '../controls/slot.tsx'
import { AttachButton, AttachmentProblem, DropNotice } from './attaching.tsx'
import { CommandList } from './commandList.tsx'
import { isSendKey } from './composerKeys.ts'
import type { ComposerState } from './composerState.ts'
import { SendButton } from './sendButton.tsx'
import { useAttachments } from './useAttachments.ts'
import { type CommandMenu, useCommandMenu } from './useCommandMenu.ts'
import { useDroppedFiles } from './useDroppedFiles.ts'

const chips = partSource(() => import('./attachmentChips.tsx').then(({ AttachmentChips }) => AttachmentChips))
const passOn = passFocus(focusPage)
const NO_VALUES = {}

type ComposerProps = ComposerState & { client: ChatClient }

/** The field in which a message is written. In a closed conversation, a note and a button that reopens it. */
export function Composer({ closed, ...props }: ComposerProps) {
  if (closed === 'not-found') return null
  if (closed) return <Closed client={props.client} {...closed} />
  return <OpenComposer {...props} />
}

const OpenComposer = memo(function OpenComposer(props: Omit<ComposerProps, 'closed'>) {
  const { client, openKey, draft, attachments, uploads, queued } = props
  const field = useRef<HTMLTextAreaElement>(null)
  const menu = useCommandMenu(client, draft)
  const enterSends = useHasKeyboard()
  const hint = useId()
  const { said, problem, changeAttachments, attach, insert, onPaste } = useAttachments(props)
  useFocusOnOpen(field, openKey)
  const focusField = () => field.current?.focus()
  return (
    <form
      className="column relative px-4 pb-[max(0.75rem,env(safe-area-inset-bottom))]"
      onSubmit={event => event.preventDefault()}
    >
      <CommandList {...menu} />
      <DropNotice onDrop={attach} />
      <div className="rounded-2xl border border-line-strong bg-surface p-1.5 focus-within:border-accent">
        {attachments.length + uploads.length > 0 && (
          <LazyPart
            source={chips}
            props={{
              attachments,
              uploads,
              onChange: changeAttachments,
              onCancelUpload: upload => client.cancelUpload(upload.id),
              onRetryUpload: upload => client.retryUpload(upload.id),
              onInsert: attachment => {
                insert(attachment)
                focusField()
              },
            }}
            onMissing={client.setNotice}
          />
        )}
        <div className="flex items-end gap-1">
          <AttachButton
            onChoose={files => {
              attach(files)
              focusField()
            }}
          />
          <Field
            client={client}
            draft={draft}
            field={field}
            menu={menu}
            hint={hint}
            enterSends={enterSends}
            onPaste={onPaste}
          />
          <Slot name="composerActions" values={NO_VALUES}>
            <SendButton {...props} onSent={focusField} />
          </Slot>
        </div>
      </div>
      <AttachmentProblem text={problem} />
      <Hint id={hint} draft={draft} attachments={attachments} uploads={uploads} enterSends={enterSends} />
      <Spoken said={said} queued={queued} />
    </form>
  )
})

/** What a screen reader hears of what was attached and queued. */
function Spoken({ said, queued }: Pick<ReturnType<typeof useAttachments>, 'said'> & { queued: number }) {
  const t = useTranslations()
  return (
    <>
      <p role="status" className="sr-only">
        <span key={said.count}>{said.text}</span>
      </p>
      <p role="status" className="sr-only">
        {queued > 0 && t('queue.added', { count: queued })}
      </p>
    </>
  )
}

interface FieldProps extends Pick<ComposerProps, 'client' | 'draft'> {
  field: RefObject<HTMLTextAreaElement | null>
  menu: CommandMenu
  /** The id of the text that describes the field. */
  hint: string
  enterSends: boolean
  onPaste(event: ClipboardEvent): void
}

function Field({ client, field, draft, menu, hint, enterSends, onPaste }: FieldProps) {
  const t = useTranslations()
  useLayoutEffect(() => {
    if (field.current) fitHeight(field.current, draft)
  }, [field, draft])
  const onKeyDown = (event: KeyboardEvent) => {
    if (menu.onKey(event) || !isSendKey(event.nativeEvent, enterSends)) return
    event.preventDefault()
    client.send()
  }
  const isMenu = menu.options.length > 0
  return (
    <textarea
      ref={field}
      data-composer
      rows={1}
      dir="auto"
      autoComplete="off"
      enterKeyHint={isMenu ? 'go' : enterSends ? 'send' : 'enter'}
      value={draft}
      aria-label={t('composer.label')}
      aria-describedby={hint}
      {...(isMenu && {
        'aria-autocomplete': 'list',
        'aria-controls': menu.id,
        'aria-activedescendant': `${menu.id}-${menu.active}`,
      })}
      placeholder={t('composer.placeholder')}
      onChange={event => client.setDraft(event.target.value)}
      onKeyDown={onKeyDown}
      onPaste={onPaste}
      className="max-h-[40dvh] min-h-10 flex-1 resize-none bg-transparent px-2 py-2 outline-none placeholder:text-muted"
    />
  )
}

/**
 * Focuses the field when another conversation is opened, except on touch screens. In another app only if the person is in
 * this chat already, because the rest of the page is not the chat's.
 */
function useFocusOnOpen(field: RefObject<HTMLTextAreaElement | null>, openKey: string): void {
  const isFirst = useRef(true)
  const { root } = useSurface()
  useEffect(() => {
    // A person may have typed into the search field before the script of the page ran.
    const isSearching = isFirst.current && document.activeElement === visibleSearchField()
    if (openKey) isFirst.current = false
    if (root && !root.current?.contains(document.activeElement)) return
    if (openKey && !isSearching && matchMedia('(hover: hover)').matches) field.current?.focus()
  }, [field, openKey, root])
}

interface HintProps extends Pick<ComposerState, 'draft' | 'attachments' | 'uploads'> {
  id: string
  enterSends: boolean
}

/** How to send, what has to end before, what a message goes without, or how much room is left in a message that is nearly too large. */
function Hint({ id, draft, attachments, uploads, enterSends }: HintProps) {
  const t = useTranslations()
  const fullness = useMemo(() => fullnessOf({ content: draft, attachments }), [draft, attachments])
  const waits = fullness === 0 && isUploading(uploads)
  const leavesOut = fullness === 0 && !waits && uploads.length > 0
  const shown =
    waits || leavesOut
      ? 'text-muted'
      : fullness === 0
        ? 'hidden text-muted @3xl/chat:block'
        : fullness > 1
          ? 'text-danger'
          : 'text-muted'
  return (
    <p id={id} data-hint className={`mt-1.5 text-center text-xs ${shown}`}>
      {waits && t('attachment.wait')}
      {leavesOut && t('attachment.leavesOut')}
      {fullness === 0 && !waits && !leavesOut && (enterSends ? t('composer.hint') : t('composer.hintTouch'))}
      {fullness > 1 && t('composer.tooLarge')}
      {fullness > 0 && fullness <= 1 && t('composer.room', { percent: fullness })}
    </p>
  )
}

function Closed({ client, conversationId }: { client: ChatClient; conversationId: string }) {
  const t = useTranslations()
  useDroppedFiles(null)
  return (
    <div className="column flex flex-wrap items-center gap-3 px-4 pb-4">
      <LockKeyhole aria-hidden className="size-4 text-muted" />
      <p className="flex-1 text-muted">{t('conversation.closed')}</p>
      <Button ref={passOn} shape="secondary" onClick={() => client.setStatus(conversationId, 'OPEN')}>
        {t('conversation.reopen')}
      </Button>
    </div>
  )
}
