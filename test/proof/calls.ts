import {
  drawCreate,
  drawDelete,
  drawErase,
  drawFeedback,
  drawFork,
  drawList,
  drawPatch,
  drawRead,
  drawRestore,
  drawTitle,
} from './draws/keeping.ts'
import {
  drawEvents,
  drawExport,
  drawExportAll,
  drawManyRuns,
  drawProbe,
  drawPublic,
  drawSearch,
} from './draws/reading.ts'
import { drawRerun, drawSend, drawStop } from './draws/sending.ts'
import { drawRevoke, drawShare, drawSharedRead, drawShares, drawSharesOf } from './draws/sharing.ts'
import type { Drawable } from './talker.ts'

/** One call of PROTOCOL.md, as the talker draws it. */
export interface CallKind extends Drawable {
  /** The method and the path, as PROTOCOL.md writes them. */
  readonly route: string
  readonly how: string
  /** What the history keeps. */
  readonly records: string
  /** What the answer, or the check at the end of the round, must show. */
  readonly asks: string
}

const REPLIES = 'the run, and a view for each reader'
const FOLLOWS = 'each event once and in order, one end in time, and the stored parts'

/** Every call that a person can make. `calls.test.ts` compares it with PROTOCOL.md and with the routes. */
export const CALLS: readonly CallKind[] = [
  {
    route: 'POST /api/chat/send',
    weight: 30,
    draw: drawSend,
    how: 'to a new or a known conversation, below any message, with attachments, twice at once',
    records: `the message, ${REPLIES}`,
    asks: `the message is there and whole, ${FOLLOWS}; every refusal has a reason`,
  },
  {
    route: 'POST /api/chat/runs',
    weight: 12,
    draw: drawRerun,
    how: 'retry, regenerate, Continue of what broke off, twice at once',
    records: REPLIES,
    asks: `${FOLLOWS}; a continued reply begins with the parts and the break`,
  },
  {
    route: 'GET /api/chat/runs/:runId/events',
    weight: 5,
    draw: drawEvents,
    how: 'of any run, over cut connections',
    records: 'a view',
    asks: `${FOLLOWS}; at the end of the round from every seq`,
  },
  {
    route: 'GET /api/chat/events',
    weight: 5,
    draw: drawManyRuns,
    how: 'up to 20 runs and an unknown one, over cut connections',
    records: 'a view of each run',
    asks: `${FOLLOWS}; only the unknown run is gone`,
  },
  {
    route: 'POST /api/chat/runs/:runId/stop',
    weight: 6,
    draw: drawStop,
    how: 'of any run, active or ended long ago',
    records: 'the answer',
    asks: 'the stored end is the answer; no run is stopped that nobody stopped; the answer comes in time',
  },
  {
    route: 'GET /api/chat/conversations',
    weight: 4,
    draw: drawList,
    how: 'page by page, archived or not',
    records: 'nothing',
    asks: 'every conversation that is there comes once, and none that is gone',
  },
  {
    route: 'POST /api/chat/conversations',
    weight: 3,
    draw: drawCreate,
    how: 'with a title or without',
    records: 'the conversation',
    asks: 'it is there until it is deleted',
  },
  {
    route: 'GET /api/chat/conversations/:id',
    weight: 8,
    draw: drawRead,
    how: 'of any conversation; a reader goes on from its active run',
    records: 'a view that begins with the active run',
    asks: 'every field is one that was asked for; every accepted message and ended reply is there',
  },
  {
    route: 'PATCH /api/chat/conversations/:id',
    weight: 8,
    draw: drawPatch,
    how: 'title, status, pinned, archived or head, in two tabs',
    records: 'the change',
    asks: 'later answers have it; a given title wins over a written one',
  },
  {
    route: 'DELETE /api/chat/conversations/:id',
    weight: 4,
    draw: drawDelete,
    how: 'also while a reply is written',
    records: 'the deletion',
    asks: 'the conversation and its shares are unknown until it is restored',
  },
  {
    route: 'POST /api/chat/conversations/:id/restore',
    weight: 4,
    draw: drawRestore,
    how: 'mostly of a deleted conversation',
    records: 'the restoration',
    asks: 'all is there as before, unless ten minutes have passed',
  },
  {
    route: 'POST /api/chat/conversations/:id/fork',
    weight: 3,
    draw: drawFork,
    how: 'from any message; the copy is talked in like any other',
    records: 'the copy',
    asks: 'the copies never change',
  },
  {
    route: 'POST /api/chat/conversations/:id/title',
    weight: 4,
    draw: drawTitle,
    how: 'in one tab or two',
    records: 'nothing',
    asks: 'the title is a given one, or one of the server',
  },
  {
    route: 'POST /api/chat/conversations/:id/shares',
    weight: 4,
    draw: drawShare,
    how: 'of any conversation',
    records: 'the share and what its first reader got',
    asks: 'the share is there until it is revoked or its conversation is gone',
  },
  {
    route: 'GET /api/chat/conversations/:id/shares',
    weight: 2,
    draw: drawSharesOf,
    how: 'of any conversation',
    records: 'nothing',
    asks: 'every share that is there, and none that is gone',
  },
  {
    route: 'GET /api/chat/shares',
    weight: 2,
    draw: drawShares,
    how: 'of the owner',
    records: 'nothing',
    asks: 'every share that is there, and none that is gone',
  },
  {
    route: 'DELETE /api/chat/shares/:id',
    weight: 2,
    draw: drawRevoke,
    how: 'of any share',
    records: 'the revocation',
    asks: 'nobody reads it any more',
  },
  {
    route: 'GET /api/chat/shared/:id',
    weight: 4,
    draw: drawSharedRead,
    how: 'of any owner, without a session',
    records: 'nothing',
    asks: 'the same answer as the first reader got; no cookie; no id of the conversation',
  },
  {
    route: 'PUT /api/chat/messages/:id/feedback',
    weight: 4,
    draw: drawFeedback,
    how: 'of any reply: up, down, or taken back',
    records: 'the feedback',
    asks: 'later answers have it',
  },
  {
    route: 'GET /api/chat/search',
    weight: 4,
    draw: drawSearch,
    how: 'for a message of anybody',
    records: 'nothing',
    asks: "the owner's own message is found while it is there, and nobody else's",
  },
  {
    route: 'GET /api/chat/conversations/:id/export',
    weight: 2,
    draw: drawExport,
    how: 'as Markdown or JSON',
    records: 'nothing',
    asks: 'a download with the words of the owner alone',
  },
  {
    route: 'GET /api/chat/export',
    weight: 2,
    draw: drawExportAll,
    how: 'of the owner',
    records: 'nothing',
    asks: 'every conversation that is there with every message, and none that is gone',
  },
  {
    route: 'DELETE /api/chat/owner',
    weight: 1,
    draw: drawErase,
    how: 'at most once an owner; the person goes on as a new one',
    records: 'the erasure',
    asks: 'nobody ever gets a word of the owner again',
  },
  {
    route: 'GET /api/chat/assistants',
    weight: 1,
    draw: drawPublic('/api/chat/assistants'),
    how: 'without a session',
    records: 'nothing',
    asks: '200',
  },
  {
    route: 'GET /api/openapi.json',
    weight: 1,
    draw: drawPublic('/api/openapi.json'),
    how: 'without a session',
    records: 'nothing',
    asks: '200',
  },
  {
    route: 'GET /api/chat/probe',
    weight: 1,
    draw: drawProbe,
    how: 'without a session, in the background',
    records: 'nothing',
    asks: 'eight ticks',
  },
  {
    route: 'GET /api/health',
    weight: 1,
    draw: drawPublic('/api/health'),
    how: 'without a session',
    records: 'nothing',
    asks: '200',
  },
  {
    route: 'GET /api/ready',
    weight: 1,
    draw: drawPublic('/api/ready'),
    how: 'without a session',
    records: 'nothing',
    asks: '200 once the disk has room',
  },
  {
    route: 'GET /metrics',
    weight: 1,
    draw: drawPublic('/metrics'),
    how: 'without a session',
    records: 'nothing',
    asks: '200, and no words of anybody',
  },
]
