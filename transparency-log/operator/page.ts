/** The operator's page of a log or a witness: one statement, and tables under it. Read by people only. @module */
import { MARKS, type Mark, type MarkName } from '../shapes.ts';
import { type Html, html, type Part } from './html.ts';

/** Whether things are well, whether they will be by themselves, or whether somebody has to look. */
export type Standing = 'passed' | 'paused' | 'failed';

const WORDS: Record<Standing, string> = { passed: 'Well', paused: 'Waiting', failed: 'Stopped' };

export interface Table {
  title: string;
  /** What an empty table says. */
  none: string;
  columns: readonly string[];
  rows: readonly (readonly Part[])[];
}

export interface OperatorPage {
  /** What this is the page of. */
  name: string;
  standing: Standing;
  /** A sentence for the headline, without a full stop, and one that says more. */
  statement: string;
  more: string;
  facts: readonly (readonly [label: string, value: Part])[];
  tables: readonly Table[];
}

/** A state mark. The word beside it says the same. */
export function mark(name: MarkName, size: number): Html {
  const { tone, filled, outline, glyph, width }: Mark = MARKS[name];
  const stroke = (d: string, className: string) =>
    html`<path d="${d}" class="${className}" fill="none" stroke="currentColor" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`;
  return html`<svg viewBox="0 0 24 24" width="${size}" height="${size}" class="mark ${tone}" aria-hidden="true">${
    filled ? html`<path d="${filled}" fill="currentColor"/>` : null
  }${outline ? stroke(outline, '') : null}${glyph ? stroke(glyph, filled ? 'on-mark' : '') : null}</svg>`;
}

function writeTable({ title, none, columns, rows }: Table): Html {
  if (rows.length === 0) return html`<section><h2>${title}</h2><p class="sub">${none}</p></section>`;
  const head = columns.map((column) => html`<th scope="col">${column}</th>`);
  const body = rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`);
  return html`<section><h2>${title}</h2><div class="scroll" tabindex="0" role="region" aria-label="${title}"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div></section>`;
}

/** The whole document. It asks for itself again every ten seconds, without scripts. */
export function writePage({ name, standing, statement, more, facts, tables }: OperatorPage): string {
  const list = facts.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="10">
<title>${WORDS[standing]}: ${name}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header class="head">${mark('brand', 30)}<span>${name}</span></header>
<div class="verdict verdict-${standing}" role="status">${mark(standing, 22)}<p><strong>${WORDS[standing]}.</strong> ${more}</p></div>
<main>
<h1 class="statement">${statement}</h1>
<dl class="facts">${list}</dl>
${tables.map(writeTable)}
<p class="sub foot">For the operator, at this machine only. Nothing here is secret, and nothing can be changed here.</p>
</main>
</body>
</html>
`;
  return page.text;
}
