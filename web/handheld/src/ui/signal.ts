/**
 * Sounds and vibration. Each outcome has its own, told apart without looking:
 * start is one short tone, success climbs, refusal falls and buzzes. A phone
 * without WebAudio or motor stays silent.
 */

/** What a signal can say. */
export type Signal = 'start' | 'success' | 'refuse' | 'tap';

/** A tone: hertz, and from when to when in seconds. */
type Tone = readonly [hertz: number, from: number, to: number];

const tones: Record<Signal, readonly Tone[]> = {
  tap: [],
  start: [[740, 0, 0.12]],
  success: [
    [523, 0, 0.14],
    [659, 0.15, 0.29],
    [1047, 0.3, 0.7],
  ],
  refuse: [
    [311, 0, 0.25],
    [196, 0.3, 0.8],
  ],
};

const buzz: Record<Signal, number[]> = {
  tap: [12],
  start: [40],
  success: [90, 60, 90, 60, 220],
  refuse: [350, 120, 350],
};

let context: AudioContext | undefined;

/** signal gives a signal; sound says whether it may be heard, it is always felt. */
export function signal(what: Signal, sound: boolean): void {
  try {
    // Before the first touch browsers refuse it, and say so on the console.
    if (navigator.userActivation?.hasBeenActive !== false) navigator.vibrate?.(buzz[what]);
  } catch {
    // No motor.
  }
  if (!sound || tones[what].length === 0 || typeof AudioContext === 'undefined') return;
  try {
    context ??= new AudioContext();
    void context.resume();
    for (const tone of tones[what]) play(context, tone, what === 'refuse' ? 'sawtooth' : 'triangle');
  } catch {
    // No sound is no reason to stop a sale.
  }
}

function play(c: AudioContext, [hertz, from, to]: Tone, type: OscillatorType): void {
  const osc = c.createOscillator();
  const gain = c.createGain();
  osc.type = type;
  osc.frequency.value = hertz;
  // A soft beginning and end: without them a phone's speaker clicks.
  gain.gain.setValueAtTime(0, c.currentTime + from);
  gain.gain.linearRampToValueAtTime(0.5, c.currentTime + from + 0.015);
  gain.gain.setValueAtTime(0.5, c.currentTime + to - 0.04);
  gain.gain.linearRampToValueAtTime(0, c.currentTime + to);
  osc.connect(gain).connect(c.destination);
  osc.start(c.currentTime + from);
  osc.stop(c.currentTime + to);
}
