import type { Mutation } from './mutate.ts'

const BARRIERS = {
  test: 'src/server/generation/run.tools.test.ts',
  name: 'a call is stored for good before the tool is called, and its answer before the model is asked',
}
const KILLED = 'test/server/killedTools.test.ts'

/** Ways to break the eleventh promise: a tool is called at most once, and never without the consent of whom it has to ask. */
const MUTATIONS: readonly Omit<Mutation, 'promise'>[] = [
  {
    breaks: 'a tool is called before it is stored that it is',
    file: 'src/server/generation/steps.ts',
    from: 'if (ready.length > 0 && (!(await log.whenSynced()) || signal.aborted))',
    to: 'if (ready.length > 0 && signal.aborted)',
    ...BARRIERS,
  },
  {
    breaks: 'a power loss may take back that a tool is called',
    file: 'src/server/log/commitWindow.ts',
    from: 'write.end || write.syncs',
    to: 'write.end',
    ...BARRIERS,
  },
  {
    breaks: 'the model is asked before the answer of a tool is stored',
    file: 'src/server/generation/steps.ts',
    from: "if (!(await log.whenSynced()) || signal.aborted) return 'done'\n    if (asking.length > 0)",
    to: "if (signal.aborted) return 'done'\n    if (asking.length > 0)",
    ...BARRIERS,
  },
  {
    breaks: 'whoever waits for a sync waits for ever if everything is stored',
    file: 'src/server/log/eventLog.ts',
    from: 'checkpoint === undefined && !syncs)',
    to: 'checkpoint === undefined)',
    test: 'src/server/log/commitWindow.test.ts',
    name: 'whoever waits for a sync gets one, also if everything is stored already',
  },
  {
    breaks: 'a commit that was not synced counts as a sync',
    file: 'src/server/log/eventLog.ts',
    from: 'this.#waiters.splice(0, this.#takenWaiters)',
    to: 'this.#waiters.splice(0)',
    test: 'src/server/log/commitWindow.test.ts',
    name: 'a commit under way counts for nobody who begins to wait for a sync',
  },
  {
    breaks: 'two tabs decide about one call',
    file: 'src/server/database/pauses.ts',
    from: ".where('answered_by', 'is', null)\n    .where('declined', '=', 0)",
    to: ".where('declined', '=', 0)",
    test: 'test/contracts/pauses.test.ts',
    name: 'of all that answer a pause at once one is the first',
  },
  {
    breaks: 'a tool that has changed since runs with the approval of the old one',
    file: 'src/server/generation/steps.ts',
    from: 'tools.get(call.tool)?.digest === decision.digest',
    to: "decision.digest !== ''",
    test: 'src/server/generation/run.tools.test.ts',
    name: 'a call about which a person decides ends the run as paused, and the decision makes exactly that call',
  },
  {
    breaks: 'what waits can be approved after a new message',
    file: 'src/server/messages/acceptRun.ts',
    from: 'if (asksPeople && !decided)',
    to: 'if (asksPeople && decided === null)',
    test: 'test/server/tools.test.ts',
    name: 'a new message declines what waits',
  },
  {
    breaks: 'a call runs that was declined',
    file: 'src/server/generation/steps.ts',
    from: 'if (!isApproved) {',
    to: 'if (isApproved === undefined) {',
    test: 'test/server/tools.test.ts',
    name: 'what is declined never runs, and the model is told',
  },
  {
    breaks: 'one approval is good for every later call',
    file: 'src/server/messages/decide.ts',
    from: "if (decision !== 'always' || !request) continue",
    to: "if (decision === 'decline' || !request) continue",
    test: 'test/server/tools.test.ts',
    name: 'an approval is good for one call',
  },
  {
    breaks: 'a call whose outcome nobody knows is called completed',
    file: 'src/protocol/tools.ts',
    from: "runStatus !== 'stopped' ? 'unknown' : 'stopped'",
    to: "runStatus !== 'stopped' ? 'completed' : 'stopped'",
    test: KILLED,
    name: 'killed after:tool-run is stored',
  },
  {
    breaks: 'the end of a run closes no call',
    file: 'src/protocol/tools.ts',
    from: "if (!isOpenCall(call) || runStatus === 'paused') return call",
    to: "if (!isOpenCall(call) || runStatus !== '') return call",
    test: KILLED,
    name: 'killed before:tool-end is stored',
  },
  {
    breaks: 'the message of a dead process says that its calls are still running',
    file: 'src/server/generation/takeover.ts',
    from: "  foldEvent(parts, { type: 'run-end', ...event })\n",
    to: "  foldEvent([], { type: 'run-end', ...event })\n",
    test: KILLED,
    name: 'killed before:tool-end is stored',
  },
  {
    breaks: 'Stop leaves the tool at work',
    file: 'src/server/generation/callTool.ts',
    from: "outer.addEventListener('abort', onOuter, { once: true })",
    to: "outer.addEventListener('none', onOuter, { once: true })",
    test: 'src/server/generation/run.tools.test.ts',
    name: 'Stop aborts the tool in the same turn, and the call may have had an effect',
  },
  {
    breaks: 'two calls have one idempotency key',
    file: 'src/server/generation/steps.ts',
    from: 'callId: keyOf(messageId, callId)',
    to: 'callId',
    test: 'test/server/tools.test.ts',
    name: 'two calls have two keys, also if the provider gives them one name',
  },
]

export const TOOL_MUTATIONS: readonly Mutation[] = MUTATIONS.map(mutation => ({ promise: 11, ...mutation }))
