import type { Locale } from './locale.ts'
import type { ProbeCause } from './probe.ts'

/** What a person reads of each cause: what a proxy on the way does. */
export const PROBE_MESSAGES: Record<Locale, Record<ProbeCause, string>> = {
  'pt-BR': {
    whole:
      'As respostas chegam inteiras, de uma vez: um proxy no caminho guarda cada resposta até ela acabar (buffering).',
    clumps:
      'As respostas chegam aos pedaços: um proxy no caminho junta o texto antes de passá-lo adiante (buffering).',
    lateStart: 'As respostas demoram para começar: algo no caminho segura cada pedido antes de atendê-lo.',
    unsteady: 'As respostas chegam aos trancos: a rede no caminho está lenta ou sobrecarregada.',
    cut: 'As respostas não chegam até o fim: um proxy no caminho fecha a conexão, ou segura o resto.',
    compression: 'Um proxy comprime as respostas, e quem comprime segura o texto até formar um bloco.',
    askedInVain:
      'O cabeçalho “x-accel-buffering: no” se perdeu: um nginx o ignora (proxy_ignore_headers), ou o usa, e outro proxy à frente dele segura o texto.',
  },
  en: {
    whole:
      'Replies arrive whole, all at once: a proxy on the way keeps each reply until it is complete (buffering).',
    clumps: 'Replies arrive in clumps: a proxy on the way gathers text before it passes it on (buffering).',
    lateStart: 'Replies are late to begin: something on the way holds each request before it is served.',
    unsteady: 'Replies arrive in fits and starts: the network on the way is slow or overloaded.',
    cut: 'Replies do not arrive to their end: a proxy on the way closes the connection, or holds the rest back.',
    compression: 'A proxy compresses replies, and a compressor holds text back until it has a block of it.',
    askedInVain:
      'The header “x-accel-buffering: no” got lost: an nginx ignores it (proxy_ignore_headers), or obeys it, and another proxy in front of it holds the text back.',
  },
  es: {
    whole:
      'Las respuestas llegan enteras, de golpe: un proxy en el camino guarda cada respuesta hasta que termina (buffering).',
    clumps:
      'Las respuestas llegan a trozos: un proxy en el camino junta el texto antes de pasarlo (buffering).',
    lateStart:
      'Las respuestas tardan en empezar: algo en el camino retiene cada solicitud antes de atenderla.',
    unsteady: 'Las respuestas llegan a tirones: la red en el camino está lenta o sobrecargada.',
    cut: 'Las respuestas no llegan hasta el final: un proxy en el camino cierra la conexión, o retiene el resto.',
    compression:
      'Un proxy comprime las respuestas, y quien comprime retiene el texto hasta formar un bloque.',
    askedInVain:
      'El encabezado “x-accel-buffering: no” se perdió: un nginx lo ignora (proxy_ignore_headers), o lo obedece, y otro proxy delante de él retiene el texto.',
  },
}
