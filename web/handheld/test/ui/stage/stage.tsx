// Shows one scene: /handheld/test/ui/stage/?scene=goods&lang=en

import { render } from 'preact';
import { App } from '../../../src/ui/app';
import { defaults, savePrefs } from '../../../src/ui/prefs';
import { fakeDoor, fakeScanning, now } from './fake';
import { scenes } from './scenes';

const asked = new URLSearchParams(location.search);
const scene = scenes[asked.get('scene') ?? 'home']!;
const began = Date.now();

// Ages on the pictures are counted from the same moment each time.
const RealDate = Date;
class StageDate extends RealDate {
  constructor(...args: unknown[]) {
    if (args.length === 0) super(now * 1000 + RealDate.now() - began);
    else super(...(args as [number]));
  }
}
globalThis.Date = StageDate as DateConstructor;
if (scene.offline) Object.defineProperty(navigator, 'onLine', { get: () => false });
savePrefs({ ...defaults, lang: asked.get('lang') ?? 'fr', pad: scene.pad ?? 'digits', sound: false, was: scene.was ?? '' });

render(
  <App
    door={fakeDoor(scene.scenario ?? {})}
    scanning={fakeScanning()}
    update={{ ready: false, apply: () => undefined }}
    {...(scene.begin ? { begin: scene.begin } : {})}
  />,
  document.getElementById('app')!,
);
