import type { ComponentChildren, JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { HandheldAPI } from '../core/api';
import { useApp, useGround } from './app-context';
import { Camera } from './camera';
import type { Door } from './door';
import { explain } from './faults';
import type { Refusal } from './machine';
import { Body, Button, inFives, isCode, Notice, TextField, Title } from './parts';
import { Pictogram } from './pictogram';
import { deedPictures } from './refused';
import { refusalOf } from './refusal';
import { share } from './share';
import { useText } from './text';
import { Fingerprint, Who } from './who';
import { Warning } from './home';
import { Busy } from './settle';

/** What is to be seen before a handheld is open. */
type Opening = 'welcome' | 'scan' | 'code' | 'working';

/** Start says why the handheld of this phone cannot be opened; where there is none, it enrols one. */
export function Start({
  door,
  refusal,
  again,
  opened,
}: {
  door: Door;
  refusal: Refusal;
  again: () => void;
  opened: (h: HandheldAPI) => void;
}): JSX.Element {
  const [at, setAt] = useState<Opening>('welcome');
  const [refused, setRefused] = useState<Refusal>();
  const trying = useRef(false);

  const enrol = (text: string) => {
    if (trying.current) return;
    trying.current = true;
    setRefused(undefined);
    setAt('working');
    door
      .enrol(text)
      .then(opened, (err: unknown) => {
        const r = refusalOf(err);
        // What is no code at all is refused as a file; here it can only be the wrong code.
        setRefused(r.code === 'carrier_file' ? { code: 'enrolment_code', title: '' } : r);
        setAt('welcome');
      })
      .finally(() => {
        trying.current = false;
      });
  };

  if (refusal.code !== 'handheld_not_enrolled') return <Shut refusal={refusal} again={again} />;
  switch (at) {
    case 'working':
      return <Busy title="enrol.working" />;
    case 'welcome':
      return <Welcome refusal={refused} scan={() => setAt('scan')} type={() => setAt('code')} />;
    case 'scan':
      return <EnrolScan onRead={enrol} back={() => setAt('welcome')} type={() => setAt('code')} />;
    case 'code':
      return <EnrolCode enrol={enrol} back={() => setAt('welcome')} />;
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
  children: ComponentChildren;
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

/** Welcome asks for the office's code. */
function Welcome({ refusal, scan, type }: { refusal: Refusal | undefined; scan: () => void; type: () => void }): JSX.Element {
  const text = useText();
  const { install, prefs } = useGround();
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
      {prefs.was && (
        <Notice name="memory" tone="halt">
          {text.say('enrol.lost', { id: prefs.was })}
        </Notice>
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
  const ready = isCode(code);
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
      <TextField
        label={text.say('enrol.label')}
        value={code}
        max={2000}
        onInput={(typed) => setCode(inFives(typed))}
        onEnter={() => ready && enrol(code)}
      />
    </Plain>
  );
}

/** Shut says why the handheld of this phone cannot be opened; of a damaged journal it saves what can still be read. */
function Shut({ refusal, again }: { refusal: Refusal; again: () => void }): JSX.Element {
  const text = useText();
  const { announce } = useGround();
  const [said, setSaid] = useState('');
  const e = explain(refusal.code);
  const save = async () => {
    try {
      const copy = await (await import('../core/carrier')).salvage();
      if (!(await share(copy.name, copy.text))) return;
      const sentence = text.count('salvage.done', copy.records);
      setSaid(sentence);
      announce(sentence);
    } catch (err) {
      setSaid(text.find(`fault.${explain(refusalOf(err).code).key}`)!);
    }
  };
  return (
    <main class={`screen ended ${e.tone}`}>
      <Body alert>
        <Pictogram name={e.picture} />
        <Title of="shut">{text.find(`fault.${e.key}`)}</Title>
        <p class="todo">
          <Pictogram name={deedPictures[e.deed]} />
          <span>{text.find(`do.${e.deed}`)}</span>
        </p>
        {said && <p class="big">{said}</p>}
      </Body>
      <div class="actions">
        {refusal.code === 'handheld_journal' && (
          <Button name="file" onClick={() => void save()}>
            {text.say('salvage')}
          </Button>
        )}
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
  // That the handheld is not active yet is what the whole screen says.
  const known = ['handheld_request', 'no_network', 'bundle_missing'];
  const problem = sync.problem && !known.includes(explain(sync.problem.code).key) ? sync.problem.code : '';
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
      <Who />
      <Fingerprint />
      <Notice name="alternate" tone="warn">
        <p class="big">{text.say('inactive.who')}</p>
        <p>{text.say('inactive.how')}</p>
      </Notice>
      {!online && (
        <Notice name="noNetwork" tone="warn">
          {text.say('inactive.network')}
        </Notice>
      )}
      {problem && <Warning code={problem} />}
    </Plain>
  );
}

