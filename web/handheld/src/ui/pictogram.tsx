import type { JSX } from 'preact';
import { drawings, type Drawing } from './drawings';

/*
 * A drawing is a line of strokes, each a letter and its numbers:
 *
 *   D x,y,r          disc                 I  ink from here on
 *   R x,y,r,w        ring, w wide         P  paper from here on
 *   O x,y,rx,ry      oval
 *   C x,y,rx,ry,a,b,w  part of an oval from angle a to b, in degrees,
 *                    counterclockwise from three o'clock
 *   B x,y,w,h,r      box with corners of radius r
 *   A x,y,x,y…       area
 *   L w,x,y,x,y…     line, w wide
 */

/** Ink is the text's colour, paper the colour of what the pictogram lies on. */
const ink = 'currentColor';
const paper = 'var(--paper)';

/** arc returns the path of a part of an oval. SVG's y grows downwards. */
function arc([x, y, rx, ry, from, to]: number[]): string {
  const at = (deg: number) => {
    const a = (deg * Math.PI) / 180;
    return `${(x! + rx! * Math.cos(a)).toFixed(2)} ${(y! - ry! * Math.sin(a)).toFixed(2)}`;
  };
  return `M${at(from!)}A${rx} ${ry} 0 ${to! - from! > 180 ? 1 : 0} 0 ${at(to!)}`;
}

function stroke(op: string, n: number[], colour: string): JSX.Element | null {
  switch (op) {
    case 'D':
      return <circle cx={n[0]} cy={n[1]} r={n[2]} fill={colour} />;
    case 'R':
      return <circle cx={n[0]} cy={n[1]} r={n[2]} stroke={colour} stroke-width={n[3]} />;
    case 'O':
      return <ellipse cx={n[0]} cy={n[1]} rx={n[2]} ry={n[3]} fill={colour} />;
    case 'C':
      return <path d={arc(n)} stroke={colour} stroke-width={n[6]} />;
    case 'B':
      return <rect x={n[0]} y={n[1]} width={n[2]} height={n[3]} rx={n[4]} fill={colour} />;
    case 'A':
      return <polygon points={n.join(' ')} fill={colour} />;
    case 'L':
      return <polyline points={n.slice(1).join(' ')} stroke={colour} stroke-width={n[0]} />;
  }
  return null;
}

/** Pictogram draws one of our drawings. It says nothing aloud: the word beside it does. */
export function Pictogram({ name, class: cls }: { name: Drawing; class?: string }): JSX.Element {
  let colour = ink;
  const parts = drawings[name].split(' ').map((s) => {
    if (s === 'I') colour = ink;
    if (s === 'P') colour = paper;
    return stroke(s[0]!, s.slice(1).split(',').map(Number), colour);
  });
  const flips = name === 'back' || name === 'next' || name === 'erase' || name === 'undo';
  return (
    <svg
      class={`pictogram${flips ? ' flips' : ''}${cls ? ` ${cls}` : ''}`}
      viewBox="0 0 24 24"
      fill="none"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {parts}
    </svg>
  );
}
