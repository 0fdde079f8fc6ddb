import { MAX_ATTACHMENT_NAME } from './limits.ts'

/** A longer piece after the last dot is no ending, in UTF-16 units. */
const LONGEST_ENDING = 16

/** The name, shortened in front of its ending if it is too long. */
export function shortName(name: string): string {
  return name.length <= MAX_ATTACHMENT_NAME ? name : withMark(name, '…')
}

/** The name with ` (number)` in front of its ending. The first one of a name has no number. */
export function numberedName(name: string, number: number): string {
  return number === 1 ? name : withMark(name, ` (${number})`)
}

function withMark(name: string, mark: string): string {
  const dot = name.lastIndexOf('.')
  const end = dot > 0 && name.length - dot <= LONGEST_ENDING ? dot : name.length
  const ending = name.slice(end)
  const room = MAX_ATTACHMENT_NAME - mark.length - ending.length
  return `${name.slice(0, Math.min(end, room))}${mark}${ending}`
}
