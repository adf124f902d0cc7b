import { useEffect, useRef, useState } from 'preact/hooks';

/** The end of the last finished sentence of a text; 0 if there is none. */
function finishedUntil(text: string): number {
  let end = 0;
  for (const match of text.matchAll(/[.!?…:][)"'”’*_]*\s|\n\n/g)) end = match.index + match[0].length;
  return end;
}

/** What a screen reader should say of an answer that arrives: each sentence once, when it is finished. */
export function useSpoken(text: string, arriving: boolean): string {
  const said = useRef(arriving ? 0 : text.length);
  const [spoken, setSpoken] = useState('');
  useEffect(() => {
    const end = arriving ? finishedUntil(text) : text.length;
    if (end <= said.current) return;
    setSpoken(text.slice(said.current, end).trim());
    said.current = end;
  }, [text, arriving]);
  return spoken;
}
