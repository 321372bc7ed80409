import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { AutoSyncAPI, AutoSyncState, HandheldAPI, Item, Status } from '../core/api';
import { first, french, languages } from '../i18n/languages';
import { Around, Under, type App as AppValue, type Ground, type Update } from './app-context';
import { Bar, Switch } from './bar';
import type { Scanning } from './camera';
import type { Door } from './door';
import { Guard } from './guard';
import { Home } from './home';
import { back as backOf, home, type Refusal, type Screen } from './machine';
import { fetched, Later } from './later';
import { loadPrefs, savePrefs, type Prefs } from './prefs';
import { Refused } from './refused';
import { refusalOf } from './refusal';
import { Sale } from './sale';
import { Online, Scan, TypeNumber } from './sell';
import { Busy, Saving, SoldScreen } from './settle';
import { signal } from './signal';
import { Speech, Text } from './text';
import './style.css';

/** What is needed before a handheld is open, and what no sale needs. */
const start = () => import('./start');
const rare = () => import('./rare');

/** What the app is given. */
export interface AppProps {
  door: Door;
  scanning: Scanning;
  update: Update;
  install?: (() => void) | undefined;
  /** the screen to begin with, for tests and pictures of it */
  begin?: Screen;
}

/** App is the whole handheld: language, start, and one screen at a time. */
export function App({ door, scanning, update, install, begin = home }: AppProps): JSX.Element {
  const [prefs, change] = useState(loadPrefs);
  const text = useLanguage(prefs.lang);
  const online = useOnline();
  const [spoken, setSpoken] = useState('');
  const setPrefs = useCallback((c: Partial<Prefs>) => {
    change((p) => {
      const next = { ...p, ...c };
      savePrefs(next);
      return next;
    });
  }, []);
  const [handheld, setHandheld] = useState<HandheldAPI>();
  const [shut, setShut] = useState<Refusal>();
  const opened = useCallback((h: HandheldAPI) => {
    setPrefs({ was: h.identity.handheld });
    setHandheld(h);
  }, []);
  const open = useCallback(() => {
    setShut(undefined);
    door.open().then(opened, (err: unknown) => setShut(refusalOf(err)));
  }, [door]);
  useEffect(open, [open]);
  const ground: Ground = {
    prefs,
    setPrefs,
    scanning,
    online,
    update,
    install,
    back: () => undefined,
    announce: setSpoken,
    signal: (s) => signal(s, prefs.sound),
  };
  return (
    <Speech.Provider value={text}>
      <Guard>
        {handheld ? (
          <Opened h={handheld} door={door} ground={ground} begin={begin} />
        ) : (
          <Under.Provider value={ground}>
            <div class="app">
              <header class="bar">
                <span class="brand">Jate</span>
                <Switch />
              </header>
              {shut ? (
                <Later load={start}>
                  {(m) => <m.Start door={door} refusal={shut} again={open} opened={opened} />}
                </Later>
              ) : (
                <Busy title="opening" />
              )}
            </div>
          </Under.Provider>
        )}
      </Guard>
      <div class="unseen" aria-live="assertive">
        {spoken}
      </div>
    </Speech.Provider>
  );
}

/** useLanguage fetches a language's catalogue and tells the page; until it is there, French is spoken. */
function useLanguage(lang: string): Text {
  const [text, setText] = useState(() => new Text(first, french));
  useEffect(() => {
    let stale = false;
    const code = Object.prototype.hasOwnProperty.call(languages, lang) ? lang : first;
    languages[code]!.load().then(
      (catalogue) => !stale && setText(new Text(code, catalogue)),
      // A catalogue that cannot be had must not keep anybody from selling.
      () => !stale && setText(new Text(first, french)),
    );
    return () => {
      stale = true;
    };
  }, [lang]);
  useEffect(() => {
    document.documentElement.lang = text.lang;
    document.documentElement.dir = languages[text.lang]!.dir;
  }, [text]);
  return text;
}

/** useOnline follows what the phone believes about its network. */
function useOnline(): boolean {
  const [online, setOnline] = useState(() => navigator.onLine);
  useEffect(() => {
    const look = () => setOnline(navigator.onLine);
    addEventListener('online', look);
    addEventListener('offline', look);
    return () => {
      removeEventListener('online', look);
      removeEventListener('offline', look);
    };
  }, []);
  return online;
}

/** useNow moves on each half minute, so that ages on the screen grow. */
function useNow(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const t = setInterval(() => setNow(new Date()), 30_000);
    return () => clearInterval(t);
  }, []);
  return now;
}

/** useBack makes the phone's own Back do what the screen's does. */
function useBack(screen: Screen, go: (s: Screen) => void): void {
  const latest = useRef(screen);
  latest.current = screen;
  useEffect(() => {
    // One entry ahead of the page's own: leaving it is Back, and it is put there again unless there is no way back.
    history.pushState({ jate: true }, '');
    const left = () => {
      const to = backOf(latest.current);
      if (to) go(to);
      if (to || latest.current.at === 'saving') history.pushState({ jate: true }, '');
      else history.back();
    };
    addEventListener('popstate', left);
    return () => removeEventListener('popstate', left);
  }, [go]);
}

/** Opened is the app of an enrolled handheld. */
function Opened({
  h,
  door,
  ground,
  begin,
}: {
  h: HandheldAPI;
  door: Door;
  ground: Ground;
  begin: Screen;
}): JSX.Element | null {
  const [screen, setScreen] = useState<Screen>(begin);
  const auto: AutoSyncAPI = useMemo(() => door.auto(h), [door, h]);
  const [sync, setSync] = useState<AutoSyncState>(auto.state);
  const [known, setKnown] = useState<{ status: Status; items: readonly Item[] }>();
  const now = useNow();
  const go = useCallback((s: Screen) => setScreen(s), []);
  useBack(screen, go);

  useEffect(() => {
    let stale = false;
    const look = () => {
      Promise.all([h.status(), h.prices()]).then(
        ([status, items]) => !stale && setKnown({ status, items }),
        (err: unknown) => !stale && go({ at: 'refused', refusal: refusalOf(err), then: home }),
      );
    };
    const end = h.onChange(look);
    look();
    return () => {
      stale = true;
      end();
    };
  }, [h]);
  useEffect(() => {
    const end = auto.onChange(setSync);
    auto.start();
    return () => {
      end();
      auto.stop();
    };
  }, [auto]);

  useEffect(() => {
    // Fetched once the first screen stands, so that it is kept before the network is gone.
    const t = setTimeout(() => void fetched(rare).catch(() => undefined), 3000);
    return () => clearTimeout(t);
  }, []);

  if (!known) return null;
  const { status, items } = known;
  const app: AppValue = {
    ...ground,
    h,
    door,
    auto,
    status,
    sync,
    items,
    now,
    go,
    timed: (what, ms) => h.note(what, ms),
    back: () => history.back(),
  };
  const fresh = status.snapshot === 0 && status.records === 0 && status.freshness === 'missing';
  return (
    <Under.Provider value={app}>
      <Around.Provider value={app}>
        <div class="app">
          <Bar />
          {fresh && screen.at === 'home' ? <Later load={start}>{(m) => <m.Inactive />}</Later> : show(screen)}
        </div>
      </Around.Provider>
    </Under.Provider>
  );
}

/** show draws a screen. */
function show(s: Screen): JSX.Element {
  switch (s.at) {
    case 'home':
      return <Home />;
    case 'scan':
      return <Scan />;
    case 'number':
      return <TypeNumber />;
    case 'sale':
      return s.item === undefined ? (
        <Sale step={s.step} draft={s.draft} />
      ) : (
        <Sale step={s.step} draft={s.draft} item={s.item} />
      );
    case 'online':
      return <Online scan={s.scan} refusal={s.refusal} />;
    case 'saving':
      return <Saving online={s.online} />;
    case 'sold':
      return <SoldScreen sold={s.sold} online={s.online} />;
    case 'refused':
      return <Refused refusal={s.refusal} then={s.then} />;
    default:
      return <Later load={rare}>{(m) => m.showRare(s) ?? <Home />}</Later>;
  }
}
