import { folded } from '../../../protocol/folded.ts'
import { LOCALES, type Locale } from '../../../protocol/locale.ts'

const STEM_LENGTH = 6

/**
 * Words of grammar, and words that only ask, in lower case without accents. They tell the language, and are not
 * searched for.
 */
const FUNCTION_WORDS: Record<Locale, ReadonlySet<string>> = {
  'pt-BR': setOf(
    `a ao aos aquele aquilo as ate cade com como da das de dela dele deles depois do dos e ela ele eles em entao era essa
    esse esta estao estar estou eu existe fica foi ha isso isto ja la lhe mais mas me mesmo meu meus mim minha minhas na
    nao nas nem nesse nesta no nos nossa nosso num numa o onde os ou para pela pelo pode podem por porque posso pq pra pro
    qual quais quando quanto que quem quero queria se sem sera seu seus sim sao so sobre sua suas tambem te tem tenho ter
    teu tinha tu tua tudo um uma umas uns vai vc vcs voce voces vou preciso gostaria fazer faz faco acontece consigo
    diga conte explica explique escreva escrever`,
  ),
  en: setOf(
    `a about am an and any are as at be been but by can could did do does doing for from get had has have having he her
    here him his how i if in into is it its just know let like me my need no not of on or our out please so some tell than
    that the their them then there these they this to u us want was we were what when where which while who why will with
    would you your happens happen does im id dont doesnt cant isnt show give explain s t m`,
  ),
  es: setOf(
    `a al algo ante aqui asi aun con como cual cuales cuando cuanto cuantos de del desde donde dos e el ella ellas ellos en
    entonces era eres es esa ese eso esta estan estar este esto estoy fue ha hace hacer hago hay haz he la las le les lo
    los mas me mi mis muy ni no nos nosotros nuestro o os para pero por porque puede pueden puedo que quien quiero
    quisiera se sea ser si sin sobre solo son soy su sus tambien te tengo tiene tienes tu tus un una unas uno unos usted
    ustedes va voy y ya yo necesito pasa ocurre sucede da dan dar dime cuentame explica escribe escribir`,
  ),
}

const OWN_LETTERS: Record<Locale, RegExp> = { 'pt-BR': /[ãõçêô]/, en: /(?:'s|n't|'m)\b/, es: /[ñ¿¡]/ }

function setOf(words: string): ReadonlySet<string> {
  return new Set(words.split(/\s+/))
}

/** The words of a text without case and accents. A name such as `OPENAI_MODEL` is one word. */
export function wordsOf(text: string): string[] {
  return folded(text).match(/[\p{L}\p{N}_]+/gu) ?? []
}

/**
 * The terms that find a word: itself, and its first six letters, because the languages of the guide inflect the ends of
 * words and `conecto` has to find `conectar`. Words of grammar have none.
 */
export function stemsOf(word: string): string[] {
  if (word.length < 2 || LOCALES.some(locale => FUNCTION_WORDS[locale].has(word))) return []
  return word.length <= STEM_LENGTH || word.includes('_') ? [word] : [word, word.slice(0, STEM_LENGTH)]
}

/** The languages that most words of grammar in `text` belong to. There are several if they tie. */
export function languagesOf(text: string): Locale[] {
  const words = wordsOf(text)
  const counts = LOCALES.map(locale => {
    const own = OWN_LETTERS[locale].test(text.toLowerCase()) ? 1 : 0
    return own + words.filter(word => FUNCTION_WORDS[locale].has(word)).length
  })
  return LOCALES.filter((_, index) => counts[index] === Math.max(...counts))
}
