import { useState } from 'react'
import type { Failure } from '../../client/api.ts'
import { ADMIN_PATHS } from '../../protocol/admin/adminPaths.ts'
import type {
  AdminGroup,
  AdminGroupsResponse,
  AdminPeopleResponse,
  AdminPerson,
} from '../../protocol/admin/adminResponses.ts'
import { MOST_COUNTED } from '../../protocol/limits.ts'
import { Button } from '../../react/components/controls/button.tsx'
import { FailureNote } from '../../react/components/messages/failureNote.tsx'
import { AskedButton, Empty, Facts, FIELD, Loaded, More } from './adminParts.tsx'
import { ReadConversation } from './readConversation.tsx'
import { callAdmin, useAdminData, useAdminPages } from './useAdminData.ts'
import { useAdminFormat } from './useAdminFormat.ts'
import { useAdminTexts } from './useAdminTexts.ts'

/** Who uses this Riacho. */
export function People() {
  const texts = useAdminTexts()
  const email = new URLSearchParams(location.search).get('email')?.trim() ?? ''
  const pages = useAdminPages<AdminPerson, AdminPeopleResponse>(
    cursor => ADMIN_PATHS.people({ cursor, email }),
    ({ people }) => people,
  )
  const groups = useAdminData<AdminGroupsResponse>(ADMIN_PATHS.groups).value?.groups ?? []
  const [failure, setFailure] = useState<Failure | null>(null)
  const [said, setSaid] = useState('')
  const change = async (call: Parameters<typeof callAdmin>[0]) => {
    setSaid('')
    const result = await callAdmin(call)
    setFailure(result.ok ? null : result.failure)
    if (!result.ok) return
    setSaid(texts.changed)
    pages.read()
  }
  return (
    <>
      <form action="/admin/people" className="mt-4 flex flex-wrap items-end gap-2">
        <label className="min-w-0 flex-1 basis-60 text-sm">
          {texts.search}
          <input
            name="email"
            type="search"
            defaultValue={email}
            autoComplete="off"
            maxLength={254}
            className={FIELD}
          />
        </label>
        <Button shape="secondary" type="submit" className="h-11">
          {texts.searchNow}
        </Button>
      </form>
      <p role="status" className="mt-2 min-h-6 text-sm">
        {said}
      </p>
      <FailureNote failure={failure} />
      <Loaded data={pages}>
        {people => (
          <>
            {people.length === 0 && <Empty>{email === '' ? texts.noPeople : texts.nobodyFound}</Empty>}
            <ul className="mt-2 space-y-2">
              {people.map(person => (
                <Person key={person.ownerId} person={person} groups={groups} onChange={change} />
              ))}
            </ul>
          </>
        )}
      </Loaded>
      <More pages={pages} />
      {pages.first?.canRead && <ReadConversation />}
    </>
  )
}

interface PersonProps {
  person: AdminPerson
  groups: readonly AdminGroup[]
  onChange(call: Parameters<typeof callAdmin>[0]): void
}

function Person({ person, groups, onChange }: PersonProps) {
  const texts = useAdminTexts()
  const format = useAdminFormat()
  const { ownerId, kind, account, conversations, tokens, cost, seenAt } = person
  const name = account?.email ?? `${texts.kinds[kind]} ${shortId(ownerId)}`
  const figures: [string, string][] = [
    [
      texts.conversations,
      conversations >= MOST_COUNTED ? texts.manyConversations : format.number(conversations),
    ],
    [texts.tokensThisMonth, format.number(tokens)],
    [texts.costThisMonth, format.money(cost.amount, cost.currency)],
    [texts.seen, format.time(seenAt)],
  ]
  return (
    <li className="rounded-xl border border-line bg-surface px-4 py-3">
      <p className="flex flex-wrap items-baseline gap-x-3">
        <span dir="auto" className="min-w-0 break-all font-medium">
          {name}
        </span>
        {account?.name && <span dir="auto">{account.name}</span>}
        {account && <span className="text-muted text-sm">{texts.roles[account.role]}</span>}
        {account && account.disabledAt !== null && (
          <span className="text-danger text-sm">{texts.disabled}</span>
        )}
      </p>
      <Facts facts={figures} />
      {account && groups.length > 0 && (
        <GroupChoice
          key={account.groupId}
          groups={groups}
          groupId={account.groupId}
          name={name}
          onChoose={groupId =>
            onChange({ method: 'PATCH', path: ADMIN_PATHS.account(account.id), body: { groupId } })
          }
        />
      )}
      <PersonActions person={person} name={name} onChange={onChange} />
    </li>
  )
}

interface GroupChoiceProps {
  groups: readonly AdminGroup[]
  groupId: string | null
  /** Whom it is about, for who does not see the row. */
  name: string
  onChoose(groupId: string | null): void
}

/** The group of a person. A button stores the choice, because the keys of a list choose at each press. */
function GroupChoice({ groups, groupId, name, onChoose }: GroupChoiceProps) {
  const texts = useAdminTexts()
  const [chosen, setChosen] = useState(groupId ?? '')
  return (
    <div className="mt-2 flex flex-wrap items-center gap-2 text-sm">
      <label className="flex min-w-0 items-center gap-2">
        {texts.group}
        <select
          aria-label={`${texts.group}: ${name}`}
          value={chosen}
          onChange={event => setChosen(event.target.value)}
          className="h-10 pointer-coarse:h-11 min-w-0 rounded-lg border border-line-strong bg-surface px-2"
        >
          <option value="">{texts.noGroup}</option>
          {groups.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {chosen !== (groupId ?? '') && (
        <Button
          shape="secondary"
          aria-label={`${texts.saveGroup}: ${name}`}
          onClick={() => onChoose(chosen || null)}
        >
          {texts.saveGroup}
        </Button>
      )}
    </div>
  )
}

function PersonActions({
  person: { ownerId, kind, account },
  name,
  onChange,
}: Omit<PersonProps, 'groups'> & { name: string }) {
  const texts = useAdminTexts()
  const patch = (body: object) => {
    if (account) onChange({ method: 'PATCH', path: ADMIN_PATHS.account(account.id), body })
  }
  const isDisabled = account !== null && account.disabledAt !== null
  return (
    <div className="-mx-2.5 mt-1 flex flex-wrap">
      {account && account.role === 'member' && !isDisabled && (
        <AskedButton
          text={texts.promote}
          sure={texts.promoteSure}
          about={name}
          onSure={() => patch({ role: 'admin' })}
        />
      )}
      {account?.role === 'admin' && (
        <AskedButton
          text={texts.demote}
          sure={texts.demoteSure}
          about={name}
          isDanger
          onSure={() => patch({ role: 'member' })}
        />
      )}
      {kind !== 'host' && (
        <AskedButton
          text={texts.signOut}
          sure={texts.signOutSure}
          about={name}
          isDanger
          onSure={() => onChange({ method: 'DELETE', path: ADMIN_PATHS.sessionsOf(ownerId) })}
        />
      )}
      {account && !isDisabled && (
        <AskedButton
          text={texts.disable}
          sure={texts.disableSure}
          about={name}
          isDanger
          onSure={() => patch({ isDisabled: true })}
        />
      )}
      {isDisabled && (
        <Button
          shape="quiet"
          aria-label={`${texts.enable}: ${name}`}
          onClick={() => patch({ isDisabled: false })}
        >
          {texts.enable}
        </Button>
      )}
    </div>
  )
}

/** The end of an id, because ids that were made at about the same time begin alike. */
function shortId(ownerId: string): string {
  return ownerId.startsWith('host:') ? ownerId.slice('host:'.length) : ownerId.slice(-8)
}
