import { useId } from 'react'

interface ChoicesProps<Value extends string> {
  name: string
  choices: readonly { value: Value; name: string; lang?: string }[]
  chosen: Value
  onChoose(value: Value): void
}

/** A choice of one among a few values. */
export function Choices<Value extends string>({ name, choices, chosen, onChoose }: ChoicesProps<Value>) {
  const group = useId()
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm">{name}</legend>
      <div className="flex flex-wrap gap-2">
        {choices.map(choice => (
          <label key={choice.value} lang={choice.lang} className="choice">
            <input
              type="radio"
              name={group}
              className="sr-only"
              checked={choice.value === chosen}
              onChange={() => onChoose(choice.value)}
            />
            {choice.name}
          </label>
        ))}
      </div>
    </fieldset>
  )
}

interface SwitchProps {
  name: string
  body?: string
  isOn: boolean
  onChange(isOn: boolean): void
}

export function Switch({ name, body, isOn, onChange }: SwitchProps) {
  const id = useId()
  return (
    <div>
      <label className="flex min-h-10 cursor-pointer items-center justify-between gap-4 pointer-coarse:min-h-11">
        <span className="text-sm">{name}</span>
        <input
          type="checkbox"
          role="switch"
          checked={isOn}
          aria-checked={isOn}
          aria-describedby={body && id}
          onChange={event => onChange(event.target.checked)}
          className="relative h-6 w-11 shrink-0 cursor-pointer appearance-none rounded-full border border-transparent bg-line-strong transition-colors before:absolute before:top-px before:left-px before:size-5 before:rounded-full before:bg-surface before:transition-transform checked:bg-accent checked:before:translate-x-5 motion-reduce:before:transition-none"
        />
      </label>
      {body && (
        <p id={id} className="pr-14 text-muted text-sm">
          {body}
        </p>
      )}
    </div>
  )
}
