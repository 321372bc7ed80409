import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useApp } from './app-context';
import { explain } from './faults';
import { Button, Fact, Frame, Notice } from './parts';
import { Pictogram } from './pictogram';
import { useText } from './text';
import { Warning } from './home';
import { Totals } from './day';

/** Send shows what waits to be sent and how the sending goes; it goes by itself where there is a network. */
export function Send(): JSX.Element {
  const text = useText();
  const { status, sync, auto, online, now, go, signal, announce } = useApp();
  const [asked, setAsked] = useState(false);
  const { unsynced, unsyncedSince, policy, exposure } = status;
  const p = sync.progress;
  const seller = status.identity.purpose === 'sales';
  const send = async () => {
    setAsked(true);
    signal('start');
    await auto.now();
    const ok = auto.state.problem === undefined;
    signal(ok ? 'success' : 'refuse');
    announce(ok ? text.say('send.done') : (text.find(`fault.${explain(auto.state.problem!.code).key}`) ?? ''));
  };
  return (
    <Frame
      of="send"
      title="send"
      actions={
        <>
          <Button name="send" look="main" disabled={sync.running} onClick={() => void send()}>
            {text.say(sync.running ? 'send.running' : 'send.now')}
          </Button>
          {unsynced > 0 && (!online || sync.problem) && (
            <Button name="carry" onClick={() => go({ at: 'files' })}>
              {text.say('send.file')}
            </Button>
          )}
        </>
      }
    >
      <div class={`box middle ${unsynced === 0 ? 'fine' : 'warn'}`}>
        <Pictogram name={sync.running ? 'wait' : unsynced === 0 ? 'yes' : 'send'} class={sync.running ? 'turning' : ''} />
        <p class="amount">{unsynced}</p>
        <p>{text.count('send.waiting', unsynced)}</p>
        {unsynced > 0 && <p>{text.say('send.since', { age: text.age(new Date(unsyncedSince * 1000), now) })}</p>}
        {sync.running && p && (
          <p role="status">
            {text.say(`send.${p.phase}`, { n: p.sent, of: p.of })}
          </p>
        )}
      </div>
      {!online && (
        <Notice name="noNetwork" tone="warn">
          {text.say('send.noNetwork')}
        </Notice>
      )}
      {sync.problem && !sync.running && (online || asked) && <Warning code={sync.problem.code} />}
      {status.warnings.map((w) => (w.code === sync.problem?.code ? null : <Warning key={w.code} code={w.code} />))}
      {seller && <Totals />}
      <dl class="facts">
        {seller && policy && unsynced > 0 && (
          <>
            <Fact name="send" label={text.say('send.limitCount')}>
              {exposure.count} / {policy.count}
            </Fact>
            <Fact name="cash" label={text.say('send.limitSum')}>
              {text.money(exposure.francs)} / {text.money(policy.sum)}
            </Fact>
          </>
        )}
        <Fact name="clock" label={text.say('send.last')}>
          {sync.doneAt > 0 ? text.age(new Date(sync.doneAt * 1000), now) : text.say('none')}
        </Fact>
        <Fact name="bundle" label={text.say('bar.bundle')}>
          {status.snapshot > 0 ? text.age(new Date(status.snapshot * 1000), now) : text.say('none')}
        </Fact>
      </dl>
    </Frame>
  );
}
