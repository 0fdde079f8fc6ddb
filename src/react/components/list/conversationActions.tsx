import {
  Archive,
  ArchiveRestore,
  FileArchive,
  FileJson,
  FileText,
  LockKeyhole,
  LockKeyholeOpen,
  type LucideIcon,
  Pencil,
  Pin,
  PinOff,
  Printer,
  Share2,
  Trash2,
} from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { type ReactNode, type RefObject, useCallback, useRef } from 'react'
import { useTranslations } from 'use-intl'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { PATHS } from '../../../protocol/paths.ts'
import type { Conversation } from '../../../protocol/responses.ts'
import { printPage } from '../../printPage.ts'
import { useSurface } from '../../surface.ts'
import { useCanShare } from '../../useCanShare.ts'
import { focusedElement, focusPage, neighbourRow, visibleRow } from '../controls/focus.ts'
import { usePanels } from '../panels/panels.ts'

const ITEM =
  'flex min-h-10 cursor-default select-none items-center gap-3 rounded-md px-3 py-1.5 text-sm outline-none ' +
  'data-highlighted:bg-subtle pointer-coarse:min-h-11'

interface ConversationActionsProps {
  client: ChatClient
  conversation: Conversation
  isOnScreen?: boolean
  button: RefObject<HTMLButtonElement | null>
  /** The first item gets the focus. */
  isByKey: boolean
  onClose(): void
}

/** The open menu of a conversation, below its button. A chosen action runs once the menu is gone. */
export function ConversationActions({ button, isByKey, onClose, ...props }: ConversationActionsProps) {
  const { layers, isOwnPage } = useSurface()
  const { temporary } = props.conversation
  const chosen = useRef<(() => void) | null>(null)
  const isLeft = useRef(false)
  const enter = useCallback(
    (content: HTMLElement | null) => {
      if (isByKey) content?.querySelector<HTMLElement>('[role=menuitem]')?.focus({ preventScroll: true })
    },
    [isByKey],
  )
  const onCloseAutoFocus = (event: Event) => {
    event.preventDefault()
    if (!isLeft.current) button.current?.focus()
    chosen.current?.()
  }
  // A press of the button closes the menu. If the menu closed here first, the button would open it again. A press
  // anywhere else moves the focus there, so the button does not get it back.
  const onInteractOutside = (event: Event) => {
    if (button.current?.contains(event.target as Node)) event.preventDefault()
    else isLeft.current = true
  }
  const onChoose = (action: () => void) => {
    chosen.current = action
  }
  return (
    <DropdownMenu.Root open modal={false} onOpenChange={onClose}>
      <DropdownMenu.Trigger asChild>
        <span aria-hidden tabIndex={-1} className="pointer-events-none absolute inset-0" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal container={layers}>
        <DropdownMenu.Content
          ref={enter}
          align="end"
          collisionPadding={8}
          aria-labelledby={button.current?.id}
          onInteractOutside={onInteractOutside}
          onCloseAutoFocus={onCloseAutoFocus}
          className="z-20 max-h-(--radix-dropdown-menu-content-available-height) min-w-56 overflow-y-auto rounded-lg border border-line bg-surface p-1 shadow-lg"
        >
          {!temporary && <Organise {...props} button={button} onChoose={onChoose} />}
          {isOwnPage && (
            <>
              {!temporary && <Separator />}
              <TakeAway {...props} onChoose={onChoose} />
            </>
          )}
          <Separator />
          <PutAway {...props} button={button} onChoose={onChoose} />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

interface ItemsProps extends Pick<ConversationActionsProps, 'client' | 'conversation' | 'isOnScreen'> {
  onChoose(action: () => void): void
}

type ItemsWithButton = ItemsProps & Pick<ConversationActionsProps, 'button'>

function Organise({ client, conversation, button, onChoose }: ItemsWithButton) {
  const t = useTranslations()
  const panels = usePanels()
  const { id, pinned } = conversation
  // A row that is pinned moves, and is another element in its new place: focus that one.
  const pin = async () => {
    const isInList = neighbourRow(button.current) !== null
    await client.setPinned(id, !pinned)
    if (!isInList) return
    requestAnimationFrame(() => {
      const place = focusedElement()
      if (!place || place === button.current) visibleRow(id)?.focus()
    })
  }
  return (
    <>
      <Item icon={pinned ? PinOff : Pin} onSelect={() => onChoose(pin)}>
        {pinned ? t('menu.unpin') : t('menu.pin')}
      </Item>
      <Item icon={Pencil} onSelect={() => onChoose(() => panels.show({ name: 'rename', conversation }))}>
        {t('menu.rename')}
      </Item>
    </>
  )
}

function TakeAway({ client, conversation, isOnScreen, onChoose }: ItemsProps) {
  const t = useTranslations()
  const panels = usePanels()
  const canShare = useCanShare(client)
  return (
    <>
      {canShare && !conversation.temporary && (
        <Item icon={Share2} onSelect={() => onChoose(() => panels.show({ name: 'share', conversation }))}>
          {t('menu.share')}
        </Item>
      )}
      <Item icon={FileText} href={PATHS.export(conversation.id, 'markdown')}>
        {t('menu.exportMarkdown')}
      </Item>
      <Item icon={FileArchive} href={PATHS.export(conversation.id, 'zip')}>
        {t('menu.exportZip')}
      </Item>
      <Item icon={FileJson} href={PATHS.export(conversation.id, 'json')}>
        {t('menu.exportJson')}
      </Item>
      {isOnScreen && (
        <Item icon={Printer} onSelect={() => onChoose(() => void printPage())}>
          {t('menu.print')}
        </Item>
      )}
    </>
  )
}

function PutAway({ client, conversation, button, onChoose }: ItemsWithButton) {
  const t = useTranslations()
  const { id, archived, temporary } = conversation
  const isClosed = conversation.status === 'CLOSED'
  const archive = () => {
    neighbourRow(button.current)?.focus()
    client.setArchived(id, !archived)
  }
  const remove = async () => {
    const row = neighbourRow(button.current)
    row?.focus()
    await client.remove(id)
    if (!row) focusPage()
  }
  return (
    <>
      <Item
        icon={isClosed ? LockKeyholeOpen : LockKeyhole}
        onSelect={() => onChoose(() => client.setStatus(id, isClosed ? 'OPEN' : 'CLOSED'))}
      >
        {isClosed ? t('menu.reopen') : t('menu.close')}
      </Item>
      {!temporary && (
        <Item icon={archived ? ArchiveRestore : Archive} onSelect={() => onChoose(archive)}>
          {archived ? t('menu.unarchive') : t('menu.archive')}
        </Item>
      )}
      <Item icon={Trash2} isDangerous onSelect={() => onChoose(remove)}>
        {temporary ? t('temporary.erase') : t('menu.remove')}
      </Item>
    </>
  )
}

interface ItemProps {
  icon: LucideIcon
  /** The address of a download. */
  href?: string
  isDangerous?: boolean
  onSelect?(): void
  children: ReactNode
}

function Item({ icon: Icon, href, isDangerous = false, onSelect, children }: ItemProps) {
  const label = (
    <>
      <Icon aria-hidden className={`size-4 shrink-0 ${isDangerous ? '' : 'text-muted'}`} />
      {children}
    </>
  )
  return (
    <DropdownMenu.Item
      className={`${ITEM} ${isDangerous ? 'text-danger' : ''}`}
      asChild={href !== undefined}
      {...(onSelect && { onSelect })}
    >
      {href === undefined ? (
        label
      ) : (
        <a href={href} download>
          {label}
        </a>
      )}
    </DropdownMenu.Item>
  )
}

function Separator() {
  return <DropdownMenu.Separator className="my-1 h-px bg-line" />
}
