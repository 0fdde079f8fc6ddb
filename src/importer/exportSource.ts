import type { Drop, ImportedConversation } from '../server/importing/importedConversation.ts'
import { jsonValues } from './files/jsonValues.ts'
import { openFiles } from './files/openFiles.ts'
import type { SourceFile, SourceFiles } from './files/sourceFile.ts'
import type { Format } from './formats/format.ts'
import { FORMATS, type FormatName, isFormatName } from './formats/formats.ts'
import { ImportProblem } from './importProblem.ts'
import type { ImportSource, ReadConversation } from './importSource.ts'

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

interface Reading {
  drop: Drop
  onRead: (size: number) => void
  /** Formats that other files of the export have. */
  foreign: Set<string>
  /** What is wrong with files that have no conversation. */
  damages: ImportProblem[]
}

async function* read(
  name: FormatName,
  { files, others }: SourceFiles,
  { drop, onRead }: Pick<Reading, 'drop' | 'onRead'>,
): AsyncGenerator<ReadConversation> {
  let found = 0
  const reading: Reading = { drop, onRead, foreign: new Set(), damages: [] }
  for (const file of files) {
    for await (const conversation of readFile(name, file, reading)) {
      found += 1
      yield conversation
    }
  }
  if (others > 0 && found > 0) drop(`${others} files that are no JSON, such as pictures`)
  if (found > 0) return
  const [other] = reading.foreign
  if (other)
    throw new ImportProblem(
      `This is an export of ${titleOf(other)}, and not of ${FORMATS[name].title}: riacho import ${other} …`,
    )
  throw reading.damages[0] ?? new ImportProblem(`No conversation of ${FORMATS[name].title} is in it.`)
}

function titleOf(name: string): string {
  return isFormatName(name) ? FORMATS[name].title : name
}

/**
 * The conversations of one file. An export has other files too, so a file is read to its end before it counts as one
 * without conversations. Damage refuses the whole export only in a file that has one.
 */
async function* readFile(
  name: FormatName,
  file: SourceFile,
  { drop, onRead, foreign, damages }: Reading,
): AsyncGenerator<ReadConversation> {
  const format = FORMATS[name]
  let isKnown = false
  let strange = 0
  try {
    for await (const value of jsonValues(file, { onBytes: onRead })) {
      if (format.recognizes(value)) {
        isKnown = true
        yield* attempt(format, value, drop)
        continue
      }
      strange += 1
      for (const [other, { recognizes }] of Object.entries(FORMATS)) if (recognizes(value)) foreign.add(other)
    }
  } catch (error) {
    if (isKnown || !(error instanceof ImportProblem)) throw error
    damages.push(error)
    return drop(`the file ${file.name}, which is damaged or too large, or is no JSON`)
  }
  if (!isKnown) return drop(`the file ${file.name}, which has no conversations of ${format.title}`)
  for (; strange > 0; strange -= 1)
    drop(`an entry of ${file.name} that is no conversation of ${format.title}`)
}

function* attempt(format: Format, value: unknown, drop: Drop): Generator<ReadConversation> {
  const dropped: string[] = []
  let conversation: ImportedConversation
  try {
    conversation = format.read(value, reason => dropped.push(reason))
  } catch (error) {
    return drop(`a conversation that cannot be read (${error instanceof Error ? error.message : error})`)
  }
  yield { conversation, dropped }
}
