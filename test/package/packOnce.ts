import type { TestProject } from 'vitest/node'
import { temporaryFolder } from '../harness/folder.ts'
import { packInto } from './packed.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The path of the packed package. */
    tarball: string
  }
}

/** Packs once for all test files, because two packings at once would build into the same folders. */
export default async function packOnce(project: TestProject): Promise<() => Promise<void>> {
  const folder = await temporaryFolder()
  project.provide('tarball', await packInto(folder.path))
  return async () => folder[Symbol.asyncDispose]()
}
