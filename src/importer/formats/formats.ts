import { chatgpt } from './chatgpt.ts'
import { claude } from './claude.ts'
import type { Format } from './format.ts'
import { librechat } from './librechat.ts'
import { openWebui } from './openWebui.ts'

/** By the names that the command takes. A conversation keeps the name, so that it is not imported twice. */
export const FORMATS = { chatgpt, claude, librechat, 'open-webui': openWebui } satisfies Record<
  string,
  Format
>

export type FormatName = keyof typeof FORMATS

export function isFormatName(name: string): name is FormatName {
  return Object.hasOwn(FORMATS, name)
}
