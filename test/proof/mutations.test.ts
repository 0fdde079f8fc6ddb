import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ALL_MUTATIONS } from './mutations.ts'

const ROOT = join(import.meta.dirname, '..', '..')

test.each(ALL_MUTATIONS)('$breaks: the line to break is there, once', ({ file, from }) => {
  expect(readFileSync(join(ROOT, file), 'utf8').split(from).length).toBe(2)
})
