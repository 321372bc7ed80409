import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Button } from './parts';
import { Pictogram } from './pictogram';
import { useText } from './text';

/** Parts of the program that are here already, by what fetches them. */
const here = new Map<() => Promise<unknown>, unknown>();

/** fetched gets a part of the program, once. */
export async function fetched<M>(load: () => Promise<M>): Promise<M> {
  const m = await load();
  here.set(load, m);
  return m;
}

/**
 * Later shows what is in a part of the program that is not needed to sell, and so
 * comes after the rest. The service worker keeps it: this waits on the first day
 * only.
 */
export function Later<M>({ load, children }: { load: () => Promise<M>; children: (m: M) => JSX.Element }): JSX.Element {
  const text = useText();
  const [, seen] = useState(0);
  const [failed, setFailed] = useState(false);
  const m = here.get(load) as M | undefined;
  useEffect(() => {
    if (m || failed) return;
    let stale = false;
    fetched(load).then(
      () => !stale && seen((n) => n + 1),
      () => !stale && setFailed(true),
    );
    return () => {
      stale = true;
    };
  }, [load, failed]);
  if (m) return children(m);
  return (
    <main class="screen">
      <div class="body centre">
        {failed ? (
          <Button name="undo" onClick={() => setFailed(false)}>
            {text.say('again')}
          </Button>
        ) : (
          <>
            <Pictogram name="wait" class="turning huge" />
            <h1 class="unseen">{text.say('opening')}</h1>
          </>
        )}
      </div>
    </main>
  );
}
