import { ThumbsDown, ThumbsUp } from 'lucide-react'
import { type FormEvent, type ReactNode, type RefObject, useCallback, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Feedback as Given } from '../../../protocol/responses.ts'
import { Button } from '../controls/button.tsx'
import { IconButton } from '../controls/iconButton.tsx'
import { PopoverPart, preloadPopover } from '../controls/popoverPart.tsx'

/** Characters, at most. */
const LONGEST_COMMENT = 2000
const ICONS = { up: ThumbsUp, down: ThumbsDown }

interface FeedbackProps {
  given: Given | null
  /** Gives whether it was stored. */
  onRate(feedback: Given | null): Promise<boolean>
}

/** Rates a reply: thumb up or down, and a comment. A thumb that is pressed again is taken back. */
export function Feedback({ given, onRate }: FeedbackProps) {
  const t = useTranslations()
  const [open, setOpen] = useState<Given['rating'] | null>(null)
  const [said, setSaid] = useState('')
  const rate = async (feedback: Given | null) => {
    setSaid('')
    const isStored = await onRate(feedback)
    const outcome = feedback ? t('feedback.stored') : t('feedback.removed')
    setSaid(isStored ? outcome : t('feedback.failed'))
  }
  const press = (rating: Given['rating']) => {
    const isTakenBack = given?.rating === rating
    setOpen(isTakenBack ? null : rating)
    rate(isTakenBack ? null : { rating, comment: given?.comment ?? '' })
  }
  const onClose = useCallback(() => setOpen(null), [])
  const labels = { up: t('feedback.up'), down: t('feedback.down') }
  return (
    <>
      {(['up', 'down'] as const).map(rating => (
        <Thumb
          key={rating}
          rating={rating}
          label={labels[rating]}
          isGiven={given?.rating === rating}
          onPress={() => (open === rating ? onClose() : press(rating))}
        >
          {button =>
            open === rating && (
              <PopoverPart anchor={button} label={t('feedback.title')} onClose={onClose}>
                <Comment
                  question={rating === 'down' ? t('feedback.why') : t('feedback.title')}
                  initial={given?.comment ?? ''}
                  onClose={onClose}
                  onSend={comment => rate({ rating, comment })}
                />
              </PopoverPart>
            )
          }
        </Thumb>
      ))}
      <span className="sr-only" role="status">
        {said}
      </span>
    </>
  )
}

interface ThumbProps {
  rating: Given['rating']
  label: string
  isGiven: boolean
  onPress(): void
  /** Draws what stands beside the button. */
  children(button: RefObject<HTMLButtonElement | null>): ReactNode
}

function Thumb({ rating, label, isGiven, onPress, children }: ThumbProps) {
  const button = useRef<HTMLButtonElement>(null)
  const Icon = ICONS[rating]
  return (
    <>
      <IconButton
        ref={button}
        label={label}
        aria-pressed={isGiven}
        className={isGiven ? 'text-accent!' : ''}
        onPointerEnter={preloadPopover}
        onFocus={preloadPopover}
        onClick={onPress}
      >
        <Icon aria-hidden className="size-4" fill={isGiven ? 'currentColor' : 'none'} />
      </IconButton>
      {children(button)}
    </>
  )
}

interface CommentProps {
  question: string
  initial: string
  onClose(): void
  onSend(comment: string): void
}

function Comment({ question, initial, onClose, onSend }: CommentProps) {
  const t = useTranslations()
  const [comment, setComment] = useState(initial)
  const send = (event: FormEvent) => {
    event.preventDefault()
    onSend(comment.trim())
    onClose()
  }
  return (
    <form onSubmit={send}>
      <p className="font-medium">{question}</p>
      <label className="mt-2 block text-muted text-sm">
        {t('feedback.comment')}
        <textarea
          rows={3}
          // biome-ignore lint/a11y/noAutofocus: the box opens for it
          autoFocus
          value={comment}
          maxLength={LONGEST_COMMENT}
          onChange={event => setComment(event.target.value)}
          className="mt-1 block w-full resize-none rounded-lg border border-line-strong bg-bg px-3 py-2 text-base text-text"
        />
      </label>
      <div className="mt-3 flex justify-end gap-2">
        <Button shape="secondary" onClick={onClose}>
          {t('feedback.close')}
        </Button>
        <Button shape="primary" type="submit" disabled={comment.trim() === initial.trim()}>
          {t('feedback.send')}
        </Button>
      </div>
    </form>
  )
}
