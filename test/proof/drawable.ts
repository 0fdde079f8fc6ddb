import type { Random } from '../harness/random.ts'

/** A kind of call that a person draws. */
export interface Drawable<Person> {
  /** How often it is drawn, compared with the others. */
  readonly weight: number
  /** What the person does. Resolves with false if there is nothing yet to do it to. */
  readonly draw: (person: Person) => Promise<boolean>
}

/** Draws a call by its weight. If there is nothing yet to call it on, draws another one. */
export async function draw<Person extends { random: Random }>(
  person: Person,
  kinds: readonly Drawable<Person>[],
): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    const kind = weighed(person.random, kinds)
    if (await kind.draw(person)) return
  }
}

function weighed<Kind extends { weight: number }>(random: Random, kinds: readonly Kind[]): Kind {
  let left = random.next() * kinds.reduce((sum, { weight }) => sum + weight, 0)
  for (const kind of kinds) {
    left -= kind.weight
    if (left < 0) return kind
  }
  return kinds[0] as Kind
}
