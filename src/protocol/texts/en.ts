import type { ProtocolTexts } from './protocolTexts.ts'

export const en: ProtocolTexts = {
  errors: {
    INVALID_REQUEST: 'The request is not valid. Check it and try again.',
    UNAUTHENTICATED: 'Your session is no longer valid. Reload the page to continue.',
    SIGN_IN_REQUIRED: 'Sign in to continue. What you have written stays in this browser.',
    SIGN_IN_FAILED: 'The e-mail or the password does not match.',
    FORBIDDEN: 'This request did not come from this page and was refused.',
    SIGN_UP_CLOSED: 'An account here needs an invitation. Ask whoever runs this chat for one.',
    SIGN_IN_TOO_OLD: 'For this, sign out, sign in again, and retry within 10 minutes.',
    KEY_NOT_ALLOWED: 'This API key does not allow this.',
    SHARING_NOT_ALLOWED:
      'Sharing by link is not open to you here. Whoever administers this chat decides that.',
    NOT_FOUND: 'We could not find that. It may have been deleted, or belong to someone else.',
    METHOD_NOT_ALLOWED: 'This address exists, but does not take this kind of request.',
    CONVERSATION_CLOSED: 'This conversation is closed. Reopen it or start another one to continue.',
    CONVERSATION_TEMPORARY:
      'A temporary conversation cannot be kept like that. Download it if you want its text.',
    NOT_PENDING: 'There is nothing left to decide here. Somebody has decided, or the conversation went on.',
    RUN_ACTIVE: 'A reply is still being written in this conversation. Wait for it, or stop it.',
    EMAIL_TAKEN: 'There is already an account with this e-mail.',
    MAIL_UNAVAILABLE: 'This chat sends no e-mail. Ask whoever runs it for the link.',
    LINK_INVALID: 'This link was used already, or has expired. Ask for another one.',
    LAST_ADMIN: 'There always has to be an administrator. Give somebody else this role first.',
    LAST_WAY_IN:
      'Without this you could not sign in any more. First set a password, add a passkey, or link another login.',
    IDENTITY_TAKEN: 'This login belongs to another account.',
    TOO_MANY_PASSKEYS: 'You have as many passkeys as you may. Remove one to add another.',
    GROUP_NAME_TAKEN: 'Another group has this name.',
    TOO_MANY_GROUPS: 'There is no room for another group. Delete one first.',
    ASSISTANT_CHANGED: 'The file has changed since you opened it. Open it again before you save.',
    FILES_READ_ONLY:
      'The server may not write to the folder of assistants. Change the file on the server, then reload.',
    TOO_MANY_KEYS: 'You have as many API keys as you may. Revoke one to make another.',
    TOO_LARGE: 'The message is too large. Write a shorter one, or attach less.',
    OFFSET_MISMATCH: 'The upload of the file goes on from another point.',
    FILE_NOT_READY:
      'A file is not here: its upload has not ended, or it has waited for more than a day. Attach it again.',
    FILE_IN_USE: 'A message has this file. Delete the conversation to delete it.',
    FILE_TOO_LARGE: 'The file is too large.',
    FILE_UNSUPPORTED:
      'This kind of file cannot be read. Send a picture, a PDF, a Word document, an Excel sheet or a text.',
    FILE_UNREADABLE: 'The file cannot be read: it seems damaged.',
    FILE_ENCRYPTED: 'The file is protected by a password. Send a copy without one.',
    FILE_EMPTY: 'There is no text in the file. If it is a scan, send its pages as pictures.',
    FILE_TOO_LONG: 'The file is too long. Send only the part that matters.',
    FILE_TOO_SLOW: 'The file is too complex to be read.',
    IMAGE_TOO_LARGE: 'The picture has too many pixels. Send a smaller one.',
    IDEMPOTENCY_MISMATCH: 'This message was already sent with another text. Send it as a new one.',
    PASSWORD_TOO_COMMON:
      'Many people use this password, or nearly the same. Choose another one, such as four words that do not belong together.',
    PASSKEY_REFUSED: 'The passkey was not accepted. Try again.',
    RATE_LIMITED: 'Too many requests in a short time. Wait a little and try again.',
    TOO_MANY_RUNS: 'Too many replies are being written now. Wait until one of them ends, and send again.',
    LIMIT_REACHED: "Today's limit is reached. It begins anew at midnight (UTC): send again after that.",
    BUDGET_REACHED: "This month's budget is used up. It begins anew on the 1st (UTC): send again after that.",
    GROUP_BUDGET_REACHED:
      "This month's budget of your group is used up. It begins anew on the 1st (UTC): send again after that.",
    INTERNAL: 'Something went wrong on our side. Try again.',
    ISSUER_UNAVAILABLE: 'The sign-in service does not answer. Try again shortly.',
    SHUTTING_DOWN: 'The server is restarting. Try again in a few seconds.',
    STORAGE_UNAVAILABLE:
      'We cannot save right now, and nothing is shown without being saved. Try again shortly.',
    QUOTA_EXCEEDED:
      'Your space in this chat is used up. Delete old conversations: the space comes back some minutes later.',
    UPSTREAM_AUTH: 'The provider refused the access key. Whoever runs this chat has to check it.',
    UPSTREAM_QUOTA: "The provider's quota is used up. Whoever runs this chat has to check the plan.",
    UPSTREAM_RATE_LIMIT: 'The provider is getting too many requests. Wait a little and try again.',
    UPSTREAM_OVERLOADED: 'The provider is overloaded. Try again shortly.',
    UPSTREAM_TIMEOUT: 'The provider took too long to answer. Try again.',
    UPSTREAM_UNREACHABLE: 'We could not reach the provider. Try again shortly.',
    UPSTREAM_TRUNCATED: "The provider's reply was cut before its end. What arrived is saved.",
    UPSTREAM_ERROR: 'The provider answered with an error. Try again.',
    EMPTY_REPLY: 'The model finished without writing a reply. Try again.',
    MODEL_NOT_FOUND:
      'The configured model does not exist or is not available. Whoever runs this chat has to choose another.',
    CONTEXT_TOO_LONG: 'The message is too long for the model. Write a shorter one.',
    CONTENT_FILTERED: "The provider's content filter blocked this reply. Try to phrase it differently.",
    OUTPUT_LIMIT: 'The reply reached its maximum length and stopped here.',
    TOOL_LIMIT: 'The model used tools too often without coming to an answer. What arrived is saved.',
    REPLY_INTERRUPTED: 'The reply was interrupted because the server stopped. What arrived is saved.',
  },
  probe: {
    allAtOnce:
      'Replies arrive whole, all at once: a proxy on the way keeps each reply until it is complete (buffering).',
    clumps: 'Replies arrive in clumps: a proxy on the way gathers text before it passes it on (buffering).',
    lateStart: 'Replies are late to begin: something on the way holds each request before it is served.',
    unsteady: 'Replies arrive in fits and starts: the network on the way is slow or overloaded.',
    cut: 'Replies do not arrive to their end: a proxy on the way closes the connection, or holds the rest back.',
    compression: 'A proxy compresses replies, and a compressor holds text back until it has a block of it.',
    headerLost:
      'The header “x-accel-buffering: no” got lost: an nginx ignores it (proxy_ignore_headers), or obeys it, and another proxy in front of it holds the text back.',
  },
}
