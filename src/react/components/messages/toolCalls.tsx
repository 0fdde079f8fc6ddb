import {
  Check,
  CircleAlert,
  CircleHelp,
  CircleSlash,
  LoaderCircle,
  ShieldQuestion,
  Wrench,
} from 'lucide-react'
import { useState } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import type { Part } from '../../../protocol/parts.ts'
import {
  isOpenCall,
  mayHaveHappened,
  openApprovalOf,
  openQuestionsOf,
  type ToolStatus,
} from '../../../protocol/tools.ts'
import { usePrinting } from '../../printing.ts'
import { Button } from '../controls/button.tsx'
import { Summary } from '../controls/summary.tsx'
import { StoredFileView } from './storedFileView.tsx'
import { ToolQuestion } from './toolQuestion.tsx'
import type { Choice, Choices } from './useChoices.ts'

export type CallPart = Part & { type: 'tool' }

/** So many calls in a row that have all ended are folded into one line. */
const FOLDED = 3

interface ToolCallsProps {
  /** Calls that follow each other. */
  calls: readonly CallPart[]
  /** The reply goes on. */
  isStreaming: boolean
  /** If absent, nobody can decide here about calls that wait. */
  choices?: Choices | undefined
}

/** Draws calls of tools, a line each. Arguments and answer are folded away. */
export function ToolCalls({ calls, isStreaming, choices }: ToolCallsProps) {
  const t = useTranslations()
  const lines = calls.map(call => (
    <div key={call.id}>
      <ToolCall call={call} isOver={!isStreaming && !choices} choices={choices} />
      <CallFiles files={call.files} />
    </div>
  ))
  if (calls.length < FOLDED || calls.some(call => isOpenCall(call) || call.files?.length))
    return <div className="space-y-2">{lines}</div>
  return (
    <details className="rounded-lg border border-line text-sm">
      <Summary className="select-none rounded-lg px-3 py-2 text-muted pointer-coarse:py-3">
        <Wrench aria-hidden className="size-4 shrink-0" />
        {t('tool.used', { count: calls.length })}
      </Summary>
      <div className="space-y-2 p-2 pt-0">{lines}</div>
    </details>
  )
}

/** Riacho's own tools have names in the language of the page. */
const OWN_TOOLS = { document_search: 'tool.documentSearch', document_read: 'tool.documentRead' } as const

function nameOf({ title, tool, server }: CallPart, t: ReturnType<typeof useTranslations<never>>): string {
  const own = server === undefined && Object.hasOwn(OWN_TOOLS, tool)
  return title ?? (own ? t(OWN_TOOLS[tool as keyof typeof OWN_TOOLS]) : tool)
}

interface ToolCallProps {
  call: CallPart
  /** Whatever the call waits for, nobody can give it any more. */
  isOver: boolean
  choices: Choices | undefined
}

/** One call. What it was asked and has answered is drawn once somebody unfolds or prints it. */
function ToolCall(props: ToolCallProps) {
  const { call, isOver } = props
  const t = useTranslations()
  const format = useFormatter()
  const isPrinting = usePrinting()
  const [isUnfolded, setUnfolded] = useState(false)
  const { server, status, progress, milliseconds } = call
  const name = nameOf(call, t)
  const isShown = (status === 'waiting' && !isOver) || isPrinting
  const took =
    milliseconds !== undefined && milliseconds >= 1000
      ? t('tool.took', { seconds: Math.round(milliseconds / 1000) })
      : ''
  const told = progress && (progress.message ?? shareOf(progress, format.number))
  return (
    <details
      className="rounded-lg border border-line text-sm"
      open={isShown || undefined}
      onToggle={event => setUnfolded(event.currentTarget.open)}
    >
      <Summary className="select-none rounded-lg px-3 py-2 pointer-coarse:py-3">
        <StatusIcon status={status === 'waiting' && isOver ? 'stopped' : status} />
        <span dir="auto" className="min-w-0 break-words">
          <span className="font-medium">{name}</span>
          {server !== undefined && <span className="text-muted"> · {server}</span>}
        </span>
        <span className="ms-auto shrink-0 ps-2 text-muted">
          {[stateOf(props, t), told, took].filter(Boolean).join(' · ')}
        </span>
      </Summary>
      {(isUnfolded || isShown) && <CallBody {...props} />}
    </details>
  )
}

/** What a tool gave besides its text. It is what people asked for, so nothing folds it away. */
function CallFiles({ files = [] }: Pick<CallPart, 'files'>) {
  if (files.length === 0) return null
  return (
    <div className="mt-2 flex flex-wrap items-start gap-2">
      {files.map(file => (
        <StoredFileView key={file.fileId} file={file} />
      ))}
    </div>
  )
}

function CallBody({ call, choices }: ToolCallProps) {
  const t = useTranslations()
  const approvalId = openApprovalOf(call)
  const { content, isTruncated } = call
  return (
    <div className="space-y-2 px-3 pb-3">
      <Block label={t('tool.arguments')} text={pretty(call.arguments)} />
      {content !== undefined && content !== '' && <Block label={t('tool.answer')} text={pretty(content)} />}
      {isTruncated && <p className="text-muted">{t('tool.truncated')}</p>}
      {mayHaveHappened(call) && <p className="text-danger">{t('tool.mayHaveHappened')}</p>}
      {approvalId !== undefined && choices && (
        <ChoiceButtons
          chosen={choices.chosen[approvalId]}
          onChoose={choice => choices.choose(approvalId, choice)}
          name={nameOf(call, t)}
        />
      )}
      {choices &&
        openQuestionsOf(call).map(question => (
          <ToolQuestion
            key={question.questionId}
            question={question}
            server={call.server ?? nameOf(call, t)}
            choices={choices}
          />
        ))}
    </div>
  )
}

const LABELS = { approve: 'tool.approve', decline: 'tool.decline', always: 'tool.always' } as const

function ChoiceButtons({
  chosen,
  onChoose,
  name,
}: {
  chosen: Choice | undefined
  onChoose(choice: Choice): void
  name: string
}) {
  const t = useTranslations()
  const button = (decision: Choice, shape: 'primary' | 'secondary' | 'quiet') => (
    <Button
      shape={shape}
      className="text-sm"
      aria-pressed={chosen === undefined ? undefined : chosen === decision}
      onClick={() => onChoose(decision)}
    >
      {chosen === decision && <Check aria-hidden className="size-4" />}
      {t(LABELS[decision])}
    </Button>
  )
  return (
    <fieldset className="flex flex-wrap items-center gap-2">
      <legend className="mb-2">{t('tool.question', { name })}</legend>
      {button('approve', 'primary')}
      {button('decline', 'secondary')}
      {button('always', 'quiet')}
    </fieldset>
  )
}

function Block({ label, text }: { label: string; text: string }) {
  return (
    <div>
      <p className="mb-1 text-muted text-xs">{label}</p>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a block that scrolls has to be reached by keyboard
        tabIndex={0}
        dir="auto"
        className="max-h-72 overflow-auto whitespace-pre-wrap break-words rounded-lg bg-subtle px-3 py-2 text-xs"
      >
        {text}
      </pre>
    </div>
  )
}

const ICONS: Record<ToolStatus, typeof Wrench> = {
  writing: LoaderCircle,
  running: LoaderCircle,
  waiting: ShieldQuestion,
  completed: Check,
  failed: CircleAlert,
  denied: CircleSlash,
  stopped: CircleSlash,
  unknown: CircleHelp,
}

function StatusIcon({ status }: { status: ToolStatus }) {
  const Icon = ICONS[status]
  const isMoving = status === 'writing' || status === 'running'
  return (
    <Icon
      aria-hidden
      className={`size-4 shrink-0 text-muted ${isMoving ? 'animate-spin motion-reduce:animate-none' : ''}`}
    />
  )
}

function stateOf({ call, isOver }: ToolCallProps, t: ReturnType<typeof useTranslations<never>>): string {
  if (call.status === 'waiting' && isOver) return t('tool.unanswered')
  return openQuestionsOf(call).length > 0 ? t('question.waits') : t(`toolStates.${call.status}`)
}

function shareOf(
  { done, total }: { done: number; total?: number },
  number: (value: number) => string,
): string {
  return total === undefined ? number(done) : `${number(done)} / ${number(total)}`
}

/** JSON on several lines. Any other text as it is. */
function pretty(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? JSON.stringify(value, null, 2) : text
  } catch {
    return text
  }
}
