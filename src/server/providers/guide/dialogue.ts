import type { Locale } from '../../../protocol/locale.ts'
import type { GuideSection } from './sections.ts'
import { wordsOf } from './terms.ts'
import { FILLERS, FUNCTION_WORDS } from './wordLists.ts'

/** The sections whose wordings make up a social turn. Of several in one turn the first answers: “ok, thanks, bye” is a goodbye. */
const SOCIAL = ['bye', 'thanks', 'how-are-you', 'hello', 'okay'] as const

/** “No” negates what follows, but for thanks. */
const NO = /^(nao|no|nope) (?!obrig|valeu|thank|thx|gracias)\p{L}/u
/** Words in thanks or a goodbye that the guide does not know: “thanks for the patience”. */
const MOST_STRANGE = 1
const MOST_WORDS_OF_PHRASE = 5

/**
 * Finds which section answers a turn that is nothing but greeting, thanks, praise, consent or goodbye. `sections` are
 * all that talk: a turn with a complaint or a doubt is no social one.
 */
export function createSocialTurns(
  sections: readonly GuideSection[],
  { locale, isKnown }: { locale: Locale; isKnown: (word: string) => boolean },
): (text: string) => GuideSection | undefined {
  const phrases = new Map<string, string>()
  for (const { id, heading, also } of sections)
    for (const phrase of [heading, ...also]) phrases.set(wordsOf(phrase).join(' '), id)
  return text => {
    const words = wordsOf(text)
    const acts = new Set<string>()
    const strange: string[] = []
    for (let at = 0; at < words.length; ) {
      const phrase = longestPhrase(words.slice(at, at + MOST_WORDS_OF_PHRASE))
      const id = phrases.get(phrase.join(' '))
      if (phrase.length === 1 && NO.test(`${phrase[0]} ${words[at + 1] ?? ''}`)) return undefined
      if (id) acts.add(id)
      else if (!FILLERS[locale].has(words[at] ?? '')) strange.push(words[at] ?? '')
      at += Math.max(1, phrase.length)
    }
    if ([...acts].some(id => !SOCIAL.some(social => social === id))) return undefined
    if (strange.length > (acts.has('thanks') || acts.has('bye') ? MOST_STRANGE : 0)) return undefined
    if (strange.some(word => isKnown(word) || FUNCTION_WORDS[locale].has(word))) return undefined
    const act = SOCIAL.find(id => acts.has(id))
    return sections.find(({ id }) => id === act)
  }

  function longestPhrase(words: readonly string[]): string[] {
    for (let length = words.length; length > 0; length--) {
      const phrase = words.slice(0, length)
      if (phrases.has(phrase.join(' '))) return phrase
    }
    return []
  }
}

/** How a question begins that asks how something is done. An order does not begin so. */
const ASKS =
  /^(how|where|why|when|which|can i|could i|may i|do i|does|como|onde|aonde|por que|porque|quando|posso|da pra|da para|tem como|consigo|donde|cuando|cual|puedo|se puede|es posible)\b/

/** Orders of every language, in words without case, accents and punctuation. */
const ORDERS: readonly RegExp[] = [
  // To put its instructions aside, or to be somebody else.
  /(?<!\b(i|we|eu|yo) )\b(ignor\w*|forget|disregard|override|bypass|esque\w*|desconsider\w*|olvid\w*)\b.{0,40}\b(instruc\w*|instruct\w*|rules|regras|reglas|prompts?|guidelines|restric\w*|orders|ordens|ordenes|above|acima|anterior\w*)\b/,
  /\b(you are now|from now on you|act as|pretend|(developer|dev|god|debug) mode|jailbreak|you (have|are|act).{0,20}(no|without) (restrictions|rules))\b/,
  /\b(voce agora e|a partir de agora voce|aja como|finja|faca de conta|modo (desenvolvedor|desarrollador|deus|dios)|voce.{0,30}sem (restricoes|regras))\b/,
  /\b(ahora eres|a partir de ahora|actua como|finge|haz de cuenta|(eres|responde|habla|actua).{0,30}sin (restricciones|reglas))\b/,
  // To show what it has none of: instructions, keys, files.
  /\b(show|print|reveal|repeat|give|tell|output|dump|display|leak|mostr\w+|revel\w+|imprim\w+|repit\w+|exib\w+|diga|diz|fala|fale|passa|passe|manda|mande|muestr\w+|dime|dame|repite)\b.{0,25}\b((your|seu|sua|suas|teu|tu|tus) ([a-z]+ )?(prompts?|instruc\w+|instruct\w+)|system (prompt|message)|(prompt|mensagem|mensaje) d[eo]l? sistema)\b/,
  /\b(give|tell|show|reveal|print|leak|send|hand)( me| us| over)?( the| your| its| all| this| servers)* ((secret|openai|server|admin|root|private|master) )*(api )?(keys?|passwords?|secrets?|credentials|\w+_(key|secret)|env|env file)( please| now| of this server| here| you (use|have)| that you (use|have))?$/,
  /\b(me da|me de|me diga|me diz|me fala|me passa|me passe|me manda|me mostra|me mostre|mostre|mostra|diga|passa|passe|revele|revela|entregue)( me| ai| logo| a| o| as| os| sua| tua)* (chaves?|senhas?|segredos?|token|credenciais|env|api key|\w+_(key|secret))( (da|de|do|secreta|api|openai|admin|administrador|root|servidor|agora|ai|que|voce|usa|tem))*$/,
  /\b(dame|dime|muestrame|muestra|pasame|revela|entregame|ensename)( la| el| las| los| tu| tus)* (claves?|llaves?|contrasenas?|secretos?|token|credenciales|env|api key|\w+_(key|secret))( (de|del|la|el|secreta|api|openai|admin|administrador|root|servidor|ahora|ya|que|usas|tienes))*$/,
  /\bwhat(s| is) (the|your) ((openai|admin|root|secret|master) )*(api )?(key|password|\w+_key)$/,
  /\b(list|print|dump|cat|diga|liste|mostre|lista|muestra|muestrame|dime)\b.{0,25}\b(files|arquivos|archivos|ficheros)\b.{0,25}\b(server|servidor|disk|disco|system|sistema)\b/,
  /^(show|print|cat|open|read|mostr\w+|muestr\w+|me mostr\w+|dame|dime|abra|leia|lee|abre)\b.{0,30}\b(contents?|conteudo|contenido)\b.{0,30}\b(env|server|servidor|database|banco|base)\b/,
  /\b(rm r?f|drop table|sudo|etc passwd)\b/,
  /^(run|execute|rode|roda|executa|ejecuta) (the |this |o |esse |este |el )?(commands?|comandos?|shell|bash|ls|cat|rm)\b/,
  // To destroy what is others'.
  /\b(delete|erase|wipe|destroy|remove|format|shut down|apague|apaga|deleta|exclua|remova|destrua|formate|desligue|borra|borre|elimina|elimine|destruye|formatea)\b (all|every|everything|the|o|os|as|tudo|todos|todas|todo|el|los|las)\b.{0,40}\b(users?|everyones?|everybodys?|files|server|disk|tables?|usuarios?|todo mundo|arquivos|archivos|servidor|disco|tabelas|tablas)\b/,
  // To write on and on.
  /\b(repeat|repita|repete|repite)\b.{0,60}\b(forever|times|sempre|vezes|siempre|veces)\b/,
]
const ROLE = /^\W*(system|sistema|admin|administrador|administrator|root|developer)\s*[:>\]]/i

/** Whether a message orders what the guide must not or cannot do: drop its rules, hand out keys or files, erase what is others'. */
export function isOrder(text: string): boolean {
  const words = wordsOf(text).join(' ')
  return ROLE.test(text) || (!ASKS.test(words) && ORDERS.some(order => order.test(words)))
}
