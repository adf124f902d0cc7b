/** Light colouring of code: keywords, strings, numbers, comments. A guess for the eye, never a parser. */

type TokenKind = 'keyword' | 'string' | 'number' | 'comment' | 'plain';
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

type Family = 'c' | 'python' | 'shell' | 'sql' | 'markup';

const families: Record<string, Family> = {
  js: 'c',
  jsx: 'c',
  ts: 'c',
  tsx: 'c',
  javascript: 'c',
  typescript: 'c',
  java: 'c',
  c: 'c',
  cpp: 'c',
  'c++': 'c',
  cs: 'c',
  csharp: 'c',
  go: 'c',
  rust: 'c',
  rs: 'c',
  swift: 'c',
  kotlin: 'c',
  php: 'c',
  css: 'c',
  json: 'c',
  python: 'python',
  py: 'python',
  ruby: 'python',
  rb: 'python',
  yaml: 'shell',
  yml: 'shell',
  toml: 'shell',
  bash: 'shell',
  sh: 'shell',
  shell: 'shell',
  zsh: 'shell',
  sql: 'sql',
  html: 'markup',
  xml: 'markup',
};

const words = (list: string): ReadonlySet<string> => new Set(list.split(' '));

const keywords: Record<Family, ReadonlySet<string>> = {
  c: words(
    'abstract as async await break case catch class const continue default defer delete do else enum export extends false final finally fn for from func function go if implements impl import in instanceof interface let loop match mod mut namespace new nil null of override package private protected pub public return self static struct super switch this throw throws trait true try type typeof undefined use using val var void where while yield',
  ),
  python: words(
    'and as assert async await begin break class continue def del do elif else elsif end except False finally for from global if import in is lambda module None nonlocal not or pass raise require rescue return self then True try unless until while with yield',
  ),
  shell: words(
    'case do done elif else esac export fi for function if in local return then until while true false',
  ),
  sql: words(
    'add all alter and as asc between by case create delete desc distinct drop else end exists from group having in inner insert into is join key left like limit not null offset on or order outer primary right select set table then union unique update values when where with',
  ),
  markup: words(''),
};

const slashComments = String.raw`\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)`;
const comments: Record<Family, string> = {
  c: slashComments,
  python: String.raw`#[^\n]*`,
  shell: String.raw`#[^\n]*`,
  sql: String.raw`--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)`,
  markup: String.raw`<!--[\s\S]*?(?:-->|$)`,
};

const strings = [
  String.raw`"""[\s\S]*?(?:"""|$)`,
  String.raw`"(?:\\.|[^"\\\n])*"?`,
  String.raw`'(?:\\.|[^'\\\n])*'?`,
  '`(?:\\\\.|[^`\\\\])*`?',
].join('|');
const numbers = String.raw`\b(?:0x[\da-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)\b`;
const names = String.raw`[A-Za-z_][\w-]*`;

const scanners = new Map<Family, RegExp>();
function scanner(family: Family): RegExp {
  const known = scanners.get(family);
  if (known !== undefined) return known;
  const made = new RegExp(`(${comments[family]})|(${strings})|(${numbers})|(${names})`, 'g');
  scanners.set(family, made);
  return made;
}

function kindOf(match: RegExpMatchArray, family: Family): TokenKind {
  if (match[1] !== undefined) return 'comment';
  if (match[2] !== undefined) return 'string';
  if (match[3] !== undefined) return 'number';
  const word = family === 'sql' ? match[0].toLowerCase() : match[0];
  return keywords[family].has(word) ? 'keyword' : 'plain';
}

/** Splits code into coloured pieces that together are the code, unchanged. */
export function highlight(code: string, language: string): Token[] {
  const family = families[language.toLowerCase()];
  if (family === undefined) return [{ kind: 'plain', text: code }];
  const tokens: Token[] = [];
  const push = (kind: TokenKind, text: string): void => {
    const last = tokens.at(-1);
    if (last?.kind === kind && kind === 'plain') tokens[tokens.length - 1] = { kind, text: last.text + text };
    else if (text !== '') tokens.push({ kind, text });
  };
  let end = 0;
  for (const match of code.matchAll(scanner(family))) {
    push('plain', code.slice(end, match.index));
    push(kindOf(match, family), match[0]);
    end = match.index + match[0].length;
  }
  push('plain', code.slice(end));
  return tokens;
}
