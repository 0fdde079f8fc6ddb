import { useEffect, useEffectEvent, useState } from 'react'

/**
 * Takes files that are dropped anywhere on the page, and says whether one is being dragged over it. With `null` nothing is
 * taken. Either way the browser does not leave the page to show a dropped file.
 */
export function useDroppedFiles(onDrop: ((files: readonly File[]) => void) | null): boolean {
  const [isOver, setOver] = useState(false)
  const onFiles = useEffectEvent((files: readonly File[]) => onDrop?.(files))
  const takesFiles = onDrop !== null
  useEffect(() => {
    const watching = new AbortController()
    const { signal } = watching
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return
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
        if (!hasFiles(event)) return
        event.preventDefault()
        onFiles([...(event.dataTransfer?.files ?? [])])
      },
      { signal },
    )
    return () => watching.abort()
  }, [takesFiles])
  return isOver
}

function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') ?? false
}
