import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

/** The requirements of ASVS 5.0.0 at levels 1 and 2, by section. A star marks level 1. Gaps are those of level 3. */
const REQUIREMENTS = `
  V1.1 1-2, V1.2 1-5* 6-9, V1.3 1-2* 3-11, V1.4 1-3, V1.5 1* 2
  V2.1 1* 2-3, V2.2 1-2* 3, V2.3 1* 2-4, V2.4 1
  V3.2 1-2*, V3.3 1* 2-4, V3.4 1-2* 3-6, V3.5 1-3* 4-5, V3.7 1-2
  V4.1 1* 2-3, V4.2 1, V4.3 1-2, V4.4 1* 2-4
  V5.1 1, V5.2 1-2* 3, V5.3 1-2*, V5.4 1-3
  V6.1 1* 2-3, V6.2 1-8* 9-12, V6.3 1-2* 3-4, V6.4 1-2* 3-4, V6.5 1-5, V6.6 1-3, V6.8 1-4
  V7.1 1-3, V7.2 1-4*, V7.3 1-2, V7.4 1-2* 3-5, V7.5 1-2, V7.6 1-2
  V8.1 1* 2, V8.2 1-2* 3, V8.3 1*, V8.4 1
  V9.1 1-3*, V9.2 1* 2-4
  V10.1 1-2, V10.2 1-2, V10.3 1-4, V10.4 1-5* 6-11, V10.5 1-5, V10.6 1-2, V10.7 1-3
  V11.1 1-2, V11.2 1-3, V11.3 1-2* 3, V11.4 1* 2-4, V11.5 1, V11.6 1
  V12.1 1* 2-3, V12.2 1-2*, V12.3 1-4
  V13.1 1, V13.2 1-5, V13.3 1-2, V13.4 1* 2-5
  V14.1 1-2, V14.2 1* 2-4, V14.3 1* 2-3
  V15.1 1* 2-3, V15.2 1* 2-3, V15.3 1* 2-7
  V16.1 1, V16.2 1-5, V16.3 1-4, V16.4 1-3, V16.5 1-3
  V17.1 1, V17.2 1-4, V17.3 1-2`

/** Each id with its level, in the order of the standard. */
const LEVELS = new Map<string, string>(
  REQUIREMENTS.trim()
    .split(/,\s|\n/)
    .flatMap(section => {
      const [name, ...ranges] = section.trim().split(' ')
      return ranges.flatMap(range => {
        const [, first = '', last = first, star] = /^(\d+)(?:-(\d+))?(\*)?$/.exec(range) ?? []
        return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index): [string, string] => [
          `${name}.${Number(first) + index}`,
          star ? '1' : '2',
        ])
      })
    }),
)
const IDS = [...LEVELS.keys()]

interface Row {
  ids: string[]
  level: string
  does: string
  test: string
}

/** The rows of the tables of requirements. A row may name a range of ids. */
const ROWS: Row[] = read('docs/asvs.md')
  .split('\n')
  .filter(line => line.startsWith('| V'))
  .map(line => {
    const [, name = '', level = '', does = '', test = '', ...others] = line
      .split('|')
      .map(cell => cell.trim())
    expect(others, line).toEqual([''])
    const [first = '', last = first] = name.split('-')
    const [from, to] = [IDS.indexOf(first), IDS.indexOf(last)]
    expect([from, to], name).not.toContain(-1)
    return { ids: IDS.slice(from, to + 1), level, does, test }
  })

const KINDS = { covered: /^`/, 'not covered': /^not covered/, 'nothing to cover': /^nothing to cover: \S/ }

/** How many requirements have each kind of answer. */
const countOf = (kind: keyof typeof KINDS) =>
  ROWS.filter(({ test }) => KINDS[kind].test(test)).flatMap(({ ids }) => ids).length

test('the list has as many requirements as the standard', () => {
  expect(LEVELS.size).toBe(253)
  expect([...LEVELS.values()].filter(level => level === '1').length).toBe(70)
})

test('every requirement has one row, in its order and with its level', () => {
  expect(ROWS.flatMap(({ ids }) => ids)).toEqual(IDS)
  for (const { ids, level, does } of ROWS) {
    const levels = [...new Set(ids.map(id => LEVELS.get(id)))].sort()
    expect(level, ids[0]).toBe(levels.join(', '))
    expect(does, ids[0]).toMatch(/\w/)
  }
})

test('every row names tests that are there, or says why there is none', () => {
  for (const { ids, test } of ROWS) {
    expect(Object.values(KINDS).filter(kind => kind.test(test)).length, ids[0]).toBe(1)
    const files = [...test.matchAll(/`((?:src|test)\/[^`]+)`/g)].map(([, path = '']) => path)
    if (KINDS.covered.test(test)) expect(test, ids[0]).toBe(files.map(path => `\`${path}\``).join(', '))
    expect(
      files.filter(path => !existsSync(join(ROOT, path))),
      ids[0],
    ).toEqual([])
    expect(
      files.filter(path => !/\.test\.ts$|^test\/conformance\/cases\//.test(path)),
      ids[0],
    ).toEqual([])
  }
})

test('SECURITY.md says how many there are of each', () => {
  const said =
    /(\d+)\s+are\s+covered\s+by\s+tests,\s+(\d+)\s+are\s+not\s+covered,\s+and\s+for\s+(\d+)\s+there\s+is\s+nothing/.exec(
      read('SECURITY.md'),
    )
  const counts = [countOf('covered'), countOf('not covered'), countOf('nothing to cover')]
  expect(said?.slice(1).map(Number)).toEqual(counts)
})
