import type { Locale } from '../../../protocol/locale.ts'
import { wordsOf } from './terms.ts'

/** Sections that help where something fails. Where a message tells of trouble they go before those that tell how it is done. */
export const TROUBLE_SECTIONS: ReadonlySet<string> = new Set([
  'not-working',
  'does-not-open',
  'next-checks',
  'share-trouble',
  'start-fails',
  'still-guide',
  'chats-gone',
  'buffering',
  'slow',
  'slow-local',
  'errors',
  'unreachable',
  'timeout',
  'key-refused',
  'model-not-found',
  'forbidden',
  'bad-gateway',
  'port-in-use',
])

/** In words without accents. */
const TROUBLE: Record<Locale, RegExp> = {
  'pt-BR':
    /\bnao (abre|abriu|funciona|funcionou|con\w{2,4}g\w{1,2}|deixa|vai|carrega|aparece|apareceu|inicia|sobe|liga|responde|conecta|salva|envia|baixa|copia|chega|roda|entra|atualiza|muda|acontece|me deixa)\b|\b(parou de|deixou de|nada acontece|quebrou|travou|travando|travado|deu (erro|pau|problema|ruim)|dando erro|falha|falhou|bugou)\b/,
  en: /\b(doesnt|wont|cant|cannot|couldnt|unable to|fails?|failed|failing|broke|broken|nothing happens|crash\w*|stuck|hangs|frozen|freezes|refuses|does not|will not|can not)\b|\b(stopped|stops|not|isnt) (working|opening|loading|starting|showing|sending|responding)\b/,
  es: /\bno (abre|abrio|funciona|funciono|puedo|me deja|deja|carga|arranca|inicia|responde|aparece|anda|conecta|guarda|envia|llega|hace nada|entra|se (abre|ve|carga|conecta|envia|guarda|inicia))\b|\b(dejo de|no pasa nada|se (rompio|colgo|cuelga|traba|trabo|cayo|bloqueo)|falla|fallo|roto|da error)\b/,
}

/** That something was done right and failed: how it is done is known already. In words of every language, without accents. */
const FAILS =
  /\b((nao|no) (funciona\w*|faz nada|hace nada)|nada acontece|(parou|deixou|dejo) de|no pasa nada|(da|deu|dando) (erro|error)|falhou|falla|quebr(ou|ado)|roto|(doesnt|does not|isnt|not|stopped) work\w*|nothing happens|fails?|failed|broken)\b/

export function tellsOfFailure(text: string): boolean {
  return FAILS.test(wordsOf(text).join(' '))
}

export function tellsOfTrouble(text: string, locale: Locale): boolean {
  return TROUBLE[locale].test(wordsOf(text).join(' '))
}

/** That what the answer before told was done, and did not help. In words of every language, without accents. */
const UNCHANGED =
  /\b(continua (igual|na mesma|assim|o mesmo|sem|nao)|nao adiantou|nao mudou( nada)?|nao resolveu|nao ajudou|mesmo (erro|problema)|still (the same|no|not|nothing|broken|fails|doesnt|does not|same)|no change|nothing changed|no luck|same (error|problem|thing|result)|did ?nt help|didnt (work|help)|did not (work|help)|sigue (igual|sin|lo mismo)|no cambio nada|no sirvio|no ayudo|no funciono|mismo (error|problema)|(it|that|this|still) (doesnt|does not) work|(nao|no) funcion(a|ou|o)|nao deu certo)\b/
const DONE =
  /^(ja |eu |mas |e |i |i have |ive |but |already |ya |pero |eso )*(fiz|tentei|testei|reiniciei|done|did|tried|restarted|checked|conferi|hice|lo hice|probe|intente|reinicie)( isso| tudo| that| it| this| all| everything| eso| esto| todo| already| ja| ya| isso ja)*$/
const MOST_WORDS = 10

/** Whether a message says that the advice before was followed, and whether it says that nothing changed. */
export function triedIn(text: string): 'done' | 'unchanged' | null {
  const words = wordsOf(text)
  const told = words.join(' ')
  if (words.length > MOST_WORDS) return null
  if (UNCHANGED.test(told)) return 'unchanged'
  return DONE.test(told) ? 'done' : null
}
