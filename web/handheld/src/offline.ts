// The page's side of the service worker: registers it, has it fetch what comes after the shell, and knows when a new version
// waits.

/** A newer program that waits to be used. */
export interface Update {
  readonly ready: boolean;
  /** Starts the newer program; the page is loaded anew. */
  apply(): void;
}

/** Registers the service worker, and calls back when a newer program begins to wait. Without service workers, or before the
 * server was reached once, the handheld works as long as the page stays open. */
export async function offline(onUpdate: (u: Update) => void): Promise<void> {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) {
    return;
  }
  const container = navigator.serviceWorker;
  const base = import.meta.env.BASE_URL;
  const registration = await container.register(`${base}sw.js`, { scope: base, updateViaCache: 'none' });
  const waits = () => {
    const { waiting } = registration;
    if (waiting && container.controller) {
      onUpdate({ ready: true, apply: () => applyUpdate(waiting) });
    }
  };
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', waits);
  });
  waits();
  const { active } = await container.ready;
  active?.postMessage('later');
  window.addEventListener('online', () => {
    registration.active?.postMessage('later');
    registration.update().catch(() => {}); // at the next start, then
  });
}

function applyUpdate(waiting: ServiceWorker): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  waiting.postMessage('update');
}
