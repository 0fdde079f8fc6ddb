import type { Locale } from '../../../protocol/locale.ts'

/** Without accents, in lower case: words of grammar and of politeness. They tell a language, and little else. */
export const FUNCTION_WORDS: Record<Locale, ReadonlySet<string>> = {
  'pt-BR': setOf(
    `a ao aos aquele aquela aquilo as ate aqui ai ali cade com como da das de dela dele deles depois do dos dum e ela ele
    elas eles em entao era essa esse essas esses esta estas estao estar estava este estou eu existe existem fica ficam
    foi ha isso isto disso nisso disto nisto ja la lhe mais mas me mesmo mesma meu meus mim minha minhas muito muita na
    nao nas nem nessa nesse nesta neste no nos nossa nosso num numa o onde aonde os ou para pela pelo pelos pelas pode
    podem podia poderia por porque porq posso pq pra pras pro pros q qq qual quais qualquer quando quanto quanta quantos
    quantas que quem quero queria querendo se sem sera seu seus sim sao so somente sobre sua suas tambem tb tbm te tem
    tenho ter teria teu tinha tu tua tudo um uma umas uns vai vao vc vcs voce voces vou preciso precisa precisar
    gostaria fazer faz faco fazendo acontece consigo consegue conseguir diga dizer mt mto ne ta to tava gente alguem
    algum alguma nada algo coisa deu da dar dao meio bem ainda agora ser sou oq oque dai pois por favor gentileza
    funciona funcionar jeito maneira forma possivel via cada outro outra outros outras lugar peco pedir semana passada passado mes ano ontem hoje amanha dia ate tarde
    nunca sempre vez vezes toda todo todos todas explica explique explicar
    saber sabe sei demais diz dizem aparece apareceu sozinho sozinha primeiro enquanto antes depois`,
  ),
  en: setOf(
    `a about all am an and any anything are as at be been being but by can could couldnt did didnt do does doing done for
    from get gets getting got had has have having he her here him his how i if in into is isnt it its ive just know let
    like me my mine myself need needs no not of off on one only or our out please pls plz possible so some somehow
    something someone somebody still such tell than that thats the their them then there theres these they thing things
    this those to too u ur us use using used want wanna was way we were what whats when where wheres which while who whom
    whose whos why will with work works working would wouldnt yes you youre your yours im id ill dont doesnt cant cannot
    wont hows really also again very much many more gonna should shall may might must via every other another each
    happens happen ok up week month year yesterday today tomorrow day ago last always never time go explain know knows give gives say says said i
    id come comes make makes put take takes`,
  ),
  es: setOf(
    `a al algo alguien algun alguna ante aqui ahi alli asi aun ahora cada con como cual cuales cualquier cuando cuanto
    cuanta cuantos cuantas de del desde donde adonde e el ella ellas ellos en entonces era eres es esa esas ese esos eso
    esta estan estar estas este estos esto estoy fue ha hace hacer hacen hago hay haz he la las le les lo los mas me mi
    mis mio muy mucho mucha nada ni no nos nosotros nuestra nuestro o os otra otro otras otros para pero pa por porque
    porfa pq puede pueden puedo podria poder pudo q que quien quienes quiero quisiera queria se sea ser si sin sobre solo
    son soy su sus tambien te tengo tener tiene tienen tienes tu tus un una unas uno unos usted ustedes va van vas voy y
    ya yo necesito necesita pasa ocurre sucede da dan dar dime favor existe existen funciona funcionar cosa manera forma
    posible via todo toda todos todas hubo tal xq semana pasada pasado mes ano ayer hoy manana dia nunca siempre vez veces pido pedir explica explicar explicame saber sabe sabes se dice dicen aparece mientras antes despues pongo poner`,
  ),
}

/**
 * Without accents: words that nearly every text has. Where the guide has one it is by chance, and where it lacks one the question
 * is not about something else. So they count little.
 */
export const COMMON_WORDS: Record<Locale, ReadonlySet<string>> = {
  'pt-BR': setOf(
    `acabar acabou acabei achei acho acontecer acontecendo aconteceu adianta agora ajuda ajudar ajudou alem algo amigo andar ano anos
    aparecer apenas apertei assunto atrapalha atras avisa bastante beleza boa bom bonito botar botei boto bota cabeca cada cara casa
    caso causa certa certo chama chamar chega chegar cheio cidade cima claro coloca colocar coloco coloquei comeca comecar comeco
    completo comum consegui conta conte contra correto coisas cuidado dado daqui deixa deixar deixei dentro descobrir descobriu deve
    devia devo dias dificil direito direto disse diversas diversos dois duas duvida embaixo emprego encima ensina entendi entrar entra
    errada errado escolher esposa esposo esquerda esquisito estranho exato exatamente exemplo faca facil fala falar falei falo falta
    falando familia fez ficar ficando ficou fim final fiz fora frente funcao gosta gostar gostaria gosto grande grandes grupo homem
    hora horas ideia igual importante importa inteira inteiro ir irmao item jeitinho joga jogar lado legal lembrar leva levar leve
    ligado logo longe longo maior maioria manda maneira maos marido mandei meia melhor menor menos mesa mexer mil minuto minutos
    momento monte mostra mulher mundo necessario negocio nenhum nenhuma ninguem noite nova novo nunca olhar olha opcao ordem outro
    outros pagina paragrafo parece parte partir passa passar passei passo pega pegar pena pensar pensei pequena pequeno perto pessoal
    pior poder ponto posso pouco prefiro pronta pronto proprio proxima proximo puder quadrado quanto quase quiser raiva rapido real
    recebi resolve resolver resolveu resto roubar ruim saco sair saiu seguinte seguir segunda segundo seguro seja semanas serve
    servir simples sistema sobre sozinha sozinho sujeito superior tamanho tanto tarde tento tentar tentei terceiro terminar tipo
    tirar tira toca total trabalho trabalhar trazer tres troca tudo ultima ultimo unica unico usa usar usada usado usando uso util
    valer vale varias varios velho vem vendo verdade vermelho vida vieram vim virou visto vontade voltar volta`,
  ),
  en: setOf(
    `able actually add added ago almost alone already although anybody anymore anyone anyway around away back bad because become
    began behind believe best better bigger bit bottom box bring brought build built buy bought call called came care case cause
    chance child children clear cold come company couple course days dead deal different directly dog door down early easily easy
    either else end enough entire even ever everybody everyone everything exactly fact family far fast feel few figure find fine
    finally fix fixed follow found friend front full fun gave girl given going gone good great group guess guy guys half hand
    happened happening hard head hear heard help here high hit home hope hour hours house huge husband idea immediately important
    inside instead item job kid kids kind knew lately later latest least leave left less life light likely line little live long
    look looking lot lots main man maybe mean means men middle mind mine minute minutes month months morning move moved moving must
    nearly necessary new next nice night nobody normal nothing notice number often old once onto order others otherwise outside over
    own part particular parts people perhaps person piece pieces place places plan play plenty plug point poor possible pretty
    probably properly purpose push put putting question quick quickly quite rather reach ready real reason red replace rest right
    room same saw seat second seconds seem seems seen sense serious several short show shows side sight similar simple simply since
    single sit sitting somewhere soon sort sound special stand state stay step stick story straight strange stuff sudden suddenly
    suppose supposed sure swear taken talk talking team ten theirs thought three tidy times together told took top total toward
    tried trouble true try trying turn turned twice two type under underneath understand unless until upon usual usually wait walk
    wall watch water weird well went whatever whether whole wife wish within without woman wonder wondering words world worse worst
    worth wouldnt wrong years yet young yours yourself`,
  ),
  es: setOf(
    `abajo acaba acabar acabo acceso adelante ademas ahi ahora alguno algunas algunos alla alto amiga amigo ano anos antes aparece
    aparecer apenas aprovechar aprovecho arriba asi aunque ayuda ayudar bajo bastante bien bonito buen buena bueno cabeza cada caja
    calle cambio casa casi caso cerca chico cierto claro coger coloca colocar comienza comenzar comienzo como companera companero
    completo comun conseguir consigo contestar contra correcto corto cosas creer creo cuidado debajo debe deber debo decir deja dejar
    dejo dentro derecha derecho desde despues dias dicho dificil directo distinta distinto dos duda edad ejemplo empezar empieza
    encima encontrar entender entonces entrar entra equipo escoger espacio esposa estamos estilo exacto extrano facil falta familia
    fin final forma frente fuera funcion gente grande grupo gusta gustaria gusto haber habia hacia hacerlo hecho hermano hice hija
    hijo hizo hombre hora horas idea igual importa importante incluso ir izquierda jamas junto lado largo lejos libre ligado listo
    llama llamar llega llegar lleva llevar llevarme llevo luego lugar luz mal malo mande mandar marido mayor media medio mejor menor
    menos mesa meter meti metido mia minuto minutos mio mirar mitad momento monton motivo mujer mundo necesario ninguna ninguno noche
    nueva nuevo nunca obtener ocupa ocupar oficina ojo opcion orden orilla pagar par parece parte partir pasar paso pedir pequeno
    peor perfecto persona pena pensar pide poco pone poner pongo popular primera primero principio probar pronto propio proxima
    proximo punto puse quedar queda quedan quitar quiera quiza quizas rapido raro real realmente resto resulta rojo rueda saber saca
    sacar sale salir segun seguir seguro semanas senor serio serve sigue siguiente simple sino sirve sirven sitio sola suele suelen
    supuesto tal tanto tarde tema tener tenia tipo tira toca tocar tomar total trabajar trae traer tras tres ultima ultimo unica
    unico usa usar usando uso util vale valer varias varios vez viene viejo vida viendo vino visto vivo volver vuelve vuelta`,
  ),
}

/** Words of grammar that say what is asked for, and negations. */
export const ASKING_WORDS = setOf(
  `todo todos toda todas tudo all everything so only solo solamente somente apenas porque pq porq por quando quem onde aonde quanto quanta quantos quantas why when who where cuando quien donde cuanto cuanta xq nao not cannot cant dont doesnt no sem without sin`,
)

/** Where or on what something is done. */
export const CIRCUMSTANCES = setOf(
  `celular telefone smartphone android iphone ipad tablet phone mobile movil telefono mac notebook computador computer
  ordenador`,
)

/** How a question begins that goes on from the one before. */
export const GOING_ON = setOf('e y and but mas pero so entao entonces then ok')

/** Words that point back. */
export const POINTING_BACK = setOf(
  `isso isto disso nisso disto nele nela dele dela ele ela lo la eso esto ello it that this them those mesmo mesma mismo
  misma same there`,
)

/** Without accents: words beside a greeting or thanks that change nothing about it. */
export const FILLERS: Record<Locale, ReadonlySet<string>> = {
  'pt-BR': setOf(
    `a e o ai mesmo muito mt mto demais viu pra por vc voce voces pela pelo ajuda resposta tudo hein ne cara mano
    gente pessoal amigo amiga querido querida guia robo bot riacho ja la so mais meu eu ta to aqui hoje com`,
  ),
  en: setOf(
    `a and the so very much bunch ton million really that this is was it all for you your help answer guide bot robot riacho mate man dude
    buddy friend guys everyone there again just too oh well my i am with here today to`,
  ),
  es: setOf(
    `a y o el la muy mucho tan por tu te me ayuda respuesta todo guia robot bot riacho amigo amiga tio tia crack hombre pues ya
    eso esto que mi aqui hoy con lo es fue de`,
  ),
}

/** A message that begins with one of these tells to do what only a model can. */
export const TASKS: Record<Locale, ReadonlySet<string>> = {
  'pt-BR': setOf(
    `escreve escreva traduz traduza resume resuma resumir resolve resolva calcula calcule recomenda
    recomende inventa invente redige redija reescreve reescreva programa programe`,
  ),
  en: setOf(
    `write translate summarize summarise solve calculate compute compose recommend invent rewrite proofread
    paraphrase draft`,
  ),
  es: setOf(
    `escribe escribeme traduce traduceme resume resumeme resuelve resuelveme calcula recomienda recomiendame
    inventa redacta redactame hazme programa`,
  ),
}

/** A message that nothing answers and that has one of these is a complaint about the guide. */
export const INSULTS: Record<Locale, ReadonlySet<string>> = {
  'pt-BR': setOf(
    `burro burra idiota inutil imbecil estupido estupida lixo merda porcaria bosta droga otario otaria ridiculo ridicula
    palhacada tosco`,
  ),
  en: setOf(
    `stupid idiot idiotic useless garbage crap shit shitty sucks dumb moron pathetic bullshit fuck fucking rubbish
    worthless joke`,
  ),
  es: setOf(
    `inutil idiota tonto tonta estupido estupida mierda porqueria basura imbecil asco pesimo pesima ridiculo patetico
    burro`,
  ),
}

/** What people do with a thing on the page or the server: a section about the same thing answers only if it is about the same deed. */
export const ACTIONS: Record<Locale, ReadonlySet<string>> = {
  'pt-BR': setOf(
    `apagar copiar compartilhar exportar importar editar renomear fixar arquivar imprimir desfazer restaurar instalar atualizar
    revogar anexar esconder colar traduzir`,
  ),
  en: setOf(
    'delete copy share export import edit rename pin archive print undo restore install update revoke attach hide paste translate',
  ),
  es: setOf(
    `borrar copiar compartir exportar importar editar renombrar fijar archivar imprimir deshacer restaurar instalar actualizar
    revocar adjuntar ocultar pegar traducir`,
  ),
}

/** A message with one of these asks for more than the answer before told. */
export const QUANTIFIERS = setOf('todo todos toda todas tudo all everything every both ambos ambas')

function setOf(words: string): ReadonlySet<string> {
  return new Set(words.trim().split(/\s+/))
}
