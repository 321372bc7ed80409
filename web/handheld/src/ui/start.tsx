import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { HandheldAPI } from '../core/api';
import { useApp, useGround } from './app-context';
import { Camera } from './camera';
import type { Door } from './door';
import { explain } from './faults';
import type { Refusal } from './machine';
import { Body, Button, Notice, Title } from './parts';
import { Pictogram } from './pictogram';
import { deedPictures } from './refused';
import { refusalOf } from './refusal';
import { useText } from './text';
import { Who } from './more';
import { Warning } from './home';

/** The shortest code that can be one: 128 bits as 26 characters. */
export const codeLength = 26;

/** What is to be seen before a handheld is open. */
type Opening = { at: 'opening' } | { at: 'shut'; refusal: Refusal } | { at: 'welcome' } | { at: 'scan' } | { at: 'code' } | { at: 'working' };

/** Start opens the handheld of this phone, or enrols one. */
export function Start({ door, opened }: { door: Door; opened: (h: HandheldAPI) => void }): JSX.Element {
  const [o, setO] = useState<Opening>({ at: 'opening' });
  const [refusal, setRefusal] = useState<Refusal>();
  const trying = useRef(false);

  const open = () => {
    setO({ at: 'opening' });
    door.open().then(opened, (err: unknown) => {
      const r = refusalOf(err);
      setO(r.code === 'handheld_not_enrolled' ? { at: 'welcome' } : { at: 'shut', refusal: r });
    });
  };
  useEffect(open, [door]);

  const enrol = (text: string) => {
    if (trying.current) return;
    trying.current = true;
    setRefusal(undefined);
    setO({ at: 'working' });
    door
      .enrol(text)
      .then(opened, (err: unknown) => {
        setRefusal(refusalOf(err));
        setO({ at: 'welcome' });
      })
      .finally(() => {
        trying.current = false;
      });
  };

  switch (o.at) {
    case 'opening':
      return <Busy title="opening" />;
    case 'working':
      return <Busy title="enrol.working" />;
    case 'shut':
      return <Shut refusal={o.refusal} again={open} />;
    case 'welcome':
      return <Welcome refusal={refusal} scan={() => setO({ at: 'scan' })} type={() => setO({ at: 'code' })} />;
    case 'scan':
      return <EnrolScan onRead={enrol} back={() => setO({ at: 'welcome' })} type={() => setO({ at: 'code' })} />;
    case 'code':
      return <EnrolCode enrol={enrol} back={() => setO({ at: 'welcome' })} />;
  }
}

/** Plain is a frame before there is a handheld: title, language, body, what can be done. */
function Plain({
  of,
  heading,
  back,
  actions,
  children,
}: {
  of: string;
  heading: string;
  back?: () => void;
  actions?: JSX.Element;
  children: preact.ComponentChildren;
}): JSX.Element {
  const text = useText();
  return (
    <main class="screen">
      <div class="head">
        {back && (
          <button type="button" class="button icon" aria-label={text.say('back')} onClick={back}>
            <Pictogram name="back" />
          </button>
        )}
        <Title of={of}>{heading}</Title>
      </div>
      <Body>{children}</Body>
      {actions && <div class="actions">{actions}</div>}
    </main>
  );
}

/** Busy says that something is under way. */
function Busy({ title }: { title: 'opening' | 'enrol.working' }): JSX.Element {
  const text = useText();
  return (
    <main class="screen">
      <Body class="centre">
        <Pictogram name="wait" class="turning huge" />
        <Title of={title}>{text.say(title)}</Title>
      </Body>
    </main>
  );
}

/** Welcome asks for the office's code. */
function Welcome({ refusal, scan, type }: { refusal: Refusal | undefined; scan: () => void; type: () => void }): JSX.Element {
  const text = useText();
  const { install } = useGround();
  return (
    <Plain
      of="welcome"
      heading={text.say('enrol')}
      actions={
        <>
          <Button name="scan" look="main" onClick={scan}>
            {text.say('enrol.scan')}
          </Button>
          <Button name="keys" onClick={type}>
            {text.say('enrol.type')}
          </Button>
        </>
      }
    >
      {refusal && (
        <div role="alert">
          <Warning code={refusal.code} />
        </div>
      )}
      <div class="box middle">
        <Pictogram name="shop" />
        <p class="big">{text.say('enrol.hello')}</p>
        <p>{text.say('enrol.how')}</p>
      </div>
      {install && (
        <Button name="phone" onClick={install}>
          {text.say('settings.install')}
        </Button>
      )}
    </Plain>
  );
}

/** EnrolScan scans the office's code. */
function EnrolScan({ onRead, back, type }: { onRead: (s: string) => void; back: () => void; type: () => void }): JSX.Element {
  const text = useText();
  const { scanning } = useGround();
  return (
    <Plain
      of="enrolScan"
      heading={text.say('enrol.scan')}
      back={back}
      actions={
        <Button name="keys" onClick={type}>
          {text.say('enrol.type')}
        </Button>
      }
    >
      <Camera scanning={scanning} onRead={onRead} />
    </Plain>
  );
}

/** EnrolCode takes the office's code from the keyboard. */
function EnrolCode({ enrol, back }: { enrol: (text: string) => void; back: () => void }): JSX.Element {
  const text = useText();
  const [code, setCode] = useState('');
  const ready = code.replace(/[^0-9A-Za-z]/g, '').length >= codeLength;
  return (
    <Plain
      of="enrolCode"
      heading={text.say('enrol.type')}
      back={back}
      actions={
        <Button name="next" look="main" disabled={!ready} onClick={() => enrol(code)}>
          {text.say('next')}
        </Button>
      }
    >
      <label class="display">
        <span class="note">{text.say('enrol.label')}</span>
        <input
          value={code}
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          maxLength={2000}
          onInput={(e) => setCode(e.currentTarget.value)}
          onKeyDown={(e) => e.key === 'Enter' && ready && enrol(code)}
        />
      </label>
    </Plain>
  );
}

/** Shut says why the handheld of this phone cannot be opened. */
function Shut({ refusal, again }: { refusal: Refusal; again: () => void }): JSX.Element {
  const text = useText();
  const e = explain(refusal.code);
  return (
    <main class={`screen ended ${e.tone}`}>
      <Body alert>
        <Pictogram name={e.picture} />
        <Title of="shut">{text.find(`fault.${e.key}`)}</Title>
        <p class="todo">
          <Pictogram name={deedPictures[e.deed]} />
          <span>{text.find(`do.${e.deed}`)}</span>
        </p>
      </Body>
      <div class="actions">
        <Button name="undo" onClick={again}>
          {text.say('again')}
        </Button>
      </div>
    </main>
  );
}

/** Inactive is shown after enrolment, until a second person has activated the handheld and the first bundle is here. */
export function Inactive(): JSX.Element {
  const text = useText();
  const { auto, sync, online } = useApp();
  const asked = sync.problem !== undefined && !['handheld_request', 'no_network', 'bundle_missing'].includes(sync.problem.code);
  return (
    <Plain
      of="inactive"
      heading={text.say('inactive')}
      actions={
        <Button name="undo" look="main" disabled={sync.running} onClick={() => void auto.now()}>
          {text.say(sync.running ? 'send.running' : 'inactive.again')}
        </Button>
      }
    >
      <div class="box middle warn">
        <Pictogram name="alternate" />
        <p class="big">{text.say('inactive.who')}</p>
        <p>{text.say('inactive.how')}</p>
      </div>
      {!online && (
        <Notice name="noNetwork" tone="warn">
          {text.say('inactive.network')}
        </Notice>
      )}
      {asked && <Warning code={sync.problem!.code} />}
      <Who />
    </Plain>
  );
}

