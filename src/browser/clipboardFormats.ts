/** Elements that other programs understand. All others are left out, and what is in them stays. */
const KEPT = new Set(
  'a b blockquote br code del em h3 h4 hr kbd li ol p pre s strong sub sup table tbody td th thead tr ul'.split(
    ' ',
  ),
)
/** Elements that belong to the page and not to the text. */
const DROPPED = 'button, script, style, svg, template, .code-head, .sr-only, [hidden], [aria-hidden="true"]'
const BLOCKS = new Set(
  'blockquote details div figure h2 h3 h4 hr li ol p pre section table tbody thead tr ul'.split(' '),
)
const FORMULA = '.formula'
const SAFE = /^(?:https?:|mailto:)/i

/** The drawn text of `node` as HTML for other programs: without classes or scripts, and with the TeX of its formulas. */
export function cleanHtmlOf(node: Node): string {
  if (node.nodeType === Node.TEXT_NODE) return escapeHtml(node.nodeValue ?? '')
  const inside = () => [...node.childNodes].map(cleanHtmlOf).join('')
  if (!(node instanceof Element)) return inside()
  if (node.matches(FORMULA)) return escapeHtml(texOf(node))
  if (node.matches(DROPPED)) return ''
  const name = node.localName
  if (name === 'img') return escapeHtml(node.getAttribute('alt') ?? '')
  if (!KEPT.has(name)) return BLOCKS.has(name) ? `<div>${inside()}</div>` : inside()
  if (name === 'br' || name === 'hr') return `<${name}>`
  return `<${name}${attributesOf(node)}>${inside()}</${name}>`
}

function attributesOf(element: Element): string {
  switch (element.localName) {
    case 'a': {
      const href = element.getAttribute('href') ?? ''
      return SAFE.test(href) ? ` href="${escapeHtml(href)}"` : ''
    }
    case 'ol':
      return element.hasAttribute('start') ? ` start="${Number(element.getAttribute('start'))}"` : ''
    case 'td':
    case 'th': {
      const align = element instanceof HTMLElement ? element.style.textAlign : ''
      return /^(?:left|right|center)$/.test(align) ? ` style="text-align: ${align}"` : ''
    }
    // Without lines a pasted table is hard to tell from text.
    case 'table':
      return ' border="1" style="border-collapse: collapse"'
    default:
      return ''
  }
}

function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}

/** The TeX of a drawn formula between its marks. */
function texOf(formula: Element): string {
  // The engine keeps the TeX in what it draws. Until it is drawn, and for good if it is broken, the TeX stands there as code.
  const tex = formula.querySelector('annotation[encoding="application/x-tex"], code')?.textContent ?? ''
  return formula.classList.contains('display') ? `$$${tex}$$` : `$${tex}$`
}

/** The drawn text of `node`, with a line for each block, a tab between cells, and each formula once, as its TeX. */
export function plainTextOf(node: Node): string {
  const text = linesOf(node)
  return text
    .replace(/[^\S\n]+\n/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^\n+|[\n\t]+$/g, '')
}

function linesOf(node: Node): string {
  if (node.nodeType === Node.TEXT_NODE) return node.nodeValue ?? ''
  const inside = () => [...node.childNodes].map(linesOf).join('')
  if (!(node instanceof Element)) return inside()
  const isDisplay = node.classList.contains('display')
  if (node.matches(FORMULA)) return isDisplay ? `\n${texOf(node)}\n` : texOf(node)
  if (node.matches(DROPPED)) return ''
  const name = node.localName
  if (name === 'br') return '\n'
  if (name === 'img') return node.getAttribute('alt') ?? ''
  if (name === 'td' || name === 'th') return node.nextElementSibling ? `${inside()}\t` : inside()
  if (name === 'li') return `\n- ${inside().trim()}\n`
  if (name === 'tr') return `${inside()}\n`
  if (name === 'thead' || name === 'tbody' || !BLOCKS.has(name)) return inside()
  return name === 'div' ? `\n${inside()}\n` : `\n\n${inside()}\n\n`
}

/**
 * Handles `copy`. Copies each selected formula once, as TeX, because the browser would copy it twice: as it is drawn, and as
 * screen readers get it.
 */
export function copyFormulasAsTex(event: ClipboardEvent): void {
  const selection = document.getSelection()
  const place = event.target
  if (!selection || selection.isCollapsed || selection.rangeCount === 0 || !event.clipboardData) return
  if (place instanceof HTMLInputElement || place instanceof HTMLTextAreaElement) return
  const range = selection.getRangeAt(0).cloneRange()
  const first = formulaAround(range.startContainer)
  const last = formulaAround(range.endContainer)
  if (first) range.setStartBefore(first)
  if (last) range.setEndAfter(last)
  const copied = range.cloneContents()
  if (!copied.querySelector(FORMULA)) return
  event.clipboardData.setData('text/plain', plainTextOf(copied))
  event.clipboardData.setData('text/html', cleanHtmlOf(copied))
  event.preventDefault()
}

function formulaAround(node: Node): Element | null {
  return (node instanceof Element ? node : node.parentElement)?.closest(FORMULA) ?? null
}

/** The rows of a drawn table as comma-separated values (RFC 4180). */
export function csvOf(table: HTMLTableElement): string {
  return toCsv([...table.rows].map(({ cells }) => [...cells].map(plainTextOf)))
}

export function toCsv(rows: readonly (readonly string[])[]): string {
  const quoted = (cell: string) => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell)
  return rows.map(row => `${row.map(quoted).join(',')}\r\n`).join('')
}
