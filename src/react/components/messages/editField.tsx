import { type KeyboardEvent, type RefObject, useEffect, useId, useLayoutEffect, useRef } from 'react'
import { useTranslations } from 'use-intl'
import type { Composed } from '../../../client/chat/chatState.ts'
import { isBlank } from '../../../client/chat/composing/composed.ts'
import { AttachmentChips } from '../composer/attachmentChips.tsx'
import { isSendKey } from '../composer/composerKeys.ts'
import { Button } from '../controls/button.tsx'
import { fitHeight } from '../controls/fitHeight.ts'
import { isComposing } from '../controls/isComposing.ts'
import { useHasKeyboard } from '../controls/keyboard.ts'

interface EditFieldProps {
  message: Composed
  /** Why it cannot be sent now; `null` if it can. */
  held: 'busy' | 'closed' | null
  saveLabel: string
  onChange(message: Composed): void
  onSave(): void
  onCancel(): void
}

/** A message that a person is changing in its place. */
export function EditField({ message, held, saveLabel, onChange, onSave, onCancel }: EditFieldProps) {
  const t = useTranslations()
  const hintId = useId()
  const { content, attachments } = message
  const field = useField(content)
  const enterSends = useHasKeyboard()
  const canSave = !held && !isBlank(message)
  const hint = enterSends ? t('edit.hint') : t('composer.hintTouch')
  const isBusy = held === 'busy'

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !isComposing(event.nativeEvent)) {
      event.stopPropagation()
      onCancel()
    } else if (isSendKey(event.nativeEvent, enterSends)) {
      event.preventDefault()
      if (canSave) onSave()
    }
  }
  return (
    <div className="w-full rounded-2xl border border-line-strong bg-surface p-2 focus-within:border-accent">
      <AttachmentChips
        attachments={attachments}
        onChange={changed => onChange({ content, attachments: changed })}
      />
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        enterKeyHint={enterSends ? 'send' : 'enter'}
        value={content}
        aria-label={t('edit.label')}
        aria-describedby={hintId}
        onChange={event => onChange({ content: event.target.value, attachments })}
        onKeyDown={onKeyDown}
        className="max-h-[50dvh] min-h-10 pointer-coarse:min-h-11 w-full resize-none bg-transparent px-2 py-1.5 outline-none"
      />
      <div className="flex flex-wrap items-center justify-end gap-2">
        <p
          id={hintId}
          role="status"
          className={`min-w-40 flex-1 px-2 text-muted text-xs ${isBusy ? '' : '@max-3xl/chat:hidden'}`}
        >
          {isBusy ? t('edit.busy') : hint}
        </p>
        <Button shape="secondary" onClick={onCancel}>
          {t('edit.cancel')}
        </Button>
        <Button shape="primary" aria-disabled={!canSave} onClick={onSave}>
          {saveLabel}
        </Button>
      </div>
    </div>
  )
}

/** The field: as tall as its text, and focused at its end when it opens. */
function useField(content: string): RefObject<HTMLTextAreaElement | null> {
  const field = useRef<HTMLTextAreaElement>(null)
  useLayoutEffect(() => {
    if (field.current) fitHeight(field.current, content)
  }, [content])
  useEffect(() => {
    const element = field.current
    element?.focus()
    element?.setSelectionRange(element.value.length, element.value.length)
  }, [])
  return field
}
