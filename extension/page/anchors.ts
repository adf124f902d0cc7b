/**
 * Finds the place of a web chat's own message box, so that the sealed box can lie over it. A wrong guess costs
 * looks, nothing else: the box works anywhere.
 * @module
 */

const fields = [
  'textarea',
  '[contenteditable="true"]',
  '[contenteditable=""]',
  '[contenteditable="plaintext-only"]',
  '[role="textbox"]',
  'input[type="text"]',
  'input:not([type])',
].join(',');
const chatWords = /\b(message|ask|chat|prompt|reply|send|talk|type|nachricht|frage|schreib)/i;
const searchWords = /\b(search|filter|find|suche)/i;

/** Elements that match in the document and in open shadow roots, where some chat widgets live. */
function queryDeep(root: Document | ShadowRoot, selector: string): Element[] {
  const found = [...root.querySelectorAll(selector)];
  for (const element of root.querySelectorAll('*')) {
    // A custom element's name has a hyphen; nothing else commonly has a shadow root worth a look.
    if (element.shadowRoot && element.localName.includes('-'))
      found.push(...queryDeep(element.shadowRoot, selector));
  }
  return found;
}

function isShown(element: Element): boolean {
  return element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
}

function wordsOf(element: Element): string {
  const names = ['placeholder', 'aria-label', 'data-placeholder', 'aria-placeholder', 'id', 'name', 'title'];
  return names.map((name) => element.getAttribute(name) ?? '').join(' ');
}

/** How much a field looks like a chat's message box; below 1 it does not. */
function score(element: Element, viewport: { width: number; height: number }): number {
  const box = element.getBoundingClientRect();
  const fits = box.width >= 160 && box.height >= 16 && box.bottom > 0 && box.top < viewport.height;
  if (!fits || !isShown(element)) return 0;
  if (element.matches(':disabled, [readonly], [aria-readonly="true"]')) return 0;
  const words = wordsOf(element);
  if (searchWords.test(words) || element.closest('[role="search"], nav, header')) return 0;
  let points = chatWords.test(words) ? 3 : 0;
  if (!element.matches('input')) points += 1;
  if (box.bottom > viewport.height / 2) points += 1;
  if (box.width > viewport.width / 4) points += 1;
  // An ordinary text area in the middle of a form is not a chat.
  return points >= 3 ? points + box.bottom / viewport.height : 0;
}

/** The box around a field with its buttons: the largest ancestor that is only a little larger. */
function surround(field: Element): Element {
  const { width, height } = field.getBoundingClientRect();
  let chosen = field;
  for (let parent = field.parentElement; parent && parent !== document.body; parent = parent.parentElement) {
    const box = parent.getBoundingClientRect();
    if (box.height > height + 120 || box.width > width + 240) break;
    chosen = parent;
  }
  return chosen;
}

/** The element that holds the page's message box, or null where the page has none. */
export function findAnchor(): Element | null {
  const viewport = { width: innerWidth, height: innerHeight };
  let best: { field: Element; points: number } | null = null;
  for (const field of queryDeep(document, fields)) {
    const points = score(field, viewport);
    if (points > (best?.points ?? 0)) best = { field, points };
  }
  return best && surround(best.field);
}

/** Whether an anchor that was found once still serves. */
export function isAnchor(element: Element | null): element is Element {
  return element?.isConnected === true && isShown(element);
}
