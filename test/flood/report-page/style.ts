/** The page's looks, on a screen and on A4. Letters are the reader's own: nothing is loaded. */
export const STYLE = `
:root { color-scheme: light; --ink: #1a1d21; --quiet: #50565e; --rule: #c9ced4; --soft: #f3f5f7; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 78rem; background: #fff; color: var(--ink);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.45rem; line-height: 1.25; margin: 0; }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .3rem; }
p { max-width: 62rem; margin: .4rem 0; }
a { color: #00558a; }
.quiet, .circumstances { color: var(--quiet); font-size: .9rem; }
.scenario { border-top: 3px solid var(--ink); margin-top: 3rem; padding-top: 1rem; }
.headline { font-size: 1.25rem; line-height: 1.4; font-weight: 600; margin: .5rem 0; }
.compared { border-left: 4px solid #0072b2; padding-left: .8rem; }
.doubt { border: 3px double #8a1c00; background: #fff1ec; padding: .6rem .9rem; margin: .8rem 0; max-width: 62rem; }
.doubt strong { text-transform: uppercase; letter-spacing: .04em; color: #8a1c00; }
.scrolling { overflow-x: auto; margin: 1rem 0; container-type: inline-size; }
.scrolling:focus-visible, summary:focus-visible, a:focus-visible { outline: 3px solid #0072b2; outline-offset: 2px; }
table { border-collapse: collapse; font-size: .9rem; line-height: 1.35; min-width: min(100%, 34rem); }
.scrolling table { width: 100%; }
.scrolling caption { position: sticky; left: 0; max-width: 100cqi; }
caption { text-align: left; font-weight: 600; font-size: 1.05rem; padding: .2rem 0 .4rem; }
th, td { text-align: left; vertical-align: top; padding: .38rem .7rem .38rem 0; border-bottom: 1px solid var(--rule); }
thead th { border-bottom: 2px solid var(--ink); vertical-align: bottom; font-size: .82rem; }
thead .figure { white-space: normal; min-width: 4.6rem; }
tbody th { font-weight: 500; min-width: 6.5rem; }
.scrolling th:first-child { position: sticky; left: 0; background: #fff; }
td:last-child, th:last-child { padding-right: 0; }
.figure { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.sample, .tally, .where { display: block; color: var(--quiet); font-size: .8rem; }
.badge { display: inline-block; white-space: nowrap; padding: 0 .45rem; border-radius: .25rem; border: 1.5px solid; font-weight: 600; }
.met { color: #00563f; background: #e7f5f0; }
.missed { color: #fff; background: #a32a00; border-color: #a32a00; }
.unknown { color: #464b52; background: #fff; border-style: dashed; }
.doubtful { color: #8a1c00; background: #fff1ec; border-style: double; border-width: 3px; }
.pictures { display: grid; gap: 1.2rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 25rem), 1fr)); }
.side { display: block; font-weight: 400; color: var(--quiet); }
figure { margin: 0; break-inside: avoid; max-width: 36rem; }
figcaption { font-weight: 600; }
figure svg[role=img] { display: block; width: 100%; height: auto; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .1rem 1rem; margin: .2rem 0 0; padding: 0; font-size: .82rem; }
.swatch { vertical-align: -.12em; }
.inks { position: absolute; }
svg text { font: 13px system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; fill: #33383e; }
svg .attack-label { font-weight: 600; fill: #6b3000; }
.attack { fill: #fbeee4; }
.attack-edge { stroke: #6b3000; stroke-width: 1; stroke-dasharray: 3 3; fill: none; }
.grid { stroke: #d5d9de; stroke-width: 1; fill: none; }
.edge { stroke: #33383e; stroke-width: 1.2; fill: none; }
.layer { stroke: #333; stroke-width: .5; }
.line { fill: none; stroke-linejoin: round; }
.beside { display: flex; flex-wrap: wrap; gap: 1rem 3rem; margin: 1rem 0; }
.beside table { min-width: min(100%, 20rem); }
details { margin: .6rem 0; }
summary { cursor: pointer; color: #00558a; }
@media print {
  @page { size: A4; margin: 14mm 13mm; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  html { font-size: 9.5pt; }
  body { padding: 0; max-width: none; }
  .scenario { break-before: page; margin-top: 0; }
  .pictures { grid-template-columns: 1fr 1fr; gap: 5mm 7mm; }
  .scrolling { overflow: visible; container-type: normal; }
  .scrolling th:first-child { position: static; }
  table { font-size: 8pt; min-width: 0; }
  th, td { padding-top: .2rem; padding-bottom: .2rem; }
  tr, .doubt, .headline, caption { break-inside: avoid; }
  h2, h3, caption, thead { break-after: avoid; }
  details { display: none; }
  a { color: inherit; text-decoration: none; }
}
`;
