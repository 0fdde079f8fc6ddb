import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take minutes. They start first, so that the others run beside them. */
const LONGEST = [
  'test/e2e/tabs',
  'test/e2e/chat',
  'test/doctor',
  'test/e2e/branches',
  'test/importing/prisma',
  'test/browser/life',
  'test/browser/search',
  'test/browser/security',
  'test/browser/scroll',
  'test/browser/firefox',
  'test/browser/elsewhere',
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
