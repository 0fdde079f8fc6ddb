import { withoutCode } from './codeSpans.ts'
import { CONTAINER } from './grammar.ts'
import { linksIn } from './parse.ts'

/** Link definitions, each as it was written (`[label]: address`), by their labels as `marked` compares them. */
export type Definitions = ReadonlyMap<string, string>

/** Marks that may stand before a definition on its line: those of lists and quotations. */
const BEGIN = `^(?: {0,3}|${CONTAINER}+[ \\t]*)`
const DEFINITION = new RegExp(`${BEGIN}(\\[(?!\\^)[^[\\]\\n]+\\]:[^\\n]*(?:\\n[ \\t]+\\S[^\\n]*)?)`, 'gm')
const FOOTNOTE = new RegExp(`${BEGIN}\\[\\^([^\\]\\s]{1,64})\\]:`, 'gm')
const FOOTNOTE_REFERENCE = new RegExp(`(${BEGIN})?\\[\\^([^\\]\\s]{1,64})\\](:)?`, 'gm')
const FENCE = /^ {0,3}(?:```|~~~)/
/** May refer to a definition. */
const LABEL = /\[([^[\]]+)\]/g
const NONE: Definitions = new Map()

/** The link definitions in the blocks of a text. The first of each label counts. */
export function definitionsIn(blocks: readonly string[]): Definitions {
  const written = blocks.flatMap(block => linesOf(block, DEFINITION))
  if (written.length === 0) return NONE
  const definitions = new Map<string, string>()
  for (const text of new Set(written.map(([, text = '']) => text)))
    for (const label of Object.keys(linksIn(text))) if (!definitions.has(label)) definitions.set(label, text)
  return definitions
}

/** The definitions that a block refers to, each on its own line. */
export function definitionsFor(block: string, definitions: Definitions): string {
  if (definitions.size === 0 || !block.includes('[')) return ''
  const normal = block.toLowerCase().replace(/\s+/g, ' ')
  const texts = new Set<string>()
  for (const [, label = ''] of normal.matchAll(LABEL)) {
    const text = definitions.get(label.trim())
    if (text !== undefined) texts.add(text)
  }
  return [...texts].join('\n')
}

/** The labels of the footnotes in a block. */
export function footnoteLabels(block: string): string[] {
  return linesOf(block, FOOTNOTE).map(([, label = '']) => label)
}

/** The labels of the footnotes that a block refers to. */
export function footnoteReferences(block: string): string[] {
  if (!block.includes('[^') || FENCE.test(block)) return []
  const found = [...withoutCode(block).matchAll(FOOTNOTE_REFERENCE)]
  return found.flatMap(([, begin, label = '', colon]) => (begin !== undefined && colon ? [] : [label]))
}

function linesOf(block: string, pattern: RegExp): RegExpExecArray[] {
  return block.includes(']:') && !FENCE.test(block) ? [...block.matchAll(pattern)] : []
}
