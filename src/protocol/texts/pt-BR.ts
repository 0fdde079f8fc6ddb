import type { ProtocolTexts } from './protocolTexts.ts'

export const ptBR: ProtocolTexts = {
  errors: {
    INVALID_REQUEST: 'O pedido não está certo. Confira os dados e tente de novo.',
    UNAUTHENTICATED: 'Sua sessão não vale mais. Recarregue a página para continuar.',
    SIGN_IN_REQUIRED: 'Entre na sua conta para continuar. O que está escrito fica guardado neste navegador.',
    SIGN_IN_FAILED: 'O e-mail ou a senha não conferem.',
    FORBIDDEN: 'Este pedido não veio desta página e foi recusado.',
    SIGN_UP_CLOSED: 'Aqui só se cria conta com um convite. Peça um a quem administra este chat.',
    SIGN_IN_TOO_OLD: 'Para isto, saia, entre de novo e tente outra vez em até 10 minutos.',
    KEY_NOT_ALLOWED: 'Esta chave de API não permite isto.',
    SHARING_NOT_ALLOWED:
      'Compartilhar por link não está liberado para você aqui. Quem administra este chat decide isso.',
    NOT_FOUND: 'Não encontramos isso. Pode ter sido apagado ou ser de outra pessoa.',
    METHOD_NOT_ALLOWED: 'Este endereço existe, mas não aceita este tipo de pedido.',
    CONVERSATION_CLOSED: 'Esta conversa está encerrada. Reabra-a ou comece outra para continuar.',
    CONVERSATION_TEMPORARY:
      'Uma conversa temporária não pode ser guardada assim. Baixe-a, se quiser ficar com o texto.',
    NOT_PENDING: 'Não há mais nada a decidir aqui. Alguém já decidiu, ou a conversa continuou.',
    RUN_ACTIVE: 'Ainda há uma resposta sendo escrita nesta conversa. Espere ou pare essa resposta.',
    EMAIL_TAKEN: 'Já existe uma conta com este e-mail.',
    MAIL_UNAVAILABLE: 'Este chat não envia e-mails. Peça o link a quem o administra.',
    LINK_INVALID: 'Este link já foi usado ou venceu. Peça outro.',
    LAST_ADMIN: 'Sempre precisa haver quem administre. Dê esse papel a outra pessoa antes.',
    LAST_WAY_IN:
      'Sem isto você não entraria mais na conta. Antes, crie uma senha, uma chave de acesso ou vincule outro login.',
    IDENTITY_TAKEN: 'Este login já é de outra conta.',
    TOO_MANY_PASSKEYS: 'Você já tem o máximo de chaves de acesso. Remova uma para adicionar outra.',
    GROUP_NAME_TAKEN: 'Já existe um grupo com esse nome.',
    TOO_MANY_GROUPS: 'Não cabem mais grupos. Apague um antes.',
    ASSISTANT_CHANGED: 'O arquivo mudou desde que você o abriu. Abra-o de novo antes de salvar.',
    FILES_READ_ONLY:
      'O servidor não pode escrever na pasta dos assistentes. Mude o arquivo no servidor e recarregue.',
    TOO_MANY_KEYS: 'Você já tem o máximo de chaves de API. Revogue uma para criar outra.',
    TOO_LARGE: 'A mensagem é grande demais. Escreva uma mais curta, ou anexe menos.',
    OFFSET_MISMATCH: 'O envio do arquivo continua de outro ponto.',
    FILE_NOT_READY:
      'Um arquivo não está aqui: o envio não terminou, ou ele esperou mais de um dia. Anexe-o de novo.',
    FILE_IN_USE: 'Uma mensagem tem este arquivo. Apague a conversa para apagá-lo.',
    FILE_TOO_LARGE: 'O arquivo é grande demais.',
    FILE_UNSUPPORTED:
      'Este tipo de arquivo não pode ser lido. Envie uma imagem, um PDF, um documento do Word, uma planilha do Excel ou um texto.',
    FILE_UNREADABLE: 'O arquivo não pode ser lido: parece danificado.',
    FILE_ENCRYPTED: 'O arquivo está protegido por senha. Envie uma cópia sem senha.',
    FILE_EMPTY: 'Não há texto no arquivo. Se for digitalizado, envie as páginas como imagens.',
    FILE_TOO_LONG: 'O arquivo é longo demais. Envie só a parte que interessa.',
    FILE_TOO_SLOW: 'O arquivo é complexo demais para ser lido.',
    IMAGE_TOO_LARGE: 'A imagem tem pixels demais. Envie uma menor.',
    IDEMPOTENCY_MISMATCH: 'Esta mensagem já foi enviada com outro texto. Envie-a como uma nova.',
    PASSWORD_TOO_COMMON:
      'Muita gente usa esta senha, ou uma quase igual. Escolha outra, como quatro palavras sem relação.',
    PASSKEY_REFUSED: 'A chave de acesso não foi aceita. Tente de novo.',
    RATE_LIMITED: 'Foram pedidos demais em pouco tempo. Espere um pouco e tente de novo.',
    TOO_MANY_RUNS: 'Há respostas demais sendo escritas agora. Espere uma terminar e envie de novo.',
    LIMIT_REACHED: 'O limite de hoje acabou. Ele recomeça à meia-noite (UTC): envie de novo depois disso.',
    BUDGET_REACHED: 'O orçamento deste mês acabou. Ele recomeça no dia 1º (UTC): envie de novo depois disso.',
    GROUP_BUDGET_REACHED:
      'O orçamento deste mês do seu grupo acabou. Ele recomeça no dia 1º (UTC): envie de novo depois disso.',
    INTERNAL: 'Algo deu errado do nosso lado. Tente de novo.',
    ISSUER_UNAVAILABLE: 'O serviço de login não responde. Tente de novo em instantes.',
    SHUTTING_DOWN: 'O servidor está reiniciando. Tente de novo em alguns segundos.',
    STORAGE_UNAVAILABLE:
      'Não conseguimos guardar agora, e nada é mostrado sem ser guardado. Tente de novo em instantes.',
    QUOTA_EXCEEDED:
      'Seu espaço neste chat acabou. Apague conversas antigas: o espaço volta alguns minutos depois.',
    UPSTREAM_AUTH: 'O provedor recusou a chave de acesso. Quem administra este chat precisa conferi-la.',
    UPSTREAM_QUOTA: 'A cota do provedor acabou. Quem administra este chat precisa conferir o plano.',
    UPSTREAM_RATE_LIMIT: 'O provedor está recebendo pedidos demais. Espere um pouco e tente de novo.',
    UPSTREAM_OVERLOADED: 'O provedor está sobrecarregado. Tente de novo em instantes.',
    UPSTREAM_TIMEOUT: 'O provedor demorou demais para responder. Tente de novo.',
    UPSTREAM_UNREACHABLE: 'Não conseguimos falar com o provedor. Tente de novo em instantes.',
    UPSTREAM_TRUNCATED: 'A resposta do provedor foi cortada antes do fim. O que chegou está guardado.',
    UPSTREAM_ERROR: 'O provedor respondeu com um erro. Tente de novo.',
    EMPTY_REPLY: 'O modelo terminou sem escrever uma resposta. Tente de novo.',
    MODEL_NOT_FOUND:
      'O modelo configurado não existe ou não está liberado. Quem administra este chat precisa escolher outro.',
    CONTEXT_TOO_LONG: 'A mensagem é longa demais para o modelo. Escreva uma mensagem mais curta.',
    CONTENT_FILTERED: 'O filtro de conteúdo do provedor barrou esta resposta. Tente escrever de outro jeito.',
    OUTPUT_LIMIT: 'A resposta chegou ao tamanho máximo e parou aqui.',
    TOOL_LIMIT:
      'O modelo usou ferramentas vezes demais sem chegar a uma resposta. O que chegou está guardado.',
    REPLY_INTERRUPTED: 'A resposta foi interrompida porque o servidor parou. O que chegou está guardado.',
  },
  probe: {
    allAtOnce:
      'As respostas chegam inteiras, de uma vez: um proxy no caminho guarda cada resposta até ela acabar (buffering).',
    clumps:
      'As respostas chegam aos pedaços: um proxy no caminho junta o texto antes de passá-lo adiante (buffering).',
    lateStart: 'As respostas demoram para começar: algo no caminho segura cada pedido antes de atendê-lo.',
    unsteady: 'As respostas chegam aos trancos: a rede no caminho está lenta ou sobrecarregada.',
    cut: 'As respostas não chegam até o fim: um proxy no caminho fecha a conexão, ou segura o resto.',
    compression: 'Um proxy comprime as respostas, e quem comprime segura o texto até formar um bloco.',
    headerLost:
      'O cabeçalho “x-accel-buffering: no” se perdeu: um nginx o ignora (proxy_ignore_headers), ou o usa, e outro proxy à frente dele segura o texto.',
  },
}
