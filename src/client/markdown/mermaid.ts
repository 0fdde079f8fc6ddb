import mermaid from 'mermaid'
import { drawableSource } from './diagramSource.ts'

export interface Drawing {
  url: string
  /** Pixels. */
  width: number
  height: number
}

mermaid.initialize({
  startOnLoad: false,
  securityLevel: 'strict',
  theme: 'neutral',
  htmlLabels: false,
  flowchart: { htmlLabels: false },
  fontFamily: 'sans-serif',
  suppressErrorRendering: true,
  maxEdges: 200,
})

let lastId = 0

/** Draws a diagram as a picture, in which nothing can run or load; `null` when it cannot be drawn. */
export async function drawDiagram(source: string): Promise<Drawing | null> {
  const drawable = drawableSource(source)
  if (drawable === null) return null
  const workbench = document.createElement('div')
  workbench.className = 'workbench'
  workbench.ariaHidden = 'true'
  document.body.append(workbench)
  try {
    const { svg } = await mermaid.render(`diagram-${++lastId}`, drawable, workbench)
    return pictureOf(svg)
  } catch {
    return null
  } finally {
    workbench.remove()
  }
}

function pictureOf(svg: string): Drawing | null {
  const root = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement
  const [, , width = 0, height = 0] = (root.getAttribute('viewBox') ?? '').split(/[\s,]+/).map(Number)
  if (root.localName !== 'svg' || !(width > 0) || !(height > 0)) return null
  root.setAttribute('width', String(width))
  root.setAttribute('height', String(height))
  const text = new XMLSerializer().serializeToString(root)
  return {
    url: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`,
    width: Math.ceil(width),
    height: Math.ceil(height),
  }
}
