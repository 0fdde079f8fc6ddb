import { createContext, useContext } from 'react'
import { useTranslations } from 'use-intl'
import type { AssistantResponse } from '../../../protocol/responses.ts'

/** The assistant of the conversation; `null` while it is not known. */
export const AssistantContext = createContext<AssistantResponse | null>(null)

/** Who writes the replies: the name of the assistant, or that of the application. */
export function useAssistantName(): string {
  const t = useTranslations()
  return useContext(AssistantContext)?.name || t('app.name')
}
