/**
 * The film of one episode: a drawing of cart and pole, and the script that moves it.
 *
 * @module
 */

import { POSITION_LIMIT, STEP_SECONDS } from '../environment.js'
import type { Playback } from '../evaluation.js'

const WIDTH = 640
const HEIGHT = 190
const RAIL = 150
const POLE = 110
const METRE = (WIDTH - 80) / (2 * POSITION_LIMIT)

/** The player's elements. Without scripts they show the start of the episode. */
export function player(playback: Playback): string {
  const left = WIDTH / 2 - POSITION_LIMIT * METRE
  const right = WIDTH / 2 + POSITION_LIMIT * METRE
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Cart and pole in the first of the fresh starts">
<path class="rail" d="M${left} ${RAIL}H${right}"/>
<path class="limit" d="M${left} ${RAIL - 14}v28M${right} ${RAIL - 14}v28"/>
<g id="cart" transform="translate(${WIDTH / 2} ${RAIL})"><rect class="cart" x="-34" y="-15" width="68" height="30" rx="6"/>
<g id="pole"><path class="pole" d="M0 -15V${-15 - POLE}"/></g><circle class="joint" cy="-15" r="4"/></g></svg>
<div class="player"><button id="play" type="button">Play</button><span id="clock">${playback.positions.length - 1} steps</span></div>`
}

/** Content of the script: plays when asked to, and by itself unless the reader prefers less motion. */
export function playerScript({ positions, angles }: Playback): string {
  const frames = {
    x: positions.map((x) => Number((WIDTH / 2 + x * METRE).toFixed(1))),
    a: angles.map((angle) => Number(((angle * 180) / Math.PI).toFixed(2))),
  }
  return `
const film = ${JSON.stringify(frames)}
const cart = document.getElementById('cart'), pole = document.getElementById('pole')
const button = document.getElementById('play'), clock = document.getElementById('clock')
const last = film.x.length - 1
let playing = false, began = 0, at = 0
function show(i) {
  cart.setAttribute('transform', 'translate(' + film.x[i] + ' ${RAIL})')
  pole.setAttribute('transform', 'rotate(' + film.a[i] + ' 0 -15)')
  clock.textContent = 'step ' + i + ' of ' + last
}
function tick(now) {
  if (!playing) return
  at = Math.min(last, Math.floor(Math.max(0, now - began) / ${STEP_SECONDS * 1000}))
  show(at)
  if (at === last) toggle(false)
  else requestAnimationFrame(tick)
}
function toggle(on) {
  playing = on
  button.textContent = on ? 'Pause' : 'Play'
  if (!on) return
  if (at === last) at = 0
  began = performance.now() - at * ${STEP_SECONDS * 1000}
  requestAnimationFrame(tick)
}
button.addEventListener('click', () => toggle(!playing))
show(0)
if (!matchMedia('(prefers-reduced-motion: reduce)').matches) toggle(true)
`
}
