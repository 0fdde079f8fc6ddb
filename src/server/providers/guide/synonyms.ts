import type { Locale } from '../../../protocol/locale.ts'

/** A line for each meaning; its words are one. */
export const SYNONYMS: Record<Locale, string> = {
  'pt-BR': `
    apagar deletar delete excluir remover eliminar apago deleto excluo removo apague limpar zerar
    conversa chat papo conversas chats
    celular telefone smartphone android iphone ipad tablet movel mobile ios
    rodar executar subir rodo executo rodando
    perder perco perdi sumir sumiu sumiram sumido desaparecer desapareceu desapareceram perda
    fechar fecho fechei
    parar paro pare interromper cancelar cancelo abortar stop
    buscar busca procurar procuro achar acho encontrar encontro pesquisar pesquisa localizar
    mudar mudo trocar troco alterar altero modificar mudanca
    guardar salvar salvo salva armazenar guardado armazenado armazenamento
    dados informacoes dado
    imagem foto figura imagens fotos
    enviar mandar mando envio mandei envia
    chave key keys chaves
    custar custo custa preco pagar pago gratis gratuito gratuita cobrar cobranca caro grana dinheiro tarifa
    idioma lingua idiomas linguas
    escuro dark noturno escura
    claro light clara
    atalho tecla teclas teclado atalhos
    renomear renomeio
    nome titulo titulos
    compartilhar compartilho compartilhei share compartilhamento
    desfazer desfaco undo desfeita reverter
    recuperar restaurar recupero restauro
    letra letras fonte fontes
    erro erros falha falhou bug problema pau
    servidor server servidores
    computador pc notebook maquina desktop laptop
    voz audio ditar dita microfone ditado falar
    continuar retomar prosseguir continue continua retomo
    versao versoes
    ramo branch galho ramos ramificacao
    editar edito corrigir corrijo edicao
    baixar download exportar exporto baixo exportacao extrair
    atualizar atualizo atualizacao update upgrade atualizando
    limite limites maximo maxima
    lento demora demorando lentidao devagar demorado lenta travando
    internet rede wifi conexao sinal
    aba abas janela janelas
    assistente persona personagem assistentes
    instrucoes instrucao prompt
    pergunta mensagem mensagens perguntas msg msgs
    configurar configuro configuracao configuracoes ajuste ajustes settings preferencias config
    banco database db
    navegador browser chrome firefox safari edge
    conectar conecto ligar ligo plugar conectado
    empresa trabalho chefe patrao comercial corporativo
    usuario usuarios pessoa pessoas
    login senha conta contas cadastro logar autenticacao
    anexar anexo anexos upload
    documentacao docs manual documentos
    entender entendi entendo entende
    ver veem vejo veja ler le leem leia enxergar
    fixar fixo
    gerar gero gera regerar regenerar gerando
    revogar revogo invalidar anular desativar
    mostrar mostro mostra
    amigo amiga colega colegas amigos
    escritorio firma
    errado errada incorreto
    burro idiota inutil merda porcaria horrivel ruim pessimo imbecil estupido bosta
    quebrar quebrou quebrado
    codigo codigos
    instalar instalo instalacao instalador
    exemplo exemplos
    registro log logs registros
    historico antigas antigos antiga antigo
    trancar travou travado
    pausar pausa
    seguranca seguro segura protegido
    backup bakcup becape
  `,
  en: `
    delete remove erase wipe deleted erasing deletion clear
    conversation chat chats conversations thread
    phone mobile smartphone android iphone ipad tablet cellphone ios
    run execute launch start running
    lose lost losing disappear disappeared gone vanish vanished missing
    stop cancel interrupt abort halt
    search find look locate searching finding
    change switch alter modify
    save store stored keep kept storage saved
    image picture photo images pictures photos pic pics
    send post sending sent
    key keys apikey
    cost price pay free pricing charge bill billing money expensive cheap
    language languages lang
    dark night darkmode
    shortcut hotkey shortcuts hotkeys keyboard keys keybindings
    rename retitle
    name title names titles
    share sharing shared
    undo revert undelete
    restore recover
    font text letters typeface
    error errors failure fail failed bug problem issue
    server servers backend
    computer pc machine desktop laptop
    voice speech dictate dictation microphone mic audio speak
    continue resume
    version versions
    branch branches fork
    edit correct editing
    download export exporting
    update upgrade updating upgrading
    limit maximum max cap limits
    slow lag laggy sluggish slowly
    internet network wifi connection
    assistant persona character assistants
    instructions prompt instruction
    message question messages questions msg
    setting settings configure config configuration configuring preference preferences option options
    browser chrome firefox safari edge browsers
    connect hook plug link-up connecting attach-to
    company commercial business work boss employer enterprise
    user users person people
    login logins password account accounts signin auth authentication
    attach attachment upload uploads attachments
    documentation docs manual
    understand understood
    see sees read reads view views
    revoke invalidate disable
    friend friends coworker colleague colleagues coworkers
    answer reply response answers replies responses
    broken broke breaks
    wrong incorrect
    website site sites websites
    hide hidden hiding
    page pages
    write writing written writes
    stupid useless dumb garbage crap sucks suck idiot terrible awful worthless shit rubbish
    install setup installing installation
    example sample snippet examples
    log logs logging
    history old older earlier
    safe secure security
    app application
    large big larger bigger
    small tiny smaller
  `,
  es: `
    borrar eliminar delete quitar borro elimino suprimir limpiar
    conversacion chat chats conversaciones charla
    celular movil telefono smartphone android iphone ipad tablet mobile moviles ios
    ejecutar correr ejecuto corro levantar arrancar iniciar
    perder pierdo perdi pierde desaparecer desaparecio desaparecieron perdio perdida
    cerrar cierro cerre
    detener parar paro detengo cancelar cancelo interrumpir abortar stop
    buscar busco encontrar encuentro hallar busqueda
    cambiar cambio modificar alterar
    guardar guarda almacenar almacena guardan guardado almacenamiento
    datos informacion dato
    imagen foto fotos imagenes
    enviar mandar envio mando envia
    clave key llave claves
    costar costo coste cuesta precio pagar pago gratis gratuito gratuita cobrar cobra caro dinero
    idioma lengua idiomas lenguas
    oscuro dark nocturno oscura
    claro clara light
    atajo atajos tecla teclas teclado
    renombrar renombro
    nombre titulo titulos
    compartir comparto compartido share
    deshacer deshago undo revertir
    recuperar restaurar recupero restauro
    letra letras fuente fuentes
    error errores fallo falla fallos problema bug
    servidor server servidores
    ordenador computadora pc maquina computador portatil
    voz audio dictar dictado microfono hablar
    continuar reanudar continua seguir reanudo
    version versiones
    rama branch ramas
    editar edito
    descargar download exportar exporto bajar
    actualizar actualizo actualizacion update upgrade
    limite limites maximo maxima
    lento demora tarda lentitud lenta
    internet red wifi conexion senal
    pestana pestanas ventana ventanas
    asistente persona personaje asistentes
    instrucciones instruccion prompt
    pregunta mensaje mensajes preguntas
    configurar configuro configuracion ajuste ajustes settings preferencias
    base database db
    navegador browser chrome firefox safari edge
    conectar conecto enchufar
    empresa trabajo jefe comercial
    usuario usuarios gente
    login contrasena cuenta cuentas sesion autenticacion
    adjuntar adjunto adjuntos upload subir
    documentacion docs manual
    entender entiendo entendi entiende
    ver ve ven veo leer lee leen leo
    generar genero genera regenerar
    borrador borradores
    bloquear bloqueo bloqueado bloquea
    anular invalidar revocar desactivar anulo revoco
    arreglar corregir corrijo
    mostrar muestro muestra
    registrar registro
    inutil idiota tonto mierda horrible malo pesimo estupido porqueria
    instalar instalo instalacion
    ejemplo ejemplos
    log logs bitacora
    historial viejos viejas antiguas antiguos viejo
    incrustar insertar embeber incrusto embed
    fijar fijo anclar
    seguridad seguro segura
    claves clave
  `,
}
