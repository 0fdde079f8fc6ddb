import mermaid from 'mermaid'
import { placeWithStyles } from '../../components/controls/focus.ts'
import { drawableSource } from './diagramSource.ts'

export interface Drawing {
  url: string
  /** Pixels. */
  width: number
  height: number
}

const SETTINGS = {
  startOnLoad: false,
  securityLevel: 'strict',
  theme: 'base',
  htmlLabels: false,
  flowchart: { htmlLabels: false },
  fontFamily: 'sans-serif',
  suppressErrorRendering: true,
  maxEdges: 200,
} as const

/** The colours of Mermaid, and the colour of the page that each one gets. */
const COLOURS = {
  background: '--sidebar',
  primaryColor: '--accent-soft',
  primaryBorderColor: '--accent',
  primaryTextColor: '--text',
  secondaryColor: '--subtle',
  secondaryBorderColor: '--line-strong',
  secondaryTextColor: '--text',
  tertiaryColor: '--surface',
  tertiaryBorderColor: '--line-strong',
  tertiaryTextColor: '--text',
  lineColor: '--muted',
  textColor: '--text',
  titleColor: '--text',
  edgeLabelBackground: '--sidebar',
  clusterBkg: '--surface',
  noteBkgColor: '--subtle',
  noteTextColor: '--text',
  noteBorderColor: '--line-strong',
  pieStrokeColor: '--line-strong',
  pieOuterStrokeColor: '--line-strong',
} as const

let lastId = 0

/**
 * Draws a diagram as a picture in the present colours of the page. Nothing in a picture can run or load. `null` if it
 * cannot be drawn.
 */
export async function drawDiagram(source: string): Promise<Drawing | null> {
  const drawable = drawableSource(source)
  if (drawable === null) return null
  const workbench = document.createElement('div')
  workbench.className = 'workbench'
  workbench.ariaHidden = 'true'
  placeWithStyles().append(workbench)
  try {
    const colours = coloursIn(workbench)
    mermaid.initialize({ ...SETTINGS, themeVariables: colours })
    const { svg } = await mermaid.render(`diagram-${++lastId}`, drawable, workbench)
    return pictureOf(svg, colours.background)
  } catch {
    return null
  } finally {
    workbench.remove()
  }
}

function coloursIn(element: HTMLElement) {
  const colourOf = (token: string) => {
    element.style.color = `var(${token})`
    return getComputedStyle(element).color
  }
  const entries = Object.entries(COLOURS).map(([paint, token]) => [paint, colourOf(token)])
  const background = colourOf(COLOURS.background)
  return { background, dropShadow: 'none', useGradient: false, ...Object.fromEntries(entries) }
}

/** The picture has a background of its own, because on paper that of the page may be another. */
function pictureOf(svg: string, background: string): Drawing | null {
  const root = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement
  const [, , width = 0, height = 0] = (root.getAttribute('viewBox') ?? '').split(/[\s,]+/).map(Number)
  if (!(root instanceof SVGElement) || !(width > 0) || !(height > 0)) return null
  root.setAttribute('width', String(width))
  root.setAttribute('height', String(height))
  root.style.background = background
  const text = new XMLSerializer().serializeToString(root)
  return {
    url: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`,
    width: Math.ceil(width),
    height: Math.ceil(height),
  }
}
