/** Says why a database cannot be opened, in one sentence for the operator. */
export class DatabaseProblem extends Error {
  override readonly name = 'DatabaseProblem'
}
