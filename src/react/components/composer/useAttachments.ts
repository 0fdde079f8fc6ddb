import { type ClipboardEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { readTextFile } from '../../../browser/readTextFiles.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { composedIn, currentOf } from '../../../client/chat/chatState.ts'
import {
  addAttachments,
  freeAttachmentName,
  isLongPaste,
  joinText,
} from '../../../client/chat/composing/composed.ts'
import { MAX_ATTACHMENTS } from '../../../protocol/limits.ts'
import type { Attachment, TextAttachment } from '../../../protocol/parts.ts'
import type { ComposerState } from './composerState.ts'

/** Why a file was not attached. */
const SENTENCES = {
  'not-text': 'attachment.notText',
  empty: 'attachment.empty',
  unreadable: 'attachment.unreadable',
  'too-large': 'attachment.tooLarge',
  'too-many': 'attachment.tooMany',
} as const

type DraftProps = Pick<ComposerState, 'openKey' | 'draft' | 'attachments'> & { client: ChatClient }

/** The attachments of the draft: how they change, why one was not taken, and what a screen reader says about that. */
export function useAttachments({ client, openKey, draft, attachments }: DraftProps) {
  const t = useTranslations()
  const [said, setSaid] = useState({ text: '', count: 0 })
  const [refused, setRefused] = useState({ text: '', openKey })
  // A screen reader says the same text twice in a row only if it is in a new element.
  const say = (text: string) => setSaid(({ count }) => ({ text, count: count + 1 }))
  const changeAttachments = (changed: readonly Attachment[]) => {
    const gone = attachments.find(attachment => !changed.includes(attachment))
    if (gone) say(t('attachment.removed', { name: gone.name }))
    setRefused({ text: '', openKey })
    client.setAttachments(changed)
  }
  const insert = (attachment: TextAttachment) => {
    client.setAttachments(attachments.filter(other => other !== attachment))
    client.setDraft(joinText(draft, attachment.text))
  }
  const attach = async (files: readonly File[]) => {
    setRefused({ text: '', openKey })
    // Files beyond the limit are refused unread.
    const read = await Promise.all(files.slice(0, MAX_ATTACHMENTS).map(readTextFile))
    const over = files.slice(MAX_ATTACHMENTS).map(({ name }) => ({ name, refusal: 'too-many' as const }))
    const open = currentOf(client.getState())
    // The person has gone to another conversation, and the files are for the first one.
    if (open.key !== openKey) return
    const texts = read.filter(file => 'text' in file)
    const added = addAttachments(composedIn(open), texts)
    client.setAttachments(added.attachments)
    const names = added.attachments.slice(open.attachments.length).map(({ name }) => name)
    if (names.length > 0) say(names.map(name => t('attachment.attached', { name })).join(' '))
    const problems = [...read.filter(file => 'refusal' in file), ...added.refused, ...over]
    const sentences = problems.map(({ name, refusal }) => t(SENTENCES[refusal], { name }))
    setRefused({ text: [...new Set(sentences)].join('\n'), openKey })
  }
  const onPaste = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData('text/plain')
    const files = [...event.clipboardData.files]
    // Office programs put a picture beside their text, and some systems the name beside a file.
    if (files.length > 0 && (text === '' || files.some(({ name }) => text.includes(name)))) {
      event.preventDefault()
      void attach(files)
      return
    }
    if (!isLongPaste(text)) return
    if (attachments.length >= MAX_ATTACHMENTS) return
    event.preventDefault()
    const name = freeAttachmentName(attachments, number => t('attachment.pasted', { number }))
    client.setAttachments([...attachments, { name, text }])
    say(t('attachment.added', { name }))
  }
  const problem = refused.openKey === openKey ? refused.text : ''
  return { said, problem, changeAttachments, attach, insert, onPaste }
}
