import type { Talker } from '../talker.ts'

/** Chooses a time after which conversations go. None of a round is as old. */
export async function drawRetention(talker: Talker): Promise<boolean> {
  const { owner, random } = talker
  const days = random.pick([30, 365, null])
  const client = talker.client(owner)
  const reply = await talker.ask('PUT', '/api/chat/retention', { client, mine: owner, body: { days } })
  talker.count('retention', reply.status)
  if (reply.status === 200) {
    const { retention } = reply.body as { retention?: { days?: unknown } }
    if (retention?.days !== days) talker.history.violation(`retention: ${reply.text} for ${days}`)
  } else if (!owner.erased.mayBe(true, reply))
    talker.history.violation(`retention: ${reply.status} ${reply.text}`)
  return true
}
