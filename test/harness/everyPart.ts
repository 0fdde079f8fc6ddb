import type { Part, PartType } from '../../src/protocol/parts.ts'

/** One part of each type. Each text in them has words of its own. */
export const EVERY_PART: { [Type in PartType]: Extract<Part, { type: Type }> } = {
  text: { id: '1', type: 'text', text: 'palavra do texto' },
  refusal: { id: '1', type: 'refusal', text: 'palavra da recusa' },
  reasoning: { id: '1', type: 'reasoning', text: 'palavra do raciocinio' },
  source: { id: '1', type: 'source', url: 'https://fonte.example/endereco', title: 'titulo' },
  suggestions: { id: '1', type: 'suggestions', questions: ['pergunta sugerida'] },
  file: { id: '1', type: 'file', name: 'arquivo', text: 'conteudo' },
  tool: {
    id: '1',
    type: 'tool',
    callId: 'call_chamada',
    tool: 'ferramenta',
    server: 'servidor',
    title: 'nome',
    step: 1,
    arguments: '{"pedido":"argumento"}',
    status: 'completed',
    attempt: 1,
    progress: { done: 1, total: 2, message: 'metade' },
    content: 'devolveu',
    isTruncated: true,
    milliseconds: 12,
    approvalId: 'pergunta',
  },
  break: { id: '1', type: 'break', status: 'failed', code: 'UPSTREAM_TRUNCATED' },
}
