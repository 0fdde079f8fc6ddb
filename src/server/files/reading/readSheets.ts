import readSheetsOf from 'read-excel-file/node'
import { type Passage, TextSum } from './textSum.ts'

/** The sheets of a workbook as lines of values, each sheet below its name. Throws `FileProblem`, and what the library throws. */
export async function readSheets(bytes: Uint8Array): Promise<{ passages: readonly Passage[] }> {
  const sheets = await readSheetsOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  const sum = new TextSum('\n')
  for (const { sheet, data } of sheets) {
    sum.add(sheet, { section: sheet })
    for (const row of data) sum.add(row.map(textOf).join(','), { section: sheet })
  }
  return sum
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = value instanceof Date ? value.toISOString() : String(value)
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
