/** Everything that an operator has to correct before the server starts, with one line for each problem. */
export class ConfigProblem extends Error {
  override readonly name = 'ConfigProblem'
  readonly problems: readonly string[]

  constructor(subject: string, problems: readonly string[]) {
    super([subject, ...problems.map(problem => `  ${problem}`)].join('\n'))
    this.problems = problems
  }
}
