import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useApp } from './app-context';
import { Fact } from './parts';
import { useText } from './text';

/** Who says whose handheld it is, by the ids that the office knows. */
export function Who(): JSX.Element {
  const text = useText();
  const { identity } = useApp().status;
  const seller = identity.purpose === 'sales';
  return (
    <dl class="facts">
      <Fact name={seller ? 'shop' : 'cards'} label={text.say(seller ? 'who.shop' : 'who.officer')}>
        {seller ? identity.vendor : identity.programme}
      </Fact>
      <Fact name="phone" label={text.say('who.handheld')}>
        {identity.handheld}
      </Fact>
    </dl>
  );
}

/** Fingerprint shows eight digits that the office shows too: the keys that this handheld believes are its own. */
export function Fingerprint(): JSX.Element | null {
  const text = useText();
  const { h } = useApp();
  const [digits, setDigits] = useState('');
  useEffect(() => {
    let stale = false;
    // Without it two people compare the number of the phone alone.
    h.fingerprint().then(
      (d) => !stale && setDigits(d),
      () => undefined,
    );
    return () => {
      stale = true;
    };
  }, [h]);
  if (!digits) return null;
  return (
    <dl class="facts">
      <Fact name="key" label={text.say('who.keys')}>
        {digits}
      </Fact>
    </dl>
  );
}
