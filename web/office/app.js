import { api, chosen, Refused } from './api.js';
import { h } from './dom.js';
import { comeBack } from './provided.js';
import { language, say, speak } from './words.js';
import { account } from './screens/account.js';
import { approve } from './screens/approve.js';
import { invitation } from './screens/invitation.js';
import { device, program } from './screens/program.js';
import { signIn } from './screens/sign-in.js';

/**
 * What a screen is given: who is signed in, and how to go on.
 * @typedef {object} Frame
 * @property {any} me the account; null where nobody is signed in
 * @property {URLSearchParams} query behind the ? of the address's fragment, which no server sees
 * @property {(to: string) => void} go to another screen, or to the same anew
 * @property {() => Promise<void>} refresh asks again who is signed in, and shows the screen anew
 */

/**
 * The screens by the fragment that names them. Those that are not open to everybody
 * ask for a sign-in first, and go on then.
 * @type {Record<string, {open?: boolean, wide?: boolean, show: (f: Frame) => Node | Promise<Node>}>}
 */
export const screens = {
  'sign-in': { open: true, show: signIn },
  invitation: { open: true, show: invitation },
  account: { show: account },
  approve: { show: approve },
  device: { show: device },
  program: { show: program },
};

/** @type {any} */
let me = null;

/** Who is signed in. */
async function ask() {
  try {
    me = await api('/me');
    const programmes = Object.keys(me.roles);
    if (!programmes.includes(chosen.programme)) chosen.programme = programmes[0] ?? '';
  } catch (e) {
    if (!(e instanceof Refused) || e.status !== 401) throw e;
    me = null;
  }
}

function bar() {
  const to = language() === 'en' ? 'fr' : 'en';
  const nodes = [
    h('a', { class: 'mark', href: '#account' }, 'Jate'),
    h('button', { class: 'small', type: 'button', lang: to, onclick: () => { speak(to); void show(); } }, say('other')),
  ];
  if (me) {
    nodes.push(h('button', { class: 'small', type: 'button', onclick: async () => {
      await api('/me/sessions/current/end', {}).catch(() => undefined);
      me = null;
      location.hash = '#sign-in';
      void show();
    } }, say('signOut')));
  }
  document.getElementById('bar')?.replaceChildren(...nodes);
}

let showing = 0;

async function show() {
  const turn = ++showing;
  const [name = '', query = ''] = location.hash.slice(1).split(/\?(.*)/s);
  const wanted = screens[name] ? name : 'account';
  const screen = screens[wanted];
  const main = document.getElementById('main');
  if (!screen || !main) return;
  try {
    if (!me && !screen.open) await ask();
    const asking = screen.open || me ? screen : screens['sign-in'];
    const node = await asking?.show({
      me,
      query: new URLSearchParams(query),
      go: (to) => { if (location.hash === to) void show(); else location.hash = to; },
      refresh: async () => { await ask(); await show(); },
    });
    if (turn !== showing || !node) return;
    bar();
    main.className = asking?.wide ? 'wide' : '';
    main.replaceChildren(node);
    /** @type {HTMLElement | null} */ (main.querySelector('input, button.main'))?.focus({ preventScroll: true });
  } catch (e) {
    bar();
    main.replaceChildren(h('p', { class: 'error', role: 'alert' }, e instanceof Error ? e.message : String(e)),
      h('button', { class: 'main', type: 'button', onclick: () => void show() }, say('next')));
  }
}

speak(language());
addEventListener('hashchange', () => void show());
void comeBack().then(show);
