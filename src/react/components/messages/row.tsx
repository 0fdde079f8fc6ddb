import {
  createContext,
  memo,
  type ReactNode,
  useContext,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import type { NearScreen } from './place/drawNearScreen.ts'

/** To estimate the height of a message that was never drawn, in pixels. Once it is drawn, its true height is kept. */
const LINE_HEIGHT = 27
const FRAME_HEIGHT = 80
const CHARACTER_WIDTH = 8.2
const WIDEST = 608

/** The element of a message, drawn or not. */
export function rowIn(list: HTMLElement | null, messageId: string): HTMLElement | null {
  return list?.querySelector<HTMLElement>(`[data-message="${CSS.escape(messageId)}"]`) ?? null
}

export const NearScreenContext = createContext<NearScreen | null>(null)

interface RowProps {
  /** The id of the message. */
  id: string
  /** Stands for the message while it is not drawn, with its text, so that the browser's search finds it. */
  heading: string
  text: string
  /** The message is drawn wherever it is. */
  isAlways: boolean
  isHighlighted: boolean
  /** Stands above the message. A slot of its own, because a reply stays the same element when it gets one. */
  above?: ReactNode
  children: ReactNode
}

/** One message of the list. It is drawn if it is near the screen; elsewhere an empty element of its height stands for it. */
export const Row = memo(function Row(props: RowProps) {
  const { id, heading, text, isAlways, isHighlighted, above, children } = props
  const nearScreen = useContext(NearScreenContext)
  const item = useRef<HTMLLIElement>(null)
  const height = useRef<number | null>(null)
  const [isNear, setNear] = useState(false)
  const isDrawn = isNear || isAlways

  useEffect(() => {
    if (!item.current || !nearScreen) return
    return nearScreen.watch(item.current, (near, measured) => {
      if (!near && item.current?.dataset['drawn']) height.current = measured
      if (near || !item.current?.contains(document.activeElement)) setNear(near)
    })
  }, [nearScreen])

  return (
    <li
      ref={item}
      tabIndex={-1}
      data-message={id}
      data-drawn={isDrawn || undefined}
      className={`rounded-lg outline-offset-4 ${isHighlighted ? '[--behind:var(--accent-soft)] bg-accent-soft ring-8 ring-accent-soft' : ''}`}
      style={isDrawn ? undefined : { height: height.current ?? estimate(text) }}
    >
      {isDrawn && above}
      {isDrawn ? children : <Undrawn heading={heading} text={text} onFound={() => setNear(true)} />}
    </li>
  )
})

/** The plain text of a message, for the browser's own search. A message that is found there is drawn. */
function Undrawn({ heading, text, onFound }: { heading: string; text: string; onFound(): void }) {
  const hidden = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const element = hidden.current
    if (!element) return
    element.setAttribute('hidden', 'until-found')
    element.addEventListener('beforematch', onFound)
    return () => element.removeEventListener('beforematch', onFound)
  })
  return (
    <>
      <h2 className="sr-only">{heading}</h2>
      <div ref={hidden} hidden>
        {text}
      </div>
    </>
  )
}

function estimate(text: string): number {
  const columns = Math.max(20, Math.min(WIDEST, window.innerWidth - 32) / CHARACTER_WIDTH)
  let lines = 0
  for (const line of text.split('\n')) lines += Math.max(1, Math.ceil(line.length / columns))
  return FRAME_HEIGHT + lines * LINE_HEIGHT
}
