import { useEffect, useState } from 'react'
import { useSurface } from '../../surface.ts'
import { useLatestCallback } from '../../useLatestCallback.ts'

/**
 * Takes files that are dropped anywhere on the chat, and says whether one is being dragged over it. With `null` nothing is
 * taken. Either way the browser does not leave the page to show a file that is dropped on the chat.
 */
export function useDroppedFiles(onDrop: ((files: readonly File[]) => void) | null): boolean {
  const [isOver, setOver] = useState(false)
  const onFiles = useLatestCallback((files: readonly File[]) => onDrop?.(files))
  const takesFiles = onDrop !== null
  const { root } = useSurface()
  useEffect(() => {
    const watching = new AbortController()
    const { signal } = watching
    const isHere = (place: EventTarget | null) => !root || root.current?.contains(place as Node) === true
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return
      if (!isHere(event.target)) return setOver(false)
      event.preventDefault()
      if (event.dataTransfer) event.dataTransfer.dropEffect = takesFiles ? 'copy' : 'none'
      setOver(takesFiles)
    }
    addEventListener('dragenter', over, { signal })
    addEventListener('dragover', over, { signal })
    addEventListener(
      'dragleave',
      event => {
        // Without a related target the pointer has left the window.
        if (event.relatedTarget === null) setOver(false)
      },
      { signal },
    )
    addEventListener(
      'drop',
      event => {
        setOver(false)
        if (!hasFiles(event) || !isHere(event.target)) return
        event.preventDefault()
        onFiles([...(event.dataTransfer?.files ?? [])])
      },
      { signal },
    )
    return () => watching.abort()
  }, [takesFiles, root, onFiles])
  return isOver
}

function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') ?? false
}
