import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { useApp } from './app-context';
import { AskPIN, PIN, Secret } from './factor';
import { EditItem, Goods } from './goods';
import { after, again, forgetFactor, type Draft, type Screen, type Step } from './machine';
import { refusalOf } from './refusal';
import { CardFound } from './sell';
import { Rest, Review, sent } from './settle';

/** Sale leads a sale from the card to the confirmation, one decision at a time. */
export function Sale({ step, draft, item }: { step: Step; draft: Draft; item?: string }): JSX.Element | null {
  const { h, go, timed } = useApp();
  const busy = useRef(false);
  const at = (s: Step, d: Draft): Screen => ({ at: 'sale', step: s, draft: d });
  const on = (d: Draft) => go(at(after(step, d), d));

  const weigh = async () => {
    try {
      const w = await h.weigh(draft.card, sent(draft.lines));
      const d = { ...forgetFactor(draft), cash: w.cash, shortfall: w.shortfall };
      if (w.fits) go(at(after('goods', d), d));
      else go({ at: 'refused', refusal: { code: 'goods_total', title: '' }, then: at('goods', draft) });
    } catch (err) {
      go({ at: 'refused', refusal: refusalOf(err), then: at('goods', draft) });
    }
  };

  const confirm = async () => {
    // A second touch must not become a second sale, however fast it comes.
    if (busy.current) return;
    busy.current = true;
    const began = performance.now();
    go({ at: 'saving', online: draft.online });
    const sale = {
      scan: draft.card.scan,
      factor: { secret: draft.secret, pin: draft.pin },
      lines: sent(draft.lines),
      cash: draft.cash,
      shortfall: draft.shortfall,
    };
    try {
      const sold = draft.online ? await h.sellOnline(sale) : await h.sell(sale);
      timed('sale-saved', performance.now() - began);
      timed('sale-in-all', performance.now() - draft.began);
      go({ at: 'sold', sold, online: draft.online });
    } catch (err) {
      const refusal = refusalOf(err);
      const left = refusal.triesLeft;
      const d = left === undefined ? draft : { ...draft, card: { ...draft.card, triesLeft: left } };
      go({ at: 'refused', refusal, then: again(refusal.code, d) });
    }
  };

  if (item !== undefined) {
    return <EditItem draft={draft} code={item} done={(lines) => go(at('goods', { ...draft, lines }))} />;
  }
  switch (step) {
    case 'card':
      return <CardFound draft={draft} next={() => on(draft)} />;
    case 'goods':
      return (
        <Goods
          draft={draft}
          change={(lines) => go(at('goods', { ...draft, lines }))}
          edit={(code) => go({ at: 'sale', step, draft, item: code })}
          done={() => void weigh()}
        />
      );
    case 'rest':
      return <Rest draft={draft} yes={() => on(draft)} no={() => go(at('goods', draft))} />;
    case 'secret':
      return <Secret card={draft.card} done={(secret) => on({ ...draft, secret })} />;
    case 'ask':
      return <AskPIN done={(hasPIN) => on({ ...draft, hasPIN })} />;
    case 'pin':
      return <PIN tries={draft.card.triesLeft} done={(pin) => on({ ...draft, pin })} />;
    case 'review':
      return <Review draft={draft} confirm={() => void confirm()} />;
  }
}
