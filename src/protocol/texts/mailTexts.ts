import type { Locale } from '../locale.ts'

export type MailKind = 'invite' | 'signUp' | 'known' | 'reset' | 'confirm' | 'changeEmail' | 'changed'

interface MailText {
  subject: string
  text: string
}

/** The mails about accounts. `{link}` stands for a link, and `{site}` for the address of the chat. */
export const MAIL_TEXTS: Record<Locale, Record<MailKind, MailText>> = {
  'pt-BR': {
    invite: {
      subject: 'Convite para o chat em {site}',
      text: 'Você recebeu um convite para o chat em {site}.\n\nCrie sua conta por este link, que vale por 7 dias e uma vez só:\n\n{link}\n',
    },
    signUp: {
      subject: 'Sua conta em {site}',
      text: 'Alguém pediu uma conta com este endereço em {site}.\n\nSe foi você, continue por este link, que vale por 24 horas e uma vez só:\n\n{link}\n\nSe não foi, não faça nada: sem o link nenhuma conta é criada.\n',
    },
    known: {
      subject: 'Você já tem uma conta em {site}',
      text: 'Alguém pediu uma conta com este endereço em {site}, e você já tem uma.\n\nEntre por aqui, ou peça uma nova senha:\n\n{link}\n\nSe não foi você, não faça nada.\n',
    },
    reset: {
      subject: 'Nova senha em {site}',
      text: 'Alguém pediu uma nova senha para a sua conta em {site}.\n\nSe foi você, escolha a senha por este link, que vale por 1 hora e uma vez só:\n\n{link}\n\nSe não foi, não faça nada: sua senha continua a mesma.\n',
    },
    confirm: {
      subject: 'Confirme seu endereço em {site}',
      text: 'Confirme que este endereço é seu por este link, que vale por 24 horas. Abra-o no navegador em que você entrou na conta:\n\n{link}\n',
    },
    changeEmail: {
      subject: 'Seu novo endereço em {site}',
      text: 'Sua conta em {site} passa a ter este endereço quando você abrir este link, que vale por 24 horas. Abra-o no navegador em que você entrou na conta:\n\n{link}\n',
    },
    changed: {
      subject: 'O endereço da sua conta em {site} mudou',
      text: 'A sua conta em {site} tem um novo endereço, e este não vale mais.\n\nSe não foi você, fale com quem administra o chat.\n',
    },
  },
  en: {
    invite: {
      subject: 'Invitation to the chat at {site}',
      text: 'You have been invited to the chat at {site}.\n\nMake your account with this link, which works once and for 7 days:\n\n{link}\n',
    },
    signUp: {
      subject: 'Your account at {site}',
      text: 'Somebody asked for an account with this address at {site}.\n\nIf it was you, go on with this link, which works once and for 24 hours:\n\n{link}\n\nIf it was not, do nothing: without the link no account is made.\n',
    },
    known: {
      subject: 'You already have an account at {site}',
      text: 'Somebody asked for an account with this address at {site}, and you already have one.\n\nSign in here, or ask for a new password:\n\n{link}\n\nIf it was not you, do nothing.\n',
    },
    reset: {
      subject: 'A new password at {site}',
      text: 'Somebody asked for a new password of your account at {site}.\n\nIf it was you, choose it with this link, which works once and for 1 hour:\n\n{link}\n\nIf it was not, do nothing: your password stays the same.\n',
    },
    confirm: {
      subject: 'Confirm your address at {site}',
      text: 'Confirm that this address is yours with this link, which works for 24 hours. Open it in the browser in which you are signed in:\n\n{link}\n',
    },
    changeEmail: {
      subject: 'Your new address at {site}',
      text: 'Your account at {site} gets this address when you open this link, which works for 24 hours. Open it in the browser in which you are signed in:\n\n{link}\n',
    },
    changed: {
      subject: 'The address of your account at {site} has changed',
      text: 'Your account at {site} has a new address, and this one no longer counts.\n\nIf it was not you, talk to whoever runs the chat.\n',
    },
  },
  es: {
    invite: {
      subject: 'Invitación al chat de {site}',
      text: 'Has recibido una invitación al chat de {site}.\n\nCrea tu cuenta con este enlace, que vale una sola vez y durante 7 días:\n\n{link}\n',
    },
    signUp: {
      subject: 'Tu cuenta en {site}',
      text: 'Alguien pidió una cuenta con esta dirección en {site}.\n\nSi fuiste tú, continúa con este enlace, que vale una sola vez y durante 24 horas:\n\n{link}\n\nSi no, no hagas nada: sin el enlace no se crea ninguna cuenta.\n',
    },
    known: {
      subject: 'Ya tienes una cuenta en {site}',
      text: 'Alguien pidió una cuenta con esta dirección en {site}, y ya tienes una.\n\nEntra aquí, o pide una nueva contraseña:\n\n{link}\n\nSi no fuiste tú, no hagas nada.\n',
    },
    reset: {
      subject: 'Nueva contraseña en {site}',
      text: 'Alguien pidió una nueva contraseña para tu cuenta en {site}.\n\nSi fuiste tú, elígela con este enlace, que vale una sola vez y durante 1 hora:\n\n{link}\n\nSi no, no hagas nada: tu contraseña sigue siendo la misma.\n',
    },
    confirm: {
      subject: 'Confirma tu dirección en {site}',
      text: 'Confirma que esta dirección es tuya con este enlace, que vale durante 24 horas. Ábrelo en el navegador en el que entraste en tu cuenta:\n\n{link}\n',
    },
    changeEmail: {
      subject: 'Tu nueva dirección en {site}',
      text: 'Tu cuenta en {site} tendrá esta dirección cuando abras este enlace, que vale durante 24 horas. Ábrelo en el navegador en el que entraste en tu cuenta:\n\n{link}\n',
    },
    changed: {
      subject: 'La dirección de tu cuenta en {site} ha cambiado',
      text: 'Tu cuenta en {site} tiene una nueva dirección, y esta ya no vale.\n\nSi no fuiste tú, habla con quien administra el chat.\n',
    },
  },
}
