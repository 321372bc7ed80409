import { useEffect, useRef, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { Pictogram } from './pictogram';
import { Button } from './parts';
import { useText } from './text';

/** A camera that reads codes, as src/scan offers it. */
export interface Scanner extends AsyncIterable<string> {
  readonly hasTorch: boolean;
  torch(on: boolean): Promise<void>;
  /** gives a code that is still in sight once more */
  again(): void;
  close(): void;
}

/** How a camera is had. */
export interface Scanning {
  open(video: HTMLVideoElement, options?: { signal?: AbortSignal }): Promise<Scanner>;
  warmUp(): void;
}

/** Why there is no picture; the scanner's own words. */
const failures = ['denied', 'missing', 'busy', 'insecure', 'failed'] as const;
type Failure = (typeof failures)[number];

function failureOf(err: unknown): Failure {
  const reason = (err as { reason?: unknown } | null)?.reason;
  return failures.find((f) => f === reason) ?? 'failed';
}

/**
 * Camera shows what the camera sees, with a frame to hold a code into, and hands
 * each code that it reads to onRead. While busy, codes are let pass.
 */
export function Camera({
  scanning,
  busy,
  onRead,
}: {
  scanning: Scanning;
  busy?: boolean;
  onRead: (text: string) => void;
}): JSX.Element {
  const { say } = useSay();
  const video = useRef<HTMLVideoElement>(null);
  const [scanner, setScanner] = useState<Scanner>();
  const [failure, setFailure] = useState<Failure>();
  const [lit, setLit] = useState(false);
  const [tries, setTries] = useState(0);
  // The loop lives longer than one rendering and must see the newest of both.
  const latest = useRef({ busy, onRead });
  latest.current = { busy, onRead };

  useEffect(() => {
    const end = new AbortController();
    let mine: Scanner | undefined;
    const run = async () => {
      mine = await scanning.open(video.current!, { signal: end.signal });
      if (end.signal.aborted) return mine.close();
      setScanner(mine);
      for await (const text of mine) {
        if (end.signal.aborted) return;
        if (!latest.current.busy) latest.current.onRead(text);
      }
    };
    run().catch((err: unknown) => {
      if (!end.signal.aborted) setFailure(failureOf(err));
    });
    return () => {
      end.abort();
      mine?.close();
    };
  }, [scanning, tries]);

  const retry = () => {
    setFailure(undefined);
    setTries(tries + 1);
  };
  return (
    <div class="camera">
      <video ref={video} muted playsInline aria-hidden="true" />
      {failure ? (
        <div class="none" role="alert">
          <Pictogram name="camera" />
          <p>{say(`camera.${failure}`)}</p>
          <Button small name="undo" onClick={retry}>
            {say('again')}
          </Button>
        </div>
      ) : (
        <div class="aim" />
      )}
      {scanner?.hasTorch && !failure && (
        <div class="light">
          <Button
            small
            name={lit ? 'torchOn' : 'torch'}
            pressed={lit}
            onClick={() => {
              setLit(!lit);
              void scanner.torch(!lit).catch(() => setLit(lit));
            }}
          >
            {say('camera.torch')}
          </Button>
        </div>
      )}
    </div>
  );
}

function useSay() {
  const text = useText();
  return { say: text.say.bind(text) };
}
