/**
 * What pages do to the sealed box, and what becomes of it, for each browser. Every page is a web chat with a
 * message box; `attack` is a script of the page's own that runs once the sealed box is there. Tests run each of
 * them in both browsers, and docs/hostile-pages.md is written from this table.
 * @module
 */

/**
 * `works`: a prompt typed into the box is answered, and the page has learnt nothing of it. `covered` and `page`:
 * the box takes no more keys, and box or toolbar say why. `panel`: no box opens, and the popup says why.
 * `none`: the site is not granted, so there is nothing of Waxseal in it.
 */
export type Outcome = 'works' | 'covered' | 'page' | 'panel' | 'none';

export interface HostilePage {
  /** Path of the page. */
  readonly id: string;
  readonly group: 'Rules of the page' | 'The box itself' | 'Over the box' | 'Look-alikes' | 'Layout';
  /** What the page does, as a sentence without its subject. */
  readonly does: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Script that runs before everything else in the page. */
  readonly first?: string;
  /** Markup in place of the web chat's own. */
  readonly body?: string;
  /** Script that runs once the sealed box is there, with `box` for its element. */
  readonly attack?: string;
  /** The attack comes in the middle of a word. */
  readonly whileTyping?: boolean;
  /** A chat is begun, the page is left, and the browser goes back to it. */
  readonly returned?: boolean;
  /** The page lies in a frame of another site that was not granted. */
  readonly framed?: boolean;
  /** The page has no message box of its own, so that the person asks for the sealed box. */
  readonly asked?: boolean;
  /** Size of the window. */
  readonly size?: readonly [width: number, height: number];
  readonly outcome: Outcome | { readonly chromium: Outcome; readonly firefox: Outcome };
  /** Why, where it is not plain. */
  readonly why?: string;
}

const everySecond = (script: string) => `const again = () => { ${script} }; again(); setInterval(again, 50);`;
const overlay = (extra: string) => `
  const cover = document.createElement('div');
  cover.setAttribute('popover', 'manual');
  cover.style.cssText = 'position:fixed;inset:0;width:100%;height:100%;border:0;margin:0;background:#fffc;${extra}';`;

export const hostilePages: readonly HostilePage[] = [
  {
    id: 'plain',
    group: 'Rules of the page',
    does: 'is an ordinary web chat',
    outcome: 'works',
  },
  {
    id: 'csp',
    group: 'Rules of the page',
    does: 'forbids all frames, styles and connections by its Content-Security-Policy',
    headers: {
      'content-security-policy': "default-src 'none'; frame-src 'none'; script-src 'unsafe-inline'",
    },
    outcome: 'works',
  },
  {
    id: 'trusted-types',
    group: 'Rules of the page',
    does: 'demands Trusted Types and allows no policy',
    headers: { 'content-security-policy': "require-trusted-types-for 'script'; trusted-types 'none'" },
    outcome: 'works',
  },
  {
    id: 'isolated',
    group: 'Rules of the page',
    does: 'is cross-origin isolated: COEP `require-corp`, COOP `same-origin`',
    headers: {
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-opener-policy': 'same-origin',
    },
    outcome: 'works',
  },
  {
    id: 'sandbox',
    group: 'Rules of the page',
    does: 'is sandboxed by its Content-Security-Policy, and so has no origin',
    headers: { 'content-security-policy': 'sandbox allow-scripts allow-forms' },
    outcome: 'panel',
    why: 'a grant is for an origin, and this document has none',
  },
  {
    id: 'sandbox-same-origin',
    group: 'Rules of the page',
    does: 'is sandboxed but keeps its origin',
    headers: { 'content-security-policy': 'sandbox allow-scripts allow-forms allow-same-origin' },
    outcome: 'works',
  },
  {
    id: 'frame-ancestors',
    group: 'Rules of the page',
    does: 'may not be framed by anybody',
    headers: { 'content-security-policy': "frame-ancestors 'none'", 'x-frame-options': 'DENY' },
    outcome: 'works',
  },
  {
    id: 'permissions-policy',
    group: 'Rules of the page',
    does: 'switches browser features off by its Permissions-Policy',
    headers: { 'permissions-policy': 'clipboard-write=(), fullscreen=(), storage-access=()' },
    outcome: 'works',
  },
  {
    id: 'framed',
    group: 'Rules of the page',
    does: 'lies in a frame of a site that was not granted',
    framed: true,
    outcome: 'none',
  },
  {
    id: 'chat-in-frames',
    group: 'Rules of the page',
    does: 'has its own chat in a frame in a frame',
    body: `<iframe style="width:90%;height:400px" srcdoc="<iframe style='width:90%;height:300px' srcdoc='<textarea placeholder=Message></textarea>'></iframe>"></iframe>`,
    asked: true,
    outcome: 'works',
  },
  {
    id: 'pollution',
    group: 'Rules of the page',
    does: 'replaces built-in functions and pollutes prototypes before anything else runs',
    first: `
      for (const name of ['kind', 'waxsealToken', 'ok', 'token', 'site']) Object.prototype[name] = 'close';
      const spied = (target, name) => { const real = target[name];
        target[name] = function (...args) { heard.push([name, String(args[0])]); return real.apply(this, args); }; };
      for (const name of ['attachShadow', 'append', 'setAttribute']) spied(Element.prototype, name);
      for (const name of ['postMessage', 'start']) spied(MessagePort.prototype, name);
      spied(window, 'postMessage'); spied(JSON, 'stringify'); spied(crypto, 'getRandomValues');
      HTMLElement.prototype.showPopover = () => heard.push('showPopover');
      window.MutationObserver = class { observe() {} disconnect() {} takeRecords() { return []; } };`,
    outcome: 'works',
  },
  {
    id: 'shadow-hooks',
    group: 'The box itself',
    does: 'makes every shadow root an open one, and looks for closed ones through element internals',
    first: `
      const attach = Element.prototype.attachShadow;
      Element.prototype.attachShadow = function (init) { return attach.call(this, { ...init, mode: 'open' }); };
      new MutationObserver((records) => {
        for (const { addedNodes } of records) for (const node of addedNodes) {
          if (!node.localName?.includes('-')) continue;
          customElements.define(node.localName, class extends HTMLElement {
            connectedCallback() { this.inside = this.attachInternals().shadowRoot; heard.push(['inside', String(this.inside)]); }
          });
          if (node.inside) heard.push(node.inside.innerHTML);
        }
      }).observe(document, { childList: true, subtree: true });`,
    outcome: 'works',
  },
  {
    id: 'move-once',
    group: 'The box itself',
    does: 'moves and hides the box once',
    attack: `box.style.setProperty('left', '-9000px', 'important'); box.hidePopover(); box.hidden = true;`,
    outcome: 'works',
    why: 'the box goes back',
  },
  {
    id: 'style-rules',
    group: 'The box itself',
    does: 'tries to move, fade and animate the box by style rules',
    attack: `
      const sheet = new CSSStyleSheet();
      sheet.replaceSync('html > :not(body) { opacity: 0 !important; left: -9000px !important; transition: all 9s !important; clip-path: inset(50%) !important }');
      document.adoptedStyleSheets.push(sheet);
      box.animate([{ transform: 'translate(-900px)', opacity: 0 }], { duration: 100, fill: 'forwards' });`,
    outcome: 'works',
    why: 'the box has each of its properties set, as important',
  },
  {
    id: 'move-always',
    group: 'The box itself',
    does: 'moves the box again and again, under the pointer or away from it',
    attack: everySecond(`box.style.setProperty('transform', 'translate(200px)', 'important')`),
    outcome: 'page',
  },
  {
    id: 'fade-always',
    group: 'The box itself',
    does: 'makes the box see-through again and again, to have it clicked unseen',
    attack: everySecond(`box.style.setProperty('opacity', '0.01', 'important')`),
    outcome: 'page',
  },
  {
    id: 'remove',
    group: 'The box itself',
    does: 'takes the box out',
    attack: 'box.remove()',
    outcome: 'page',
  },
  {
    id: 'remove-on-sight',
    group: 'The box itself',
    does: 'takes the box out as soon as it sees it, by a MutationObserver',
    first: `new MutationObserver((records) => {
      for (const { addedNodes } of records) for (const node of addedNodes) if (node.localName?.includes('-')) node.remove();
    }).observe(document, { childList: true, subtree: true });`,
    outcome: 'page',
  },
  {
    id: 'rewrite',
    group: 'The box itself',
    does: 'writes its document anew',
    attack: `document.open(); document.write('<!doctype html><textarea placeholder="Message"></textarea>'); document.close();`,
    outcome: 'page',
  },
  {
    id: 'adopt',
    group: 'The box itself',
    does: 'moves the box into another part of the page',
    attack: `document.body.append(box)`,
    outcome: 'works',
    why: 'wherever it is, it lies in the top layer at its own place',
  },
  {
    id: 'no-top-layer',
    group: 'The box itself',
    does: 'refuses to let anything into the top layer',
    first: `addEventListener('beforetoggle', (event) => event.preventDefault(), true);`,
    outcome: 'covered',
    why: 'below the top layer anything may lie over the box',
  },
  {
    id: 'inert',
    group: 'The box itself',
    does: 'makes its whole document inert',
    attack: 'document.documentElement.inert = true',
    outcome: 'covered',
  },
  {
    id: 'high-z-index',
    group: 'Over the box',
    does: 'draws over everything with the highest z-index there is',
    attack: `document.body.insertAdjacentHTML('beforeend', '<div style="position:fixed;inset:0;z-index:2147483647;background:#fff"></div>')`,
    outcome: 'works',
    why: 'the box lies in the top layer, above every z-index',
  },
  {
    id: 'top-layer',
    group: 'Over the box',
    does: 'puts an element of its own on top of the top layer, again and again',
    attack: `${overlay('')} document.body.append(cover);
      setInterval(() => { if (cover.matches(':popover-open')) cover.hidePopover(); cover.showPopover(); }, 100);`,
    outcome: 'covered',
  },
  {
    id: 'click-through',
    group: 'Over the box',
    does: 'covers the box with a picture that lets clicks through',
    attack: `${overlay('pointer-events:none;')} document.body.append(cover);
      setInterval(() => { if (cover.matches(':popover-open')) cover.hidePopover(); cover.showPopover(); }, 100);`,
    outcome: 'covered',
  },
  {
    id: 'click-through-hidden',
    group: 'Over the box',
    does: 'does the same from inside a closed shadow root',
    attack: `${overlay('pointer-events:none;')}
      const holder = document.createElement('div');
      document.body.append(holder);
      holder.attachShadow({ mode: 'closed' }).append(cover);
      setInterval(() => { if (cover.matches(':popover-open')) cover.hidePopover(); cover.showPopover(); }, 100);`,
    outcome: 'covered',
  },
  {
    id: 'dialog',
    group: 'Over the box',
    does: 'opens a modal dialog',
    attack: `document.body.insertAdjacentHTML('beforeend', '<dialog style="width:100%;height:100%"></dialog>');
      document.querySelector('dialog').showModal();`,
    outcome: 'covered',
  },
  {
    id: 'one-popover',
    group: 'Over the box',
    does: 'opens one pop-up over the box, as pages do by chance',
    attack: `${overlay('')} document.body.append(cover); cover.showPopover();`,
    outcome: 'works',
    why: 'the box is put on top once more',
  },
  {
    id: 'see-through-input',
    group: 'Over the box',
    does: 'lays its own invisible text field over the box, to catch what is typed',
    attack: `const field = document.createElement('textarea');
      field.setAttribute('popover', 'manual');
      field.style.cssText = 'position:fixed;inset:0;width:100%;height:100%;border:0;margin:0;opacity:.01';
      document.body.append(field);
      setInterval(() => { if (field.matches(':popover-open')) field.hidePopover(); field.showPopover(); }, 100);`,
    outcome: 'covered',
  },
  {
    id: 'steal-focus',
    group: 'Over the box',
    does: 'takes the keyboard in the middle of a word',
    whileTyping: true,
    attack: `document.getElementById('message').focus()`,
    outcome: 'page',
  },
  {
    id: 'fake-composer',
    group: 'Look-alikes',
    does: 'paints a sealed box of its own beside the real one',
    attack: `document.body.insertAdjacentHTML('beforeend',
      '<div style="position:fixed;top:20px;left:80px;width:640px;background:#14213d;color:#fff">Waxseal · Sealed<textarea id="fake" placeholder="Your seal: this is Waxseal’s frame"></textarea></div>')`,
    outcome: 'works',
    why: 'the seal is dark while the look-alike has the keyboard, and the page never saw it',
  },
  {
    id: 'clone',
    group: 'Look-alikes',
    does: 'clones the element of the box',
    attack: `document.body.append(box.cloneNode(true)); document.body.append(document.importNode(box, true));`,
    outcome: 'works',
    why: 'a clone has neither shadow root nor frame',
  },
  {
    id: 'own-frame',
    group: 'Look-alikes',
    does: 'frames the composer itself, at the address that it must not know',
    attack: `const frame = document.createElement('iframe'); frame.src = ownAddress;
      frame.onload = () => { for (const at of ['*']) frame.contentWindow.postMessage({ waxsealToken: '0'.repeat(64) }, at, [new MessageChannel().port1]); };
      document.body.append(frame);`,
    outcome: 'works',
    why: 'a frame without a token shows, asks and sends nothing',
  },
  {
    id: 'fake-messages',
    group: 'Look-alikes',
    does: 'sends the box, its own window and the extension messages in the right form',
    attack: `
      for (const message of [{ kind: 'close' }, { kind: 'interference', what: 'focus' }, { host: 'close' }, { waxsealToken: '0'.repeat(64) }]) {
        window.postMessage(message, '*');
        box.dispatchEvent(new CustomEvent('message', { detail: message }));
        for (let index = 0; index < window.length; index++) window[index].postMessage(message, '*');
      }
      globalThis.chrome?.runtime?.sendMessage?.({ type: 'settings/get', body: {} });`,
    outcome: 'works',
  },
  {
    id: 'navigate',
    group: 'Layout',
    does: 'is a single-page app that changes its address and draws itself anew',
    attack: `history.pushState({}, '', '/navigate?chat=2'); document.body.replaceChildren();
      document.body.insertAdjacentHTML('beforeend', '<textarea placeholder="Message" style="position:fixed;bottom:20px;left:80px;width:500px"></textarea>');`,
    outcome: 'works',
  },
  {
    id: 'back-forward',
    group: 'Layout',
    does: 'is left in the middle of a chat, and the person comes back to it',
    returned: true,
    outcome: 'works',
    why: 'the box is made anew, and nothing is left in it of the chat before',
  },
  {
    id: 'effects',
    group: 'Layout',
    does: 'turns, shrinks, blurs and fades its root element',
    attack: `document.documentElement.style.cssText = 'transform: rotate(5deg) scale(.5); opacity: .2; filter: blur(9px)'`,
    outcome: 'works',
    why: 'the top layer does not lie in the root element',
  },
  {
    id: 'zoom',
    group: 'Layout',
    does: 'zooms its root element',
    attack: `document.documentElement.style.zoom = '2'`,
    outcome: 'works',
    why: 'the box takes the zoom back',
  },
  {
    id: 'small',
    group: 'Layout',
    does: 'is in a very small window',
    size: [450, 240],
    outcome: 'works',
  },
];
