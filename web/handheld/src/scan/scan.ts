// A scanner of QR codes over a <video>: the back camera, the torch, and one text for each code that comes into sight.

import type { Frame, Reading } from './protocol';

/** Why there is no camera: refused by its user, none there, used by another app, page not secure, or anything else. */
export type CameraFailure = 'denied' | 'missing' | 'busy' | 'insecure' | 'failed';

/** The camera cannot be used, or stopped. */
export class CameraError extends Error {
  constructor(readonly reason: CameraFailure) {
    super(`camera: ${reason}`);
    this.name = 'CameraError';
  }
}

/** An open camera. Iterating over it gives the text of each code seen, of at most 2,048 characters, two in one picture at
 * most; a code that stays in sight is given once. Leaving the loop closes the camera. The loop throws a CameraError when the
 * camera stops by itself. */
export interface Scanner extends AsyncIterable<string> {
  /** Whether torch does something on this phone. */
  readonly hasTorch: boolean;
  /** Turns the light on or off; does nothing where there is none. */
  torch(on: boolean): Promise<void>;
  /** Has what is in sight given once more: for the next step, which wants another code than the last. */
  again(): void;
  /** Turns the camera off and ends the iteration. It may be called more than once. */
  close(): void;
}

/** A code that was out of sight for this long is given again. */
const againMillis = 1500;

/** A frame that was not answered after this long is given up, and the worker with it. */
const answerMillis = 10_000;

let worker: Worker | null = null;
let frames = 0; // sent so far, by every scanner

/** Starts to load what reads codes, so that it is there when a camera is opened. */
export function warmUp(): void {
  reader();
}

function reader(): Worker {
  worker ??= new Worker(new URL('./reader.ts', import.meta.url), { type: 'module', name: 'reader' });
  return worker;
}

/** Opens the back camera and plays it in the video, which should be muted and playsinline. It asks for leave where that
 * was not given yet, and rejects with a CameraError. When the signal aborts, the scanner is closed. */
export async function openScanner(video: HTMLVideoElement, options: { signal?: AbortSignal } = {}): Promise<Scanner> {
  const { signal } = options;
  warmUp();
  const stream = await openCamera();
  if (signal?.aborted) {
    stop(stream);
    throw new CameraError('failed');
  }
  video.srcObject = stream;
  try {
    await video.play();
  } catch {
    stop(stream);
    video.srcObject = null;
    throw new CameraError('failed');
  }
  const scanner = new OpenScanner(video, stream);
  signal?.addEventListener('abort', () => scanner.close(), { once: true });
  return scanner;
}

async function openCamera(): Promise<MediaStream> {
  if (!self.isSecureContext) {
    throw new CameraError('insecure');
  }
  if (!navigator.mediaDevices) {
    throw new CameraError('missing');
  }
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: { ideal: 'environment' }, width: { ideal: 1280 }, height: { ideal: 720 } },
    });
    // Cheap phones focus once, far away, unless they are told.
    await set(stream.getVideoTracks()[0], { focusMode: 'continuous' });
    return stream;
  } catch (e) {
    throw new CameraError(failureOf(e));
  }
}

function failureOf(e: unknown): CameraFailure {
  switch (e instanceof DOMException ? e.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'failed';
  }
}

// Image capture's constraints are not in TypeScript's library.
type Capability = { torch?: boolean; focusMode?: string };

async function set(track: MediaStreamTrack | undefined, wanted: Capability): Promise<void> {
  try {
    await track?.applyConstraints({ advanced: [wanted as MediaTrackConstraintSet] });
  } catch {
    // The camera does without it.
  }
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) {
    track.stop();
  }
}

class OpenScanner implements Scanner {
  readonly hasTorch: boolean;
  private readonly track: MediaStreamTrack | undefined;
  private closed = false;
  private failure: CameraError | null = null;
  private next: string[] = []; // seen and not given yet
  private wake: (() => void) | null = null;
  private readonly inSight = new Map<string, number>(); // text to when it was seen last, in milliseconds
  private id = 0; // of the frame that is being read
  private waiting: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly video: HTMLVideoElement, private readonly stream: MediaStream) {
    this.track = stream.getVideoTracks()[0];
    const able = (this.track?.getCapabilities?.() ?? {}) as { torch?: boolean };
    this.hasTorch = able.torch === true;
    this.track?.addEventListener('ended', () => {
      this.failure = new CameraError('busy'); // stop() of ours raises no such event
      this.close();
    });
    reader().addEventListener('message', this.answered);
    this.watch();
  }

  async torch(on: boolean): Promise<void> {
    if (this.hasTorch && !this.closed) {
      await set(this.track, { torch: on });
    }
  }

  again(): void {
    this.inSight.clear();
    this.next = [];
  }

  close(): void {
    if (this.closed) {
      return;
    }
    this.closed = true;
    if (this.waiting !== null) {
      clearTimeout(this.waiting);
    }
    worker?.removeEventListener('message', this.answered);
    stop(this.stream);
    if (this.video.srcObject === this.stream) {
      this.video.srcObject = null;
    }
    this.wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, void> {
    try {
      while (!this.closed) {
        const text = this.next.shift();
        if (text === undefined) {
          await new Promise<void>((resolve) => { this.wake = resolve; });
        } else {
          yield text;
        }
      }
    } finally {
      this.close();
    }
    if (this.failure) {
      throw this.failure;
    }
  }

  /** Sends the next frame that the camera has to the worker, one at a time. */
  private watch(): void {
    const once = () => void this.send();
    if (typeof this.video.requestVideoFrameCallback === 'function') {
      this.video.requestVideoFrameCallback(once);
    } else {
      requestAnimationFrame(once);
    }
  }

  private async send(): Promise<void> {
    if (this.closed) {
      return;
    }
    let bitmap: ImageBitmap;
    try {
      bitmap = await createImageBitmap(this.video);
    } catch {
      this.watch(); // it has no picture yet
      return;
    }
    if (this.closed) {
      bitmap.close();
      return;
    }
    const frame: Frame = { id: (this.id = ++frames), bitmap };
    this.waiting = setTimeout(() => this.replaceWorker(), answerMillis);
    reader().postMessage(frame, [bitmap]);
  }

  private readonly answered = ({ data }: MessageEvent<Reading>): void => {
    if (data.id !== this.id || this.closed) {
      return; // of a scanner that is closed
    }
    if (this.waiting !== null) {
      clearTimeout(this.waiting);
    }
    this.seen(data.texts, performance.now());
    this.watch();
  };

  private seen(texts: string[], now: number): void {
    for (const [text, at] of this.inSight) {
      if (now - at >= againMillis) {
        this.inSight.delete(text);
      }
    }
    const fresh = texts.filter((t) => !this.inSight.has(t));
    for (const text of texts) {
      this.inSight.set(text, now);
    }
    if (fresh.length > 0) {
      this.next = fresh; // what was not fetched by now is old
      this.wake?.();
    }
  }

  /** A reader that hangs, or was stopped for want of memory, is started anew. */
  private replaceWorker(): void {
    worker?.terminate();
    worker = null;
    reader().addEventListener('message', this.answered);
    this.watch();
  }
}
