import { withoutCode } from './codeSpans.ts'
import { CONTAINER } from './grammar.ts'
import { linksIn } from './parse.ts'

/** A link definition: `[label]: address`. */
export interface Definition {
  text: string
  label: string
}

/** Marks that may stand before a definition on its line: those of lists and quotations. */
const BEGIN = `^(?: {0,3}|${CONTAINER}+[ \\t]*)`
const DEFINITION = new RegExp(`${BEGIN}(\\[(?!\\^)[^\\]\\n]+\\]:[^\\n]*(?:\\n[ \\t]+\\S[^\\n]*)?)`, 'gm')
const FOOTNOTE = new RegExp(`${BEGIN}\\[\\^([^\\]\\s]{1,64})\\]:`, 'gm')
const FOOTNOTE_REFERENCE = new RegExp(`(${BEGIN})?\\[\\^([^\\]\\s]{1,64})\\](:)?`, 'gm')
const FENCE = /^ {0,3}(?:```|~~~)/
const NONE: Definition[] = []

/** The link definitions in the blocks of a text. */
export function definitionsIn(blocks: readonly string[]): readonly Definition[] {
  const written = blocks.flatMap(block => linesOf(block, DEFINITION))
  if (written.length === 0) return NONE
  return written.flatMap(([, text = '']) => Object.keys(linksIn(text)).map(label => ({ text, label })))
}

/** The definitions that a block refers to, each on its own line. */
export function definitionsFor(block: string, definitions: readonly Definition[]): string {
  if (definitions.length === 0 || !block.includes('[')) return ''
  const normal = block.toLowerCase().replace(/\s+/g, ' ')
  return definitions
    .filter(({ label }) => normal.includes(`[${label}]`))
    .map(({ text }) => text)
    .join('\n')
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
