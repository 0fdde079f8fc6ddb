import './show.css'
import { type ComponentType, useLayoutEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'

declare global {
  /** Shows the reply while it arrives. */
  var begin: () => Promise<void>
}

/** Shows a box that scrolls and stays at its end. `Draw` gets the whole text so far each time a piece arrives. */
export function show(Draw: ComponentType<{ text: string }>): void {
  const box = document.querySelector('main')
  if (!box) throw new Error('the page has no box')

  function Reply() {
    const [text, setText] = useState('')
    globalThis.begin = async () => {
      const { body } = await fetch('/reply')
      if (!body) return
      for await (const piece of body.pipeThrough(new TextDecoderStream())) setText(shown => shown + piece)
    }
    useLayoutEffect(() => {
      if (box && text) box.scrollTop = box.scrollHeight
    }, [text])
    return (
      <div>
        <Draw text={text} />
      </div>
    )
  }
  createRoot(box).render(<Reply />)
}
