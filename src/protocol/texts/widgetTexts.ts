import type { Locale } from '../locale.ts'

interface WidgetTexts {
  /** The name of the box. */
  title: string
  open: string
  close: string
}

/** The texts around the frame of the widget. All languages together, because they are few and the launcher is one file. */
export const WIDGET_TEXTS: Record<Locale, WidgetTexts> = {
  'pt-BR': { title: 'Conversa', open: 'Abrir a conversa', close: 'Fechar a conversa' },
  en: { title: 'Chat', open: 'Open the chat', close: 'Close the chat' },
  es: { title: 'Conversación', open: 'Abrir la conversación', close: 'Cerrar la conversación' },
}
