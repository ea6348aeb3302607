/**
 * The table with a prioritized sample: what the appraisers found worth remembering, and how likely each row was.
 *
 * @module
 */

import { type EventView, type ExperienceReader, prioritizedReward, type SampleBatch } from 'experience-stream'
import { element } from './canvas.js'
import { KIND_LIST } from './mapping.js'

const ROWS = 8
const CELLS = 9

/** The panel with the sample. */
export class Sample {
  readonly #stream: ExperienceReader
  readonly #body = element<HTMLTableSectionElement>('sample')
  readonly #strategy = prioritizedReward({ alpha: 1 })
  readonly #rows = Array.from({ length: ROWS }, tableRow)
  #batch: SampleBatch | undefined

  constructor(stream: ExperienceReader) {
    this.#stream = stream
  }

  /** Draws a sample and shows it, the likeliest first. */
  show(): void {
    if (this.#stream.size === 0) return
    this.#batch = this.#stream.sampleBatch(ROWS, this.#strategy, { replacement: false, into: this.#batch })
    const { probabilities, length } = this.#batch
    const order = Array.from({ length }, (_, i) => i).sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0))
    order.forEach((i, row) => {
      if (this.#batch) fill(this.#rows[row] ?? [], this.#batch.view(i), probabilities[i] ?? 0)
    })
    this.#body.replaceChildren(...this.#rows.slice(0, length).map((cells) => cells[0]?.parentElement ?? ''))
  }
}

function fill(cells: HTMLTableCellElement[], event: EventView, probability: number): void {
  const rewards = [event.rewardHomeostasis, event.rewardCuriosity, event.rewardEfficiency, event.rewardGoal]
  const age = Math.max(Date.now() - event.timestamp / 1000, 0) / 1000
  const texts = [
    `#${event.seq}`,
    KIND_LIST.find((kind) => kind.code === event.eventType)?.name ?? 'Other',
    `${age.toFixed(age < 10 ? 1 : 0)} s`,
    ...[...rewards, event.totalReward].map((reward) => signed(reward)),
    `${(100 * probability).toPrecision(3)} %`,
  ]
  texts.forEach((text, c) => {
    const cell = cells[c]
    if (cell && cell.textContent !== text) cell.textContent = text
  })
  const total = cells[7]
  if (total) total.className = event.totalReward < 0 ? 'minus' : event.totalReward > 0 ? 'plus' : ''
}

function signed(reward: number): string {
  return reward === 0 ? '0' : `${reward < 0 ? '−' : '+'}${Math.abs(reward).toFixed(4)}`
}

function tableRow(): HTMLTableCellElement[] {
  const row = document.createElement('tr')
  return Array.from({ length: CELLS }, () => row.insertCell())
}
