import type { FileRefusal } from '../../protocol/errors.ts'

/** Why a file cannot go with messages. Its code is what people hear. */
export class FileProblem extends Error {
  readonly code: FileRefusal

  constructor(code: FileRefusal, options?: ErrorOptions) {
    super(code, options)
    this.code = code
  }
}
