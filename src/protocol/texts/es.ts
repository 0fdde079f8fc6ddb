import type { ProtocolTexts } from './protocolTexts.ts'

export const es: ProtocolTexts = {
  errors: {
    INVALID_REQUEST: 'La solicitud no es válida. Revísala e inténtalo de nuevo.',
    UNAUTHENTICATED: 'Tu sesión ya no es válida. Recarga la página para continuar.',
    SIGN_IN_REQUIRED: 'Entra en tu cuenta para continuar. Lo que has escrito queda en este navegador.',
    SIGN_IN_FAILED: 'El correo o la contraseña no coinciden.',
    FORBIDDEN: 'Esta solicitud no vino de esta página y fue rechazada.',
    SIGN_UP_CLOSED: 'Aquí una cuenta necesita una invitación. Pídesela a quien administra este chat.',
    SIGN_IN_TOO_OLD: 'Para esto, sal, entra de nuevo y vuelve a intentarlo antes de 10 minutos.',
    KEY_NOT_ALLOWED: 'Esta clave de API no permite esto.',
    SHARING_NOT_ALLOWED:
      'Compartir por enlace no está permitido para ti aquí. Lo decide quien administra este chat.',
    NOT_FOUND: 'No lo encontramos. Puede que se haya borrado o que sea de otra persona.',
    METHOD_NOT_ALLOWED: 'Esta dirección existe, pero no acepta este tipo de petición.',
    CONVERSATION_CLOSED: 'Esta conversación está cerrada. Reábrela o empieza otra para continuar.',
    CONVERSATION_TEMPORARY:
      'Una conversación temporal no se puede guardar así. Descárgala si quieres conservar el texto.',
    NOT_PENDING: 'Ya no hay nada que decidir aquí. Alguien ya decidió, o la conversación siguió.',
    RUN_ACTIVE: 'Todavía se está escribiendo una respuesta en esta conversación. Espera o detenla.',
    EMAIL_TAKEN: 'Ya existe una cuenta con este correo.',
    MAIL_UNAVAILABLE: 'Este chat no envía correos. Pide el enlace a quien lo administra.',
    LINK_INVALID: 'Este enlace ya se usó o ha caducado. Pide otro.',
    LAST_ADMIN: 'Siempre tiene que haber quien administre. Dale antes ese papel a otra persona.',
    LAST_WAY_IN:
      'Sin esto ya no podrías entrar en la cuenta. Antes crea una contraseña, añade una llave de acceso o vincula otro inicio de sesión.',
    IDENTITY_TAKEN: 'Este inicio de sesión es de otra cuenta.',
    TOO_MANY_PASSKEYS: 'Ya tienes el máximo de llaves de acceso. Quita una para añadir otra.',
    GROUP_NAME_TAKEN: 'Ya hay un grupo con ese nombre.',
    TOO_MANY_GROUPS: 'No caben más grupos. Borra uno antes.',
    ASSISTANT_CHANGED: 'El archivo cambió desde que lo abriste. Ábrelo de nuevo antes de guardar.',
    FILES_READ_ONLY:
      'El servidor no puede escribir en la carpeta de los asistentes. Cambia el archivo en el servidor y recarga.',
    TOO_MANY_KEYS: 'Ya tienes el máximo de claves de API. Revoca una para crear otra.',
    TOO_LARGE: 'El mensaje es demasiado grande. Escribe uno más corto o adjunta menos.',
    OFFSET_MISMATCH: 'El envío del archivo continúa desde otro punto.',
    FILE_NOT_READY:
      'Un archivo no está aquí: la subida no terminó, o esperó más de un día. Adjúntalo de nuevo.',
    FILE_IN_USE: 'Un mensaje tiene este archivo. Borra la conversación para borrarlo.',
    FILE_TOO_LARGE: 'El archivo es demasiado grande.',
    FILE_UNSUPPORTED:
      'Este tipo de archivo no se puede leer. Envía una imagen, un PDF, un documento de Word, una hoja de Excel o un texto.',
    FILE_UNREADABLE: 'El archivo no se puede leer: parece dañado.',
    FILE_ENCRYPTED: 'El archivo está protegido con contraseña. Envía una copia sin ella.',
    FILE_EMPTY: 'No hay texto en el archivo. Si es un escaneo, envía sus páginas como imágenes.',
    FILE_TOO_LONG: 'El archivo es demasiado largo. Envía solo la parte que importa.',
    FILE_TOO_SLOW: 'El archivo es demasiado complejo para leerlo.',
    IMAGE_TOO_LARGE: 'La imagen tiene demasiados píxeles. Envía una más pequeña.',
    IDEMPOTENCY_MISMATCH: 'Este mensaje ya se envió con otro texto. Envíalo como uno nuevo.',
    PASSWORD_TOO_COMMON:
      'Mucha gente usa esta contraseña, o casi la misma. Elige otra, como cuatro palabras sin relación.',
    PASSKEY_REFUSED: 'La llave de acceso no fue aceptada. Inténtalo de nuevo.',
    RATE_LIMITED: 'Demasiadas solicitudes en poco tiempo. Espera un poco e inténtalo de nuevo.',
    TOO_MANY_RUNS: 'Se están escribiendo demasiadas respuestas. Espera a que termine una y vuelve a enviar.',
    LIMIT_REACHED: 'Se alcanzó el límite de hoy. Se reinicia a medianoche (UTC): vuelve a enviar después.',
    BUDGET_REACHED:
      'Se agotó el presupuesto de este mes. Se reinicia el día 1 (UTC): vuelve a enviar después.',
    GROUP_BUDGET_REACHED:
      'Se agotó el presupuesto de este mes de tu grupo. Se reinicia el día 1 (UTC): vuelve a enviar después.',
    INTERNAL: 'Algo salió mal de nuestro lado. Inténtalo de nuevo.',
    ISSUER_UNAVAILABLE: 'El servicio de inicio de sesión no responde. Inténtalo de nuevo en un momento.',
    SHUTTING_DOWN: 'El servidor se está reiniciando. Inténtalo de nuevo en unos segundos.',
    STORAGE_UNAVAILABLE:
      'Ahora no podemos guardar, y nada se muestra sin guardarse. Inténtalo de nuevo en un momento.',
    QUOTA_EXCEEDED:
      'Tu espacio en este chat se agotó. Borra conversaciones antiguas: el espacio vuelve unos minutos después.',
    UPSTREAM_AUTH: 'El proveedor rechazó la clave de acceso. Quien administra este chat debe revisarla.',
    UPSTREAM_QUOTA: 'La cuota del proveedor se agotó. Quien administra este chat debe revisar el plan.',
    UPSTREAM_RATE_LIMIT:
      'El proveedor está recibiendo demasiadas solicitudes. Espera un poco e inténtalo de nuevo.',
    UPSTREAM_OVERLOADED: 'El proveedor está sobrecargado. Inténtalo de nuevo en un momento.',
    UPSTREAM_TIMEOUT: 'El proveedor tardó demasiado en responder. Inténtalo de nuevo.',
    UPSTREAM_UNREACHABLE: 'No pudimos comunicarnos con el proveedor. Inténtalo de nuevo en un momento.',
    UPSTREAM_TRUNCATED: 'La respuesta del proveedor se cortó antes del final. Lo que llegó está guardado.',
    UPSTREAM_ERROR: 'El proveedor respondió con un error. Inténtalo de nuevo.',
    EMPTY_REPLY: 'El modelo terminó sin escribir una respuesta. Inténtalo de nuevo.',
    MODEL_NOT_FOUND:
      'El modelo configurado no existe o no está disponible. Quien administra este chat debe elegir otro.',
    CONTEXT_TOO_LONG: 'El mensaje es demasiado largo para el modelo. Escribe uno más corto.',
    CONTENT_FILTERED:
      'El filtro de contenido del proveedor bloqueó esta respuesta. Intenta escribirlo de otra manera.',
    OUTPUT_LIMIT: 'La respuesta llegó a su longitud máxima y se detuvo aquí.',
    TOOL_LIMIT:
      'El modelo usó herramientas demasiadas veces sin llegar a una respuesta. Lo que llegó está guardado.',
    REPLY_INTERRUPTED:
      'La respuesta se interrumpió porque el servidor se detuvo. Lo que llegó está guardado.',
  },
  probe: {
    allAtOnce:
      'Las respuestas llegan enteras, de golpe: un proxy en el camino guarda cada respuesta hasta que termina (buffering).',
    clumps:
      'Las respuestas llegan a trozos: un proxy en el camino junta el texto antes de pasarlo (buffering).',
    lateStart:
      'Las respuestas tardan en empezar: algo en el camino retiene cada solicitud antes de atenderla.',
    unsteady: 'Las respuestas llegan a tirones: la red en el camino está lenta o sobrecargada.',
    cut: 'Las respuestas no llegan hasta el final: un proxy en el camino cierra la conexión, o retiene el resto.',
    compression:
      'Un proxy comprime las respuestas, y quien comprime retiene el texto hasta formar un bloque.',
    headerLost:
      'El encabezado “x-accel-buffering: no” se perdió: un nginx lo ignora (proxy_ignore_headers), o lo obedece, y otro proxy delante de él retiene el texto.',
  },
}
