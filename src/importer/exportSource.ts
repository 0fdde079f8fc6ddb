import type { Drop, ImportedConversation } from '../server/importing/importedConversation.ts'
import { jsonValues } from './files/jsonValues.ts'
import { openFiles } from './files/openFiles.ts'
import type { SourceFile, SourceFiles } from './files/sourceFile.ts'
import { FORMATS, type FormatName, isFormatName } from './formats/formats.ts'
import { ImportProblem } from './importProblem.ts'
import type { ImportSource } from './importSource.ts'

/** The export of another program, at `path`: a zip, a folder or a JSON file. Throws `ImportProblem`. */
export async function openExport(name: FormatName, path: string): Promise<ImportSource> {
  const opened = await openFiles(path)
  return {
    name,
    defaultModel: FORMATS[name].title,
    size: opened.files.reduce((sum, { bytes }) => sum + bytes, 0),
    conversations: options => read(name, opened, options),
    close: async () => opened.close(),
  }
}

async function* read(
  name: FormatName,
  { files, others }: SourceFiles,
  { drop, onRead }: { drop: Drop; onRead: (size: number) => void },
): AsyncGenerator<ImportedConversation> {
  let found = 0
  const foreign = new Set<string>()
  for (const file of files) {
    for await (const conversation of readFile(name, file, { drop, onRead, foreign })) {
      found += 1
      yield conversation
    }
  }
  if (others > 0 && found > 0) drop(`${others} files that are no JSON, such as pictures`)
  if (found > 0) return
  const [other] = foreign
  throw new ImportProblem(
    other
      ? `This is an export of ${titleOf(other)}, and not of ${FORMATS[name].title}: riacho import ${other} …`
      : `No conversation of ${FORMATS[name].title} is in it.`,
  )
}

function titleOf(name: string): string {
  return isFormatName(name) ? FORMATS[name].title : name
}

/** The first value tells whether a file has conversations, because an export has other files too. */
async function* readFile(
  name: FormatName,
  file: SourceFile,
  { drop, onRead, foreign }: { drop: Drop; onRead: (size: number) => void; foreign: Set<string> },
): AsyncGenerator<ImportedConversation> {
  const format = FORMATS[name]
  let isKnown: boolean | undefined
  for await (const value of jsonValues(file, { onBytes: onRead })) {
    isKnown ??= format.recognizes(value)
    if (!isKnown) {
      for (const [other, { recognizes }] of Object.entries(FORMATS)) if (recognizes(value)) foreign.add(other)
      return drop(`the file ${file.name}, which has no conversations of ${format.title}`)
    }
    if (!format.recognizes(value)) {
      drop(`an entry of ${file.name} that is no conversation of ${format.title}`)
      continue
    }
    const conversation = attempt(() => format.read(value, drop), drop)
    if (conversation) yield conversation
  }
}

function attempt(work: () => ImportedConversation, drop: Drop): ImportedConversation | undefined {
  try {
    return work()
  } catch (error) {
    drop(`a conversation that cannot be read (${error instanceof Error ? error.message : error})`)
    return undefined
  }
}
