// What the office's books say, asked of the server.

import type { Office, PrintedCard } from './office';

interface Amount { amount: string; asset: string }

/** Francs of sales that the office accepted of a trader and that are in no claim yet. */
export async function redeemed(office: Office, vendor = 'shop-1'): Promise<number> {
  const s = await office.api<{ redeemed: Amount[] }>('chi', 'GET', `/vendors/${vendor}/summary`);
  return s.redeemed.reduce((sum, a) => sum + Number(a.amount), 0);
}

/** The state of each receipt that names a card. */
export async function receiptsOf(office: Office, card: PrintedCard): Promise<string[]> {
  const list = await office.api<{ items: { kind: string; state: string }[] }>('chi', 'GET', `/vouchers/${card.serial}/receipts`);
  return list.items.filter((r) => r.kind === 'evr+jwt').map((r) => r.state);
}

/** A handheld's state at the office. */
export async function stateOf(office: Office, handheld: string): Promise<string> {
  return (await office.api<{ state: string }>('chi', 'GET', `/handhelds/${handheld}`)).state;
}

/** Stops the server and has the program recompute everything; its last line. */
export async function verify(office: Office): Promise<string> {
  await office.stop();
  return office.run('verify', '--data', 'office').trim().split('\n').at(-1) ?? '';
}
