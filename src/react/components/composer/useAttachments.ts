import { type ClipboardEvent, useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { readChosen } from '../../../browser/chosenFiles.ts'
import type { ChatClient } from '../../../client/chat/chatClient.ts'
import { composedIn, currentOf, uploadsFor } from '../../../client/chat/chatState.ts'
import {
  addFiles,
  freeAttachmentName,
  isLongPaste,
  joinText,
} from '../../../client/chat/composing/composed.ts'
import { isUploading } from '../../../client/chat/composing/uploads.ts'
import { MAX_ATTACHMENTS } from '../../../protocol/limits.ts'
import { type Attachment, isStoredFile, type TextAttachment } from '../../../protocol/parts.ts'
import { useLatestCallback } from '../../useLatestCallback.ts'
import type { ComposerState } from './composerState.ts'

/** Why a file was not attached. */
const SENTENCES = {
  empty: 'attachment.empty',
  unreadable: 'attachment.unreadable',
  heic: 'attachment.heic',
  'too-many': 'attachment.tooMany',
} as const

type DraftProps = Pick<ComposerState, 'openKey' | 'draft' | 'attachments' | 'uploads' | 'leftOut'> & {
  client: ChatClient
}

/** The attachments of the draft: how they change, why one was not taken, and what a screen reader says about that. */
export function useAttachments({ client, openKey, draft, attachments, uploads, leftOut }: DraftProps) {
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
    const read = await Promise.all(files.slice(0, MAX_ATTACHMENTS).map(readChosen))
    const over = files.slice(MAX_ATTACHMENTS).map(({ name }) => name)
    const state = client.getState()
    const open = currentOf(state)
    // The person has gone to another conversation, and the files are for the first one.
    if (open.key !== openKey) return
    const chosen = read.filter(file => 'source' in file)
    const added = addFiles(composedIn(open), chosen, uploadsFor(state, open).length)
    client.setAttachments(added.attachments)
    client.upload(added.uploads)
    say(
      [
        ...added.attachments
          .slice(open.attachments.length)
          .map(({ name }) => t('attachment.attached', { name })),
        ...added.uploads.map(({ name }) => t('attachment.uploading', { name })),
      ].join(' '),
    )
    const sentences = [
      ...read.flatMap(file => ('refusal' in file ? t(SENTENCES[file.refusal], { name: file.name }) : [])),
      ...[...added.refused, ...over].map(name => t(SENTENCES['too-many'], { name })),
    ]
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
    if (attachments.length + uploads.length >= MAX_ATTACHMENTS) return
    event.preventDefault()
    const name = freeAttachmentName(attachments, number => t('attachment.pasted', { number }))
    client.setAttachments([...attachments, { name, text }])
    say(t('attachment.added', { name }))
  }
  useArrivals(attachments, openKey, name => say(t('attachment.attached', { name })))
  useStayWhile(isUploading(uploads))
  const sentences = [
    refused.openKey === openKey ? refused.text : '',
    ...leftOut.map(name => t('attachment.leftOut', { name })),
  ]
  const problem = sentences.filter(Boolean).join('\n')
  return { said, problem, changeAttachments, attach, insert, onPaste }
}

/** Calls with the name of each file that was uploaded and is now attached to the draft that is on the screen. */
function useArrivals(attachments: readonly Attachment[], openKey: string, onArrival: (name: string) => void) {
  const before = useRef({ attachments, openKey })
  const tell = useLatestCallback(onArrival)
  useEffect(() => {
    const known = before.current
    before.current = { attachments, openKey }
    if (known.openKey !== openKey) return
    for (const file of attachments)
      if (isStoredFile(file) && !known.attachments.includes(file)) tell(file.name)
  }, [attachments, openKey, tell])
}

/** The browser asks before the page is left, because uploads end with it. */
function useStayWhile(isAtWork: boolean) {
  useEffect(() => {
    if (!isAtWork) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [isAtWork])
}
