/** The look of the HTML report. Both schemes keep at least 4.5:1 between text and ground. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --card: #ffffff; --ink: #16191f; --soft: #545b69; --line: #dde1e8; --code: #f0f2f6;
  --good: #0b6b3a; --good-ground: #dff3e6; --bad: #a8141f; --bad-ground: #fde4e4;
  --warn: #7a4a00; --warn-ground: #fdefd2; --link: #1d4fc4; --mute-ground: #eceff3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #101318; --card: #181c23; --ink: #e9ecf2; --soft: #a7afbf; --line: #2c323d; --code: #11151b;
    --good: #74dba0; --good-ground: #12351f; --bad: #ff9a9a; --bad-ground: #45161a;
    --warn: #ffcf7d; --warn-ground: #3d2b09; --link: #9dbcff; --mute-ground: #232933;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
a { color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -999px; } .skip:focus { left: 12px; top: 12px; }
main, header, footer { max-width: 1120px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 30px; }
.brand { display: flex; gap: 10px; align-items: baseline; color: var(--soft); font-size: 14px; }
.brand strong { color: var(--ink); font-size: 16px; letter-spacing: -.01em; }
.banner { display: flex; gap: 18px; align-items: center; margin: 14px 0 18px; padding: 22px 26px; border-radius: 14px; border: 1px solid; }
.banner .mark { flex: none; width: 46px; height: 46px; border-radius: 50%; display: grid; place-items: center;
  font-size: 25px; font-weight: 700; border: 2px solid; }
.banner h1 { margin: 0; font-size: 25px; line-height: 1.25; letter-spacing: -.02em; }
.banner p { margin: 5px 0 0; color: var(--ink); }
.good { color: var(--good); background: var(--good-ground); border-color: currentColor; }
.bad { color: var(--bad); background: var(--bad-ground); border-color: currentColor; }
.warn { color: var(--warn); background: var(--warn-ground); border-color: currentColor; }
.mute { color: var(--soft); background: var(--mute-ground); border-color: var(--line); }
.claim { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--soft); border-radius: 10px; padding: 14px 20px; margin: 0 0 18px; }
.claim h2 { margin: 0 0 2px; font-size: 13px; color: var(--soft); font-weight: 600; }
.claim p { margin: 0; }
dl.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(136px, 1fr)); gap: 12px; margin: 0 0 30px; }
dl.figures > div { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 16px; }
dl.figures dt { color: var(--soft); font-size: 13px; }
dl.figures dd { margin: 0; font-size: 22px; font-weight: 650; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
section { margin: 0 0 34px; }
section > h2 { font-size: 18px; letter-spacing: -.01em; margin: 0 0 4px; }
section > .lead { color: var(--soft); margin: 0 0 14px; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 18px 22px; margin: 0 0 14px; }
article h3 { margin: 0 0 4px; font-size: 16px; overflow-wrap: anywhere; }
article .evidence { margin: 8px 0 12px; overflow-wrap: anywhere; }
.tags { display: flex; flex-wrap: wrap; gap: 6px; margin: 0; padding: 0; list-style: none; }
.tags li, .pill { font-size: 12.5px; padding: 1px 9px; border-radius: 99px; border: 1px solid var(--line); background: var(--mute-ground); color: var(--ink); overflow-wrap: anywhere; }
.tags li.bad { border-color: currentColor; background: var(--bad-ground); color: var(--bad); font-weight: 600; }
details { border-top: 1px solid var(--line); padding-top: 10px; margin-top: 10px; }
summary { cursor: pointer; font-weight: 600; }
ol.steps { padding-left: 22px; margin: 10px 0 0; }
ol.steps > li { margin-bottom: 12px; }
ol.steps .who { color: var(--soft); font-size: 13px; }
code, pre { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
pre { background: var(--code); border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; margin: 6px 0; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.answer { margin-left: 0; border-left: 3px solid var(--line); }
.status { font-weight: 650; }
.code-head { display: flex; justify-content: space-between; align-items: center; gap: 12px; margin-top: 8px; color: var(--soft); font-size: 13px; }
button { font: inherit; font-size: 13px; color: var(--ink); background: var(--mute-ground); border: 1px solid var(--line); border-radius: 7px; padding: 3px 12px; cursor: pointer; }
button:hover { border-color: var(--soft); }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: 14px; }
th, td { padding: 7px 12px; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { color: var(--soft); font-weight: 600; font-size: 13px; white-space: nowrap; background: var(--card); }
.matrix th[scope="row"] { font-weight: 500; position: sticky; left: 0; background: var(--card); white-space: nowrap; }
.matrix td { padding: 4px; text-align: center; min-width: 104px; }
.matrix .cell { display: block; border-radius: 7px; padding: 4px 8px; border: 1px solid transparent; font-variant-numeric: tabular-nums; white-space: nowrap; font-size: 13px; font-weight: 600; }
.matrix .cell.mute { color: var(--soft); font-weight: 400; }
.legend { display: flex; flex-wrap: wrap; gap: 8px 18px; color: var(--soft); font-size: 13px; margin: 10px 2px 0; padding: 0; list-style: none; }
.legend .cell { border-radius: 6px; padding: 1px 8px; font-weight: 600; margin-right: 5px; }
.empty { color: var(--soft); background: var(--card); border: 1px dashed var(--line); border-radius: 12px; padding: 18px 22px; }
footer { color: var(--soft); font-size: 13px; padding-bottom: 40px; }
@media print { details { display: block; } .code-head button { display: none; } body { background: #fff; } }
`

/** Copies the code block that a button stands over; where there is no clipboard it selects the text. */
export const script = `
for (const button of document.querySelectorAll('button[data-copies]')) {
  button.hidden = false
  button.addEventListener('click', async () => {
    const block = document.getElementById(button.dataset.copies)
    try {
      await navigator.clipboard.writeText(block.textContent)
      button.textContent = 'Copied'
    } catch {
      getSelection().selectAllChildren(block)
      button.textContent = 'Selected'
    }
    setTimeout(() => { button.textContent = 'Copy' }, 1500)
  })
}
`
