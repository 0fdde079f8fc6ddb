/** Says in one sentence for the operator why nothing can be imported. */
export class ImportProblem extends Error {
  override readonly name = 'ImportProblem'
}
