/** A place to write to. `isTTY` is set for a terminal. */
export interface Output {
  readonly isTTY?: boolean
  write(text: string): unknown
}

const WIDTH = 30

/** Shows how far something is: a bar in a terminal, and otherwise a line for each tenth. */
export class Progress {
  readonly #output: Output
  readonly #label: string
  readonly #total: number
  #done = 0
  #shown = -1

  constructor(output: Output, { label, total }: { label: string; total: number }) {
    this.#output = output
    this.#label = label
    this.#total = total
  }

  add(amount: number): void {
    this.#done += amount
    if (this.#total === 0) return
    const steps = this.#output.isTTY ? 100 : 10
    const step = Math.min(steps, Math.floor((this.#done / this.#total) * steps))
    if (step === this.#shown) return
    this.#shown = step
    const percent = `${String((step * 100) / steps).padStart(3)} %`
    if (!this.#output.isTTY) return void this.#output.write(`${this.#label}: ${percent}\n`)
    const filled = Math.round((step / steps) * WIDTH)
    this.#output.write(`\r${this.#label} [${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${percent}`)
  }

  /** Ends the line of the bar. */
  end(): void {
    if (this.#output.isTTY && this.#shown >= 0) this.#output.write('\n')
  }
}
