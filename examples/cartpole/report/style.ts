/**
 * The style sheet of the report: light and dark by the reader's setting, system fonts, nothing loaded.
 *
 * @module
 */

/** Content of the page's `<style>`. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1b2330; --muted: #5f6b7c; --edge: #dfe4ea; --grid: #edf0f4;
  --s1: #2563eb; --s2: #d9610f; --s3: #0f8a6d; --s4: #8b3fd1; --good: #137a3f; --bad: #c02636;
  --p0: #c3d0e0; --p1: #8fb4dc; --p2: #5b8fd6; --p3: #e59a3c; --p4: #d3382c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10141b; --card: #181e28; --text: #e6eaf0; --muted: #98a4b5; --edge: #2a3240; --grid: #232b37;
    --s1: #6ea3ff; --s2: #ff9d57; --s3: #43c9a4; --s4: #bd8cff; --good: #56d08a; --bad: #ff7a85;
    --p0: #334155; --p1: #3f628f; --p2: #5b8fd6; --p3: #e8a54d; --p4: #ff6655;
  }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.55 system-ui, sans-serif }
main { max-width: 1120px; margin: 0 auto; padding: 36px 20px 60px }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -0.01em }
h2 { font-size: 16px; margin: 0 0 4px }
p { margin: 0 0 10px; max-width: 76ch }
.muted, .card > p { color: var(--muted) }
.card > p { font-size: 13.5px; max-width: none }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 14px; margin: 22px 0 }
.figure, .card { background: var(--card); border: 1px solid var(--edge); border-radius: 12px; padding: 16px 18px }
.figure b { display: block; font-size: 26px; line-height: 1.2; font-variant-numeric: tabular-nums }
.figure span { color: var(--muted); font-size: 13px }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); gap: 16px }
.wide { grid-column: 1 / -1 }
svg { display: block; width: 100%; height: auto; margin-top: 8px }
svg text { fill: var(--muted); font: 11px system-ui, sans-serif; font-variant-numeric: tabular-nums }
svg text.label { font-size: 12px }
.grid { stroke: var(--grid) } .axis { stroke: var(--edge) }
.level { stroke: var(--good); stroke-dasharray: 4 4 } svg text.note { fill: var(--good) }
.line { fill: none; stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round }
.line.faint { stroke-width: 1.5 }
.dots { fill: none; stroke-width: 2; stroke-linecap: round }
.dots.faint { stroke-width: 4; opacity: .55 }
path.s1, circle.s1 { stroke: var(--s1) } path.s2, circle.s2 { stroke: var(--s2) }
path.s3 { stroke: var(--s3) } path.s4 { stroke: var(--s4) }
path.faint { stroke: var(--muted) } rect.s1 { fill: var(--s1) }
circle { fill: var(--card); stroke-width: 2 } circle.ring { fill: none; stroke: var(--text) }
path.area { stroke: none; opacity: .85 } path.area.s1 { fill: var(--s1) } path.area.s2 { fill: var(--s2) }
path.p0 { stroke: var(--p0) } path.p1 { stroke: var(--p1) } path.p2 { stroke: var(--p2) }
path.p3 { stroke: var(--p3) } path.p4 { stroke: var(--p4) }
.key { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 13px; color: var(--muted); margin-top: 6px }
.key i { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 6px; vertical-align: -1px }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums }
th, td { padding: 6px 10px; border-bottom: 1px solid var(--edge); text-align: right; white-space: nowrap }
th:first-child, td:first-child { text-align: left; padding-left: 0 }
th { color: var(--muted); font-weight: 500 }
td.text, th.text { text-align: left; white-space: normal }
.good { color: var(--good) } .bad { color: var(--bad) }
.rail { stroke: var(--edge); stroke-width: 4; stroke-linecap: round } .cart { fill: var(--s1) }
.pole { stroke: var(--s2); stroke-width: 9; stroke-linecap: round } .joint { fill: var(--text); stroke: none }
.limit { stroke: var(--bad); stroke-width: 2; opacity: .6 }
button { font: inherit; color: var(--text); background: none; border: 1px solid var(--edge); border-radius: 8px; padding: 4px 14px; cursor: pointer }
button:hover { border-color: var(--muted) }
.player { display: flex; align-items: center; gap: 12px; color: var(--muted); font-size: 13px }
`
