// Starts the handheld: opens or enrols the core, shows the screens, and lets the service worker keep all of it.

import { render } from 'preact';
import {
  AutoSync, enrolHandheld, type Handheld, type HandheldAPI, HTTPServer, isFault, openHandheld, persistStorage,
} from './core/index';
import { offline, type Update } from './offline';
import { openScanner, warmUp } from './scan/scan';
import { App } from './ui/app';
import type { Door } from './ui/door';

/** The event with which Chrome offers to install; it is in no library of types. */
interface InstallOffer extends Event {
  prompt(): Promise<unknown>;
}

const config = { language: () => document.documentElement.lang || 'fr' };

/** Opens the handheld. The office's code is an address; where a phone's own camera opened it, it stands in ours. */
async function open(): Promise<HandheldAPI> {
  const code = location.hash.startsWith('#e=') ? location.href : '';
  if (code) {
    history.replaceState(null, '', import.meta.env.BASE_URL); // it counts once, and nobody should copy it
  }
  try {
    return await openHandheld(config);
  } catch (err) {
    if (code && isFault(err, 'handheld_not_enrolled')) {
      return enrolHandheld(code, config);
    }
    throw err;
  }
}

function kept(h: HandheldAPI): HandheldAPI {
  void persistStorage(); // Chrome grants it to what is installed or much used, so it is asked each time
  return h;
}

const door: Door = {
  open: async () => kept(await open()),
  enrol: async (text) => kept(await enrolHandheld(text, config)),
  auto: (h) => new AutoSync(h as Handheld),
  carry: async (text) => {
    const { carry } = await import('./core/carrier');
    const carried = await carry(new HTTPServer('', config.language), text);
    return { text: carried.text, answers: carried.text.split('\n').filter(Boolean).length };
  },
};

const scanning = { open: openScanner, warmUp };
const root = document.getElementById('app') as HTMLElement;
let update: Update = { ready: false, apply: () => undefined };
let install: (() => void) | undefined;

function show(): void {
  render(<App door={door} scanning={scanning} update={update} install={install} />, root);
}

addEventListener('beforeinstallprompt', (e) => {
  e.preventDefault();
  install = () => {
    install = undefined; // an offer can be taken once
    show();
    void (e as InstallOffer).prompt();
  };
  show();
});
addEventListener('appinstalled', () => {
  install = undefined;
  show();
});

show();
offline((u) => {
  update = u;
  show();
}).catch(() => undefined); // without it the handheld works while the page is open
