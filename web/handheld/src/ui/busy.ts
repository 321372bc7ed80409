import { useRef, useState } from 'preact/hooks';

/**
 * useBusy runs one thing at a time: what is asked for while another runs is
 * dropped, even by a second touch before the screen could change.
 */
export function useBusy(): [busy: boolean, run: (what: () => Promise<void>) => Promise<void>] {
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const run = async (what: () => Promise<void>) => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    try {
      await what();
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return [busy, run];
}
