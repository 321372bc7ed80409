import type { JSX } from 'preact';
import { EntryScreen, Today, Undo, Undone } from './day';
import { Files } from './files';
import type { Screen } from './machine';
import { Help, Logs, More, Office, Prices, Replace, Settings } from './more';
import { Send } from './send';
import { Left, OpenLot, Taken, TakeNumber, TakeReview, TakerReasonScreen, TakerScreen, TakeScan } from './take';

/** showRare draws a screen that no sale needs. */
export function showRare(s: Screen): JSX.Element | null {
  switch (s.at) {
    case 'send':
      return <Send />;
    case 'files':
      return <Files />;
    case 'today':
      return <Today />;
    case 'entry':
      return <EntryScreen seq={s.seq} />;
    case 'undo':
      return s.reason ? <Undo seq={s.seq} reason={s.reason} /> : <Undo seq={s.seq} />;
    case 'undone':
      return <Undone />;
    case 'more':
      return <More />;
    case 'office':
      return <Office />;
    case 'prices':
      return <Prices />;
    case 'help':
      return <Help />;
    case 'logs':
      return <Logs />;
    case 'replace':
      return <Replace />;
    case 'settings':
      return <Settings />;
    case 'take':
      return <Left opened={s.opened ?? 0} />;
    case 'openLot':
      return <OpenLot />;
    case 'takeScan':
      return <TakeScan handing={s.handing} />;
    case 'takeNumber':
      return <TakeNumber handing={s.handing} />;
    case 'taker':
      return <TakerScreen handing={s.handing} />;
    case 'takerReason':
      return <TakerReasonScreen handing={s.handing} />;
    case 'takeReview':
      return <TakeReview handing={s.handing} />;
    case 'taken':
      return <Taken count={s.count} />;
    default:
      return null;
  }
}
