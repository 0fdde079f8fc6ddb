import { expect, test } from 'vitest'
import { Progress } from './progress.ts'
import { Report } from './report.ts'

function record(isTTY: boolean) {
  const written: string[] = []
  return { isTTY, written, write: (text: string) => written.push(text) }
}

test('a terminal gets a bar that is drawn over, and anything else a line for each tenth', () => {
  const terminal = record(true)
  const file = record(false)
  for (const output of [terminal, file]) {
    const progress = new Progress(output, { label: 'Importing', total: 1000 })
    for (let done = 0; done < 1000; done += 1) progress.add(1)
    progress.end()
  }
  expect(terminal.written).toHaveLength(102)
  expect(terminal.written.at(-2)).toBe(`\rImporting [${'#'.repeat(30)}] 100 %`)
  expect(terminal.written.at(-1)).toBe('\n')
  expect(file.written).toHaveLength(11)
  expect(file.written.at(-1)).toBe('Importing: 100 %\n')
})

test('without anything to do nothing is drawn', () => {
  const output = record(true)
  const progress = new Progress(output, { label: 'Reading', total: 0 })
  progress.add(10)
  progress.end()
  expect(output.written).toEqual([])
})

test('a title with control characters cannot move the cursor of the terminal', () => {
  const report = new Report()
  report.dropFrom('a\u001b[2Jb\u202ec\n', ['something'])
  expect(report.result()).toContain('1 × something (first in: a [2Jb c)')
})
