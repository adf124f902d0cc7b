/**
 * Takes what reads text as HTML or as a program out of the extension's pages, while they are built.
 *
 * Trusted Types keep such code from working in a browser that knows them. But code that is not there can do nothing
 * anywhere, and a parser that relies on it is quietly worse where it throws: the table of character references below
 * was read through `innerHTML`.
 *
 * Each change expects its text exactly once, and at the end no script may hold any of it. So a new version of a
 * library ends the build instead of bringing it back.
 */
import { createRequire } from 'node:module';
import type { Plugin } from 'vite';

/** Whatever reads text as HTML, or as a program. */
export const htmlSinks =
  /\b(?:innerHTML|outerHTML|insertAdjacentHTML|setHTMLUnsafe|parseHTMLUnsafe|createContextualFragment|parseFromString|srcdoc)\b|\bdocument(?:\(\))?\.write(?:ln)?\b|\beval\b|\bnew Function\b|(?<![\w.$])Function\(/;

interface Change {
  /** End of the module's path. */
  readonly module: string;
  readonly from: string;
  readonly to: string;
}

const changes: readonly Change[] = [
  {
    // What `dangerouslySetInnerHTML` does: nothing of ours asks for it, and whoever did would hear of it at once.
    module: '/preact/dist/preact.mjs',
    from: '(l||y&&(h.__html==y.__html||h.__html==t.innerHTML)||(t.innerHTML=h.__html),r.__k=[])',
    to: '(()=>{throw new TypeError("No HTML is drawn from text")})()',
  },
  {
    // A parser's `document`, not a page's; but a reader of the built file, man or program, cannot see that.
    module: '/mdast-util-from-markdown/lib/index.js',
    from: 'parse(options).document().write(preprocess()(value, encoding, true))',
    to: '(({ write }) => write(preprocess()(value, encoding, true)))(parse(options).document())',
  },
];

/** The same module with a table in it, where the one for browsers asks `innerHTML` what a reference means. */
const references = 'decode-named-character-reference';

/** Where `change` is made in `code`, which must have its text exactly once. */
export function applyChange(code: string, { module, from, to }: Change): string {
  const count = code.split(from).length - 1;
  if (count !== 1) throw new Error(`${module} has what is to be replaced ${count} times, not once: ${from}`);
  return code.replace(from, () => to);
}

/** The plugin for Vite. */
export function withoutHtmlSinks(): Plugin {
  return {
    name: 'waxseal:without-html-sinks',
    enforce: 'pre',
    resolveId: (source) =>
      source === references ? createRequire(import.meta.url).resolve(references) : undefined,
    transform(code, id) {
      const path = id.split('?')[0]?.replaceAll('\\', '/') ?? '';
      const change = changes.find(({ module }) => path.endsWith(module));
      return change === undefined ? undefined : { code: applyChange(code, change), map: null };
    },
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        const found = file.type === 'chunk' ? htmlSinks.exec(file.code) : null;
        if (found !== null) this.error(`${file.fileName} holds ${found[0]}`);
      }
    },
  };
}
