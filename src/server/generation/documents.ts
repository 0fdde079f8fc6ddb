import type { DocumentFile, ToldDocument } from '../../protocol/parts.ts'
import type { ProviderMessage, ProviderPart } from './provider.ts'

export type DocumentPart = Extract<ProviderPart, { type: 'document' }>

/** The documents of a history, the oldest first, each once. */
export function documentsIn(history: readonly ProviderMessage[]): DocumentPart[] {
  const documents = history.flatMap(({ parts }) => parts.filter(part => part.type === 'document'))
  return [...new Map(documents.map(document => [document.fileId, document])).values()]
}

/** The documents whose texts are not in a history. A model can search them. */
export function searchedIn(history: readonly ProviderMessage[]): DocumentPart[] {
  return documentsIn(history).filter(({ text }) => text === undefined)
}

/** The history without the texts of its documents. The model searches them all. `undefined` if there is none to leave out. */
export function withoutTexts(history: readonly ProviderMessage[]): readonly ProviderMessage[] | undefined {
  if (!documentsIn(history).some(document => document.text !== undefined || document.givenAs === 'file'))
    return undefined
  const strip = (part: ProviderPart): ProviderPart => {
    if (part.type !== 'document') return part
    const { text: _, ...document } = part
    return { ...document, givenAs: 'search' }
  }
  return history.map(message => ({ ...message, parts: message.parts.map(strip) }))
}

/** By what a model names a document: the last digits of its id, because nobody copies a long id without a fault. */
export function markOf({ fileId }: Pick<DocumentFile, 'fileId'>): string {
  return fileId.replaceAll('-', '').slice(-6)
}

/** Joins what is told of documents. What comes later counts. */
export function joinTold(...lists: (readonly ToldDocument[])[]): ToldDocument[] {
  return [...new Map(lists.flat().map(told => [told.fileId, told])).values()]
}
