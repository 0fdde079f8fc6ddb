import type { ConversationResponse, SearchResponse } from '../../src/protocol/responses.ts'
import type { Breakage, PassingAnswer } from './brokenServer.ts'

/** A rule that a server could break, and the cases that must notice. */
export interface Fault extends Breakage {
  name: string
  noticedBy: string[]
}

const isTextFrame = (frame: string) => /^id: \d+\ndata: /.test(frame)

function changeJson<Body>(answer: PassingAnswer, change: (body: Body) => void): void {
  if (!String(answer.headers['content-type']).startsWith('application/json')) return
  const body = JSON.parse(answer.body) as Body
  change(body)
  answer.body = JSON.stringify(body)
}

const STREAM_FAULTS: Fault[] = [
  {
    name: 'a lost frame',
    noticedBy: ['ids-consecutive', 'fold-is-message', 'resume-live-everywhere', 'resume-page'],
    frame: (frame, number) => (number === 3 ? '' : frame),
  },
  {
    name: 'a doubled frame',
    noticedBy: ['ids-consecutive', 'fold-is-message', 'resume-after-header'],
    frame: (frame, number) => (number === 2 ? frame + frame : frame),
  },
  {
    name: 'two frames in the wrong order',
    noticedBy: ['run-start-first', 'ids-consecutive'],
    frame: frame => (frame.startsWith('id: 1\n') ? '' : frame.replace('id: 2\n', 'id: 1\n')),
  },
  {
    name: 'frames without id',
    noticedBy: ['ids-consecutive', 'frame-grammar', 'run-start-first'],
    frame: frame => frame.replace(/^id: \d+\n/, ''),
  },
  {
    name: 'text frames with a name',
    noticedBy: ['text-content'],
    frame: frame => (isTextFrame(frame) ? frame.replace('\n', '\nevent: text-delta\n') : frame),
  },
  {
    name: 'a broken character',
    noticedBy: ['data-is-json', 'fold-is-message'],
    frame: frame => frame.replace(/[à-ú]/, '\uFFFD'),
  },
  {
    name: 'a stream without its end',
    noticedBy: ['run-end-last', 'stop-ends-streams', 'resume-before-end'],
    frame: frame => (frame.includes('event: run-end') ? '' : frame),
  },
  {
    name: 'an end that does not say how long it took',
    noticedBy: ['run-end-timing', 'timing-is-kept'],
    frame: frame => frame.replace(/,"timing":\{[^}]*\}/, ''),
  },
  {
    name: 'a title that never ends',
    noticedBy: ['title-stored', 'title-final', 'title-given'],
    frame: frame => (frame.includes('event: title-end') ? '' : frame),
  },
  {
    name: 'many runs that do not say whose the frames are',
    noticedBy: ['many-named', 'many-same-frames', 'many-after'],
    frame: frame => (frame.startsWith('event: run\n') ? '' : frame),
  },
  {
    name: 'a run that is gone and keeps silent',
    noticedBy: ['many-gone'],
    frame: frame => (frame.startsWith('event: run-gone\n') ? '' : frame),
  },
  {
    name: 'a run that is done and keeps silent',
    noticedBy: ['many-done'],
    frame: frame => (frame.startsWith('event: run-done\n') ? '' : frame),
  },
  {
    name: 'a cut in place of an end',
    noticedBy: ['run-end-last', 'stop-ends-streams', 'many-ends'],
    cutsEnd: true,
  },
  { name: 'a stream that is held back', noticedBy: ['live', 'probe-ticks'], buffers: true },
  { name: 'a run that dies with its reader', noticedBy: ['leaving-stops-nothing'], stopsOnLeave: true },
  {
    name: 'no snapshot',
    noticedBy: ['snapshot-beyond-end', 'snapshot-beyond-live', 'snapshot-fields'],
    frame: frame => (frame.includes('event: snapshot') ? '' : frame),
  },
  {
    name: 'a continued reply that does not say so',
    noticedBy: ['continue-is-stored', 'continue-begins'],
    frame: frame => (frame.includes('event: run-continue') ? '' : frame),
  },
]

const HEADER_FAULTS: Fault[] = [
  {
    name: 'a stream that may be cached',
    noticedBy: ['send-cache-control', 'resume-cache-control'],
    answer: ({ headers }) => void delete headers['cache-control'],
  },
  {
    name: 'a stream that nginx buffers',
    noticedBy: ['send-accel-buffering', 'resume-accel-buffering'],
    answer: ({ headers }) => void delete headers['x-accel-buffering'],
  },
  {
    name: 'a compressed stream',
    noticedBy: ['not-compressed'],
    answer: ({ headers }) => {
      headers['content-encoding'] = 'gzip'
    },
  },
  {
    name: 'no Allow',
    noticedBy: ['method-not-allowed'],
    answer: ({ headers }) => void delete headers.allow,
  },
  { name: 'no Location', noticedBy: ['location'], answer: ({ headers }) => void delete headers.location },
  {
    name: 'a cookie for scripts',
    noticedBy: ['cookie-attributes'],
    answer: ({ headers }) => {
      headers['set-cookie'] = headers['set-cookie']?.map(cookie => cookie.replace('HttpOnly; ', ''))
    },
  },
  {
    name: 'a reader whose place is forgotten',
    noticedBy: ['resume-after-header', 'no-content-header', 'snapshot-beyond-end'],
    request: ({ headers }) => void delete headers['last-event-id'],
  },
  {
    name: 'a query that wins over the header',
    noticedBy: ['resume-header-wins'],
    request: ({ path, headers }) => {
      if (path.includes('?after=')) delete headers['last-event-id']
    },
  },
  {
    name: 'one language for all',
    noticedBy: ['language-three'],
    request: ({ headers }) => void delete headers['accept-language'],
  },
  {
    name: 'writes from other sites',
    noticedBy: ['origin-cross-site', 'origin-foreign', 'origin-cross-site-browser', 'origin-stop'],
    request: ({ headers }) => {
      delete headers['sec-fetch-site']
      delete headers.origin
    },
  },
]

const ANSWER_FAULTS: Fault[] = [
  {
    name: '200 in place of 404',
    noticedBy: ['unknown-conversation', 'foreign-read', 'delete'],
    answer: answer => {
      if (answer.status === 404) answer.status = 200
    },
  },
  {
    name: '403 for what is another owner’s',
    noticedBy: ['foreign-read', 'foreign-stop', 'foreign-events'],
    answer: answer => {
      if (answer.status === 404) answer.status = 403
    },
  },
  {
    name: '200 in place of 204',
    noticedBy: ['no-content-header', 'no-content-query', 'stop-resumed', 'delete'],
    answer: answer => {
      if (answer.status === 204) answer.status = 200
    },
  },
  {
    name: 'a repeated message taken for a new one',
    noticedBy: ['repeat-after-end', 'repeat-at-once', 'mismatch-content', 'message-keeps-client-id'],
    request: request => {
      request.body = request.body.replace(/,"clientMessageId":"[^"]+"/, '')
    },
  },
  {
    name: 'attachments that are lost on the way',
    noticedBy: ['attachments-after-text', 'mismatch-attachments'],
    request: request => {
      request.body = request.body.replace(/,"attachments":\[.*?\](?=[,}])/, '')
    },
  },
  {
    name: 'a title that is never final',
    noticedBy: ['title-stored'],
    answer: answer =>
      changeJson<Partial<ConversationResponse>>(answer, ({ conversation }) => {
        if (conversation) conversation.titleStatus = 'provisional'
      }),
  },
  {
    name: 'a busy conversation that does not say with what',
    noticedBy: ['active-send', 'active-run'],
    answer: answer => changeJson<{ runId?: string }>(answer, body => void delete body.runId),
  },
  {
    name: 'a Stop that counts wrongly',
    noticedBy: ['stop-answer', 'stop-after-end'],
    answer: answer =>
      changeJson<{ lastSeq?: number }>(answer, body => {
        if (body.lastSeq !== undefined) body.lastSeq--
      }),
  },
  {
    name: 'a Stop that loses the text',
    noticedBy: ['stop-keeps-text'],
    answer: answer =>
      changeJson<Partial<ConversationResponse>>(answer, ({ messages = [] }) => {
        for (const message of messages) if (message.role === 'ASSISTANT') message.parts = []
      }),
  },
  {
    name: 'parts without ids',
    noticedBy: ['part-ids', 'fold-is-message'],
    answer: answer =>
      changeJson<{ messages?: { parts: { id?: string }[] }[] }>(answer, ({ messages = [] }) => {
        for (const { parts } of messages) for (const part of parts) delete part.id
      }),
  },
  {
    name: 'text that is shown before it is stored',
    noticedBy: ['stored-before-shown'],
    answer: answer =>
      changeJson<Partial<ConversationResponse>>(answer, ({ activeRun }) => {
        if (activeRun) activeRun.seq = 1
      }),
  },
  {
    name: 'the oldest conversation first',
    noticedBy: ['list-order', 'list-cursor'],
    answer: answer =>
      changeJson<{ conversations?: unknown[] }>(answer, body => void body.conversations?.reverse()),
  },
  {
    name: 'a fork that loses its first message',
    noticedBy: ['fork', 'fork-replays'],
    answer: answer => {
      if (!answer.request.path.endsWith('/fork')) return
      changeJson<Partial<ConversationResponse>>(answer, ({ messages }) => void messages?.shift())
    },
  },
  {
    name: 'a search that takes every word for the beginning of one',
    noticedBy: ['search-words'],
    request: request => {
      request.path = request.path.replace(/query=nasc%20/, 'query=nascente%20')
    },
  },
  {
    name: 'hits without their marks',
    noticedBy: ['search-excerpt'],
    answer: answer =>
      changeJson<Partial<SearchResponse>>(answer, ({ hits = [] }) => {
        for (const { excerpt } of hits) for (const piece of excerpt) piece.isMatch = false
      }),
  },
  {
    name: 'a shared page that search engines keep',
    noticedBy: ['share-for-anybody'],
    answer: ({ headers }) => void delete headers['x-robots-tag'],
  },
  {
    name: 'a restored conversation without its messages',
    noticedBy: ['restore'],
    answer: answer => {
      if (!answer.request.path.endsWith('/restore')) return
      changeJson<Partial<ConversationResponse>>(answer, body => void body.messages?.pop())
    },
  },
  {
    name: 'bodies of any size',
    noticedBy: ['body-over-limit', 'body-over-limit-chunked'],
    request: request => {
      request.body = request.body.replace(/ +/, ' ')
    },
  },
  {
    name: 'an error without its request',
    noticedBy: ['error-shape'],
    answer: answer => changeJson<{ requestId?: string }>(answer, body => void delete body.requestId),
  },
]

export const FAULTS: readonly Fault[] = [...STREAM_FAULTS, ...HEADER_FAULTS, ...ANSWER_FAULTS]
