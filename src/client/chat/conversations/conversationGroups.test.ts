import { expect, test } from 'vitest'
import { conversation } from '../../testing/startChat.ts'
import { groupConversations } from './conversationGroups.ts'

const NOW = new Date(2026, 2, 10, 9)

test('conversations stand under the day they were last used, older ones under their month, pinned ones first', () => {
  const list = [
    at('pinned', new Date(2025, 5, 1), true),
    at('now', NOW),
    at('midnight', new Date(2026, 2, 10)),
    at('lastNight', new Date(2026, 2, 9, 23, 59)),
    at('tuesday', new Date(2026, 2, 3)),
    at('monday', new Date(2026, 2, 2, 23)),
    at('february', new Date(2026, 1, 28)),
    at('lastYear', new Date(2025, 1, 28)),
  ]
  const groups = groupConversations(list, NOW).map(({ heading, conversations }) => [
    typeof heading === 'string' ? heading : heading.month.toDateString(),
    conversations.map(({ id }) => id),
  ])
  expect(groups).toEqual([
    ['pinned', ['pinned']],
    ['today', ['now', 'midnight']],
    ['yesterday', ['lastNight']],
    ['week', ['tuesday']],
    ['Sun Mar 01 2026', ['monday']],
    ['Sun Feb 01 2026', ['february']],
    ['Sat Feb 01 2025', ['lastYear']],
  ])
})

function at(id: string, date: Date, pinned = false) {
  return conversation(id, { updatedAt: date.getTime(), pinned }).conversation
}
