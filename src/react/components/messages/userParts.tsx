import type { Part } from '../../../protocol/parts.ts'
import { cutLongWords } from '../../cutLongWords.tsx'
import { FileBlock } from './fileBlock.tsx'
import { StoredFileView } from './storedFileView.tsx'

/** Draws a person's message in its order: text as it is, without Markdown, and each file folded away. */
export function UserParts({ parts, isQueued = false }: { parts: readonly Part[]; isQueued?: boolean }) {
  return parts.map(part => {
    switch (part.type) {
      case 'text':
        return <Bubble key={part.id} text={part.text} isQueued={isQueued} />
      case 'file':
        return <FileBlock key={part.id} name={part.name} text={part.text} />
      case 'image':
      case 'document':
        return <StoredFileView key={part.id} file={part} />
      case 'refusal':
      case 'reasoning':
      case 'source':
      case 'suggestions':
      case 'tool':
      case 'break':
        // No person writes these.
        return null
      default:
        part satisfies never
        return null
    }
  })
}

function Bubble({ text, isQueued }: { text: string; isQueued: boolean }) {
  return (
    <div
      dir="auto"
      className={`max-w-full whitespace-pre-wrap break-words rounded-2xl rounded-br-md px-4 py-2.5 ${isQueued ? 'border border-line-strong border-dashed' : 'bg-accent-soft'}`}
    >
      {cutLongWords(text)}
    </div>
  )
}
