/** What an operator has to correct before the server starts: one line a problem, all of them at once. */
export class ConfigProblem extends Error {
  override readonly name = 'ConfigProblem'
  readonly problems: readonly string[]

  constructor(subject: string, problems: readonly string[]) {
    super([subject, ...problems.map(problem => `  ${problem}`)].join('\n'))
    this.problems = problems
  }
}
