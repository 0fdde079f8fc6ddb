import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take minutes, so that the others run beside them and not before. */
const LONGEST = [
  'test/proof/soak',
  'test/proof/proof',
  'test/e2e/accessibility',
  'test/e2e/chat',
  'test/e2e/tabs',
  'test/server/storage',
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
