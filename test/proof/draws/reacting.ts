import type { StreamEvent } from '../../../src/protocol/events.ts'
import type { RunRecord } from '../history.ts'
import type { Talker } from '../talker.ts'
import type { View } from '../view.ts'
import { answerSoon } from './answering.ts'
import { decideSoon } from './deciding.ts'
import { readSoon } from './pictures.ts'

/** What a person does about what comes in a reply, besides what is drawn. */
export const REACTIONS = {
  onPause: decideSoon,
  onEvent(talker: Talker, run: RunRecord, { view, event }: { view: View; event: StreamEvent }): void {
    const { type } = event
    if (type === 'question-start' || type === 'snapshot') answerSoon(talker, run, view)
    if (type === 'file-update' || type === 'file-end' || type === 'snapshot') readSoon(talker, run.chat, view)
  },
}
