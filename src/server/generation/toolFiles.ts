import type { StoredFile } from '../../protocol/parts.ts'
import type { ToolEnd } from '../../protocol/tools.ts'
import type { Clock } from '../clock.ts'
import type { CallEnd } from './callTool.ts'
import { type FileKeeper, keepSoon } from './fileKeeper.ts'
import type { Tool } from './tools.ts'

/** The most files that are kept of one call. */
const MOST_FILES = 10

export interface ToolFilesOptions {
  keeper?: FileKeeper | undefined
  clock: Clock
  ownerId: string
  tool: Pick<Tool, 'name'>
}

/** Stores what a tool gave. Says in the answer, which the model reads, what could not be kept. */
export async function keepGiven(
  { given = [], ...end }: CallEnd,
  { keeper, clock, ownerId, tool }: ToolFilesOptions,
): Promise<ToolEnd> {
  if (given.length === 0 || !keeper) return end
  const files: StoredFile[] = []
  const lost: string[] = []
  for (const [index, { name: givenName, bytes }] of given.slice(0, MOST_FILES).entries()) {
    const name = cleanName(givenName ?? '') || `${tool.name}-${index + 1}`
    const kept = await keepSoon({ keeper, clock }, { fileId: keeper.createId(), ownerId, name, bytes })
    if ('file' in kept) files.push(kept.file)
    else lost.push(`[${name} could not be kept: ${kept.code}]`)
  }
  if (given.length > MOST_FILES)
    lost.push(`[${given.length - MOST_FILES} more files were not kept, because ${MOST_FILES} is the most]`)
  return {
    ...end,
    ...(lost.length > 0 && { content: [end.content, ...lost].filter(Boolean).join('\n\n') }),
    ...(files.length > 0 && { files }),
  }
}

/** The last part of a path, on one line. */
function cleanName(name: string): string {
  const last = name.split(/[\\/]/).at(-1) ?? ''
  return last
    .replace(/[\p{Cc}\p{Cf}]+/gu, '')
    .trim()
    .slice(0, 200)
    .toWellFormed()
}
