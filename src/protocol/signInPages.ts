import type { Locale } from './locale.ts'

interface SignInPageTexts {
  done: string
  doneText: (server: string) => string
  failed: string
  failedText: string
  over: string
  overText: string
}

/** What the page says to which an issuer sends people back. */
export const SIGN_IN_PAGES: Record<Locale, SignInPageTexts> = {
  'pt-BR': {
    done: 'Você entrou',
    doneText: server =>
      `Agora o Riacho pode usar ${server} em seu nome. Feche esta aba e volte para a conversa: a resposta continua de lá.`,
    failed: 'Você não entrou',
    failedText: 'O servidor não confirmou o acesso. Feche esta aba, volte para a conversa e tente de novo.',
    over: 'Este acesso já terminou',
    overText:
      'Ele vale uma vez, por 10 minutos e só no navegador em que começou. Feche esta aba e volte para a conversa: ela mostra se você entrou.',
  },
  en: {
    done: 'You have signed in',
    doneText: server =>
      `Riacho can now use ${server} in your name. Close this tab and go back to the conversation: the reply goes on from there.`,
    failed: 'You have not signed in',
    failedText: 'The server did not confirm it. Close this tab, go back to the conversation and try again.',
    over: 'This sign-in is over',
    overText:
      'It is good once, for 10 minutes, and only in the browser that began it. Close this tab and go back to the conversation: it shows whether you have signed in.',
  },
  es: {
    done: 'Has iniciado sesión',
    doneText: server =>
      `Ahora Riacho puede usar ${server} en tu nombre. Cierra esta pestaña y vuelve a la conversación: la respuesta sigue desde allí.`,
    failed: 'No has iniciado sesión',
    failedText:
      'El servidor no lo confirmó. Cierra esta pestaña, vuelve a la conversación e inténtalo de nuevo.',
    over: 'Este inicio de sesión ya terminó',
    overText:
      'Vale una vez, durante 10 minutos y solo en el navegador en que empezó. Cierra esta pestaña y vuelve a la conversación: allí se ve si has iniciado sesión.',
  },
}
