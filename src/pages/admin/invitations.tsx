import { type FormEvent, useRef, useState } from 'react'
import type { Failure } from '../../client/api.ts'
import { ADMIN_PATHS } from '../../protocol/admin/adminPaths.ts'
import type {
  AdminInvitation,
  AdminInvitationsResponse,
  AdminMadeInvitationResponse,
} from '../../protocol/admin/adminResponses.ts'
import { MAX_EMAIL } from '../../protocol/limits.ts'
import { Button } from '../../react/components/controls/button.tsx'
import { CopyField } from '../../react/components/controls/copyField.tsx'
import { FailureNote } from '../../react/components/messages/failureNote.tsx'
import { AskedButton, Empty, Facts, FIELD, Loaded, More } from './adminParts.tsx'
import { callAdmin, useAdminPages } from './useAdminData.ts'
import { useAdminFormat } from './useAdminFormat.ts'
import { useAdminTexts } from './useAdminTexts.ts'

/** Links by which people come in. */
export function Invitations() {
  const texts = useAdminTexts()
  const pages = useAdminPages<AdminInvitation, AdminInvitationsResponse>(
    ADMIN_PATHS.invitations,
    ({ invitations }) => invitations,
  )
  const [made, setMade] = useState<Made | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [said, setSaid] = useState('')
  const status = useRef<HTMLParagraphElement>(null)
  const revoke = async (id: string) => {
    setSaid('')
    const result = await callAdmin({ method: 'DELETE', path: ADMIN_PATHS.invitation(id) })
    setFailure(result.ok ? null : result.failure)
    if (result.ok) {
      if (made?.id === id) setMade(null)
      setSaid(texts.changed)
      // The pressed button goes with the invitation.
      status.current?.focus()
    }
    pages.read()
  }
  return (
    <>
      <p className="mt-1 text-muted">{texts.invitationsBody}</p>
      <InvitationForm
        onMade={invitation => {
          setSaid('')
          setMade(invitation)
          pages.read()
        }}
      />
      {made && <MadeLink key={made.id} made={made} />}
      <p ref={status} tabIndex={-1} role="status" className="mt-2 min-h-6 text-sm">
        {said}
      </p>
      <FailureNote failure={failure} />
      <Loaded data={pages}>
        {invitations =>
          invitations.length === 0 ? (
            <Empty>{texts.noInvitations}</Empty>
          ) : (
            <ul className="space-y-2">
              {invitations.map(invitation => (
                <Invitation key={invitation.id} invitation={invitation} onRevoke={revoke} />
              ))}
            </ul>
          )
        }
      </Loaded>
      <More pages={pages} />
    </>
  )
}

type Made = AdminMadeInvitationResponse & { email: string }

/** Makes an invitation. */
function InvitationForm({ onMade }: { onMade(made: Made): void }) {
  const texts = useAdminTexts()
  const [failure, setFailure] = useState<Failure | null>(null)
  const invite = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const fields = new FormData(form)
    const email = String(fields.get('email'))
    const result = await callAdmin<AdminMadeInvitationResponse>({
      method: 'POST',
      path: ADMIN_PATHS.invitations(),
      body: { email, role: fields.get('role') },
    })
    setFailure(result.ok ? null : result.failure)
    if (!result.ok) return
    form.reset()
    onMade({ ...result.value, email })
  }
  return (
    <>
      <form className="mt-4 flex flex-wrap items-end gap-2" onSubmit={invite}>
        <label className="min-w-0 flex-1 basis-60 text-sm">
          {texts.inviteEmail}
          <input
            name="email"
            type="email"
            required
            maxLength={MAX_EMAIL}
            autoComplete="off"
            className={FIELD}
          />
        </label>
        <label className="text-sm">
          {texts.inviteRole}
          <select name="role" defaultValue="member" className={FIELD}>
            <option value="member">{texts.roles.member}</option>
            <option value="admin">{texts.roles.admin}</option>
          </select>
        </label>
        <Button shape="primary" type="submit" className="h-11">
          {texts.invite}
        </Button>
      </form>
      <div className="mt-2">
        <FailureNote failure={failure} />
      </div>
    </>
  )
}

/** The link of a new invitation. It is shown this once. */
function MadeLink({ made: { email, link, isMailed } }: { made: Made }) {
  const texts = useAdminTexts()
  return (
    <div className="rounded-xl border border-accent bg-surface px-4 py-3">
      <p role="status" className="break-words text-sm">
        {texts.inviteMade(email)} {isMailed && texts.inviteMailed}
      </p>
      <CopyField
        value={new URL(link, location.href).href}
        label={texts.inviteLink}
        copy={texts.copyLink}
        copied={texts.copied}
        className="min-w-0"
      />
    </div>
  )
}

function Invitation({ invitation, onRevoke }: { invitation: AdminInvitation; onRevoke(id: string): void }) {
  const texts = useAdminTexts()
  const format = useAdminFormat()
  const { id, email, role, invitedBy, createdAt, expiresAt } = invitation
  const state = stateOf(invitation, Date.now())
  return (
    <li className="rounded-xl border border-line bg-surface px-4 py-3">
      <p className="flex flex-wrap items-baseline gap-x-3">
        <span dir="auto" className="min-w-0 break-all font-medium">
          {email}
        </span>
        <span className="text-muted text-sm">{texts.roles[role]}</span>
      </p>
      <Facts
        facts={[
          [texts.inviteState, texts.inviteStates[state]],
          [texts.inviteExpires, format.time(expiresAt)],
          [texts.inviteMadeAt, format.time(createdAt)],
          [texts.invitedBy, invitedBy ? (invitedBy.email ?? texts.erased) : texts.byCommand],
        ]}
      />
      {state === 'open' && (
        <div className="-mx-2.5 mt-1">
          <AskedButton
            text={texts.revoke}
            sure={texts.revokeSure}
            about={email}
            isDanger
            onSure={() => onRevoke(id)}
          />
        </div>
      )}
    </li>
  )
}

function stateOf({ usedAt, revokedAt, expiresAt }: AdminInvitation, now: number) {
  if (revokedAt !== null) return 'revoked'
  if (usedAt !== null) return 'used'
  return expiresAt <= now ? 'expired' : 'open'
}
