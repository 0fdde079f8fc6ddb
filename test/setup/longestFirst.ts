import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take minutes. They start first, so that the others run beside them. */
const LONGEST = [
  'test/e2e/tabs',
  'test/e2e/chat',
  'test/e2e/life',
  'test/e2e/search',
  'test/e2e/scroll',
  'test/e2e/firefox',
  'test/e2e/elsewhere',
  'test/doctor',
  'test/e2e/load',
  'test/e2e/security',
  'test/e2e/markdown.test',
  'test/e2e/settings',
  'test/e2e/branches',
]

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((one, other) => rankOf(one) - rankOf(other))
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = LONGEST.findIndex(path => moduleId.includes(path))
  return rank === -1 ? LONGEST.length : rank
}
