import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { useGround } from './app-context';
import type { Drawing } from './drawings';
import { Pictogram } from './pictogram';
import { hasPrompt, hush, speak } from './prompts';
import { useText } from './text';
import type { Key } from '../i18n/languages';

/** What a button looks like and does. */
export interface ButtonProps {
  /** its pictogram */
  name: Drawing;
  onClick: () => void;
  /** main: the one to take; good and bad: it ends a sale well, or undoes something */
  look?: 'main' | 'good' | 'bad';
  small?: boolean;
  disabled?: boolean;
  /** for one that stays down */
  pressed?: boolean;
  children: ComponentChildren;
}

/** Button is a pictogram and a word. */
export function Button({ name, onClick, look, small, disabled, pressed, children }: ButtonProps): JSX.Element {
  return (
    <button
      type="button"
      class={`button ${look ?? ''} ${small ? 'small' : ''}`}
      disabled={disabled}
      aria-pressed={pressed}
      onClick={onClick}
    >
      <Pictogram name={name} />
      <span>{children}</span>
    </button>
  );
}

/** IconButton is a pictogram alone, with its word for who listens. */
export function IconButton({ name, label, onClick }: { name: Drawing; label: string; onClick: () => void }): JSX.Element {
  return (
    <button type="button" class="button icon" aria-label={label} onClick={onClick}>
      <Pictogram name={name} />
    </button>
  );
}

/** Tile is a big pictogram over its word: one of a few choices. */
export function Tile({
  name,
  colour = '',
  chosen,
  badge = 0,
  onClick,
  children,
}: {
  name: Drawing;
  colour?: string;
  /** how many wait behind it; said by the status bar, so shown only */
  badge?: number;
  chosen?: boolean;
  onClick: () => void;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <button type="button" class={`tile ${colour} ${chosen ? 'chosen' : ''}`} aria-pressed={chosen} onClick={onClick}>
      <Pictogram name={name} />
      <span>{children}</span>
      {badge > 0 && (
        <b class="badge" aria-hidden="true">
          {badge}
        </b>
      )}
    </button>
  );
}

/**
 * Title is a screen's heading. It takes the focus when the screen appears, so that
 * who listens hears where they are, and plays the screen's recording if there is
 * one.
 */
export function Title({ of, prompt, children }: { of: string; prompt?: Key; children: ComponentChildren }): JSX.Element {
  const { lang } = useText();
  const { sound } = useGround().prefs;
  const heading = useRef<HTMLHeadingElement>(null);
  // Before it is painted: what is touched or typed at once must not still go to the screen before.
  useLayoutEffect(() => {
    heading.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [of]);
  useEffect(() => {
    if (sound && prompt) speak(lang, prompt);
    return hush;
  }, [of]);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}

/** What a screen is made of. */
export interface FrameProps {
  /** what tells it from the screen before, so that its heading takes the focus once */
  of: string;
  /** the key of its title, under which its recording is named too */
  title: Key;
  /** the title, where it is more than the sentence of that key */
  heading?: string;
  /** without a way back */
  root?: boolean;
  /** what can be done, at the bottom or the side */
  actions?: ComponentChildren;
  wide?: boolean;
  /** with a keypad, which lies beside the rest on a low, wide screen */
  typing?: boolean;
  children: ComponentChildren;
}

/** Frame lays a screen out: title with a way back, body, and what can be done. */
export function Frame({ of, title, heading, root, actions, wide, typing, children }: FrameProps): JSX.Element {
  const text = useText();
  const app = useGround();
  return (
    <main class={`screen ${wide || !actions ? 'wide' : ''} ${typing ? 'typing' : ''}`}>
      <div class="head">
        {!root && <IconButton name="back" label={text.say('back')} onClick={() => app.back()} />}
        <Title of={of} prompt={title}>
          {heading ?? text.say(title)}
        </Title>
        {hasPrompt(text.lang, title) && (
          <IconButton name="sound" label={text.say('listen')} onClick={() => speak(text.lang, title)} />
        )}
      </div>
      <Body>{children}</Body>
      {actions && <div class="actions">{actions}</div>}
    </main>
  );
}

/**
 * Body is the part of a screen that scrolls. Where nothing in it takes the focus
 * it does so itself, or a keyboard could not reach what lies below.
 */
export function Body({ class: cls, alert, children }: { class?: string; alert?: boolean; children: ComponentChildren }): JSX.Element {
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const el = body.current!;
    const look = () => {
      if (el.scrollHeight > el.clientHeight && !el.querySelector('button, input, textarea')) el.tabIndex = 0;
      else el.removeAttribute('tabindex');
    };
    look();
    const changes = new MutationObserver(look);
    changes.observe(el, { childList: true, subtree: true, characterData: true });
    addEventListener('resize', look);
    return () => {
      changes.disconnect();
      removeEventListener('resize', look);
    };
  }, []);
  return (
    <div ref={body} class={`body ${cls ?? ''}`} role={alert ? 'alert' : undefined}>
      {children}
    </div>
  );
}

/** Notice is a pictogram and a sentence that should not be missed. */
export function Notice({
  name,
  tone,
  children,
}: {
  name: Drawing;
  tone: 'fine' | 'warn' | 'halt';
  children: ComponentChildren;
}): JSX.Element {
  return (
    <div class={`box ${tone}`}>
      <Pictogram name={name} />
      <div>{children}</div>
    </div>
  );
}

/** TextField takes letters and digits, such as a code; two rows, so that groups stay large on a small screen. */
export function TextField({
  label,
  value,
  max,
  onInput,
  onEnter,
}: {
  label: string;
  value: string;
  max: number;
  onInput: (typed: string) => void;
  onEnter: () => void;
}): JSX.Element {
  return (
    <label class="display">
      <span class="note">{label}</span>
      <textarea
        rows={2}
        value={value}
        autocomplete="off"
        autocapitalize="characters"
        spellcheck={false}
        maxLength={max}
        onInput={(e) => onInput(e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key !== 'Enter') return;
          e.preventDefault();
          onEnter();
        }}
      />
    </label>
  );
}

/** The length of a code of the office: 128 bits as 26 letters and digits. */
export const codeLength = 26;

/** inFives writes a code as the office prints it, in groups of five; anything longer or else is left as it is. */
export function inFives(code: string): string {
  const plain = code.replace(/[\s-]/g, '').toUpperCase();
  return /^[A-Z2-7]*$/.test(plain) && plain.length <= codeLength ? plain.replace(/(.{5})(?=.)/g, '$1-') : code;
}

/** isCode reports whether a text can be a code of the office. */
export function isCode(code: string): boolean {
  return code.replace(/[\s-]/g, '').length >= codeLength;
}

/** Fact is a row of a table: what, and how much. */
export function Fact({
  name,
  label,
  total,
  children,
}: {
  name?: Drawing;
  label: string;
  total?: boolean;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <div class={`fact ${total ? 'total' : ''}`}>
      <dt>
        {name && <Pictogram name={name} />}
        {label}
      </dt>
      <dd>{children}</dd>
    </div>
  );
}
