import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { authenticator, Server, totp } from './sign-in';

// People come and sign in, in Chromium with an authenticator of its own, against the real program on a folder in earnest.

/** Nothing of the page is cut off at its side, and nothing it tried was against its policy. */
async function fits(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
}

const shots = process.env['JATE_OFFICE_SHOTS'];
async function shot(page: Page, name: string): Promise<void> {
  await fits(page);
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

test.use({ launchOptions: { executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] } });

for (const [device, viewport] of [['phone', { width: 360, height: 740 }], ['laptop', { width: 1280, height: 800 }]] as const) {
  test.describe(device, () => {
    test.use({ viewport, locale: 'en-GB' });

    test('the first administrator comes, invites somebody, and both sign in', async ({ page, browser }) => {
      const server = await Server.start();
      const wrong: string[] = [];
      page.on('console', (m) => { if (m.type() === 'error' && !m.text().includes('401') && !m.text().includes('403') && !m.text().includes('400')) wrong.push(m.text()); });
      page.on('pageerror', (e) => wrong.push(e.message));
      try {
        await authenticator(page);
        await page.goto(server.url);
        await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
        await shot(page, `${device}-1-sign-in`);
        await page.getByLabel('Sign-in name').fill('nobody');
        await page.getByLabel('Password').fill('not a password of anybody');
        await page.getByLabel('Code').fill('000000');
        await page.getByRole('button', { name: 'Sign in', exact: true }).click();
        await expect(page.getByText('is not right')).toBeVisible();
        await page.getByRole('link', { name: 'I have an invitation' }).click();
        await page.getByLabel('Code of the invitation').fill(server.code.toLowerCase());
        await page.getByRole('button', { name: 'Continue' }).click();
        await page.getByLabel('Sign-in name').fill('awa');
        await page.getByLabel('Programme').fill('mopti-2026');
        await shot(page, `${device}-2-invitation`);
        await page.getByRole('button', { name: 'Continue' }).click();
        await expect(page.getByRole('button', { name: 'Make a passkey' })).toBeVisible();
        await shot(page, `${device}-3-factor`);
        await page.getByRole('button', { name: 'Make a passkey' }).click();
        await expect(page.getByRole('heading', { name: 'Recovery codes' })).toBeVisible();
        await expect(page.locator('ul.codes li')).toHaveCount(10);
        await shot(page, `${device}-4-codes`);
        await page.getByRole('button', { name: 'I have written them down' }).click();
        await expect(page.getByRole('heading', { name: 'My account' })).toBeVisible();
        await expect(page.getByText('administrator')).toBeVisible();
        await shot(page, `${device}-5-account`);

        // The cookie is for this host alone, and no script sees it.
        const cookie = (await page.context().cookies()).find((c) => c.name === '__Host-sid');
        expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', path: '/' });
        expect(await page.evaluate(() => document.cookie)).toBe('');
        expect(await page.evaluate(() => Object.keys(localStorage).sort())).toEqual(['language']);

        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
        await expect(page.getByRole('heading', { name: 'My account' })).toBeVisible();

        // She invites Ben, in French, who takes a password and codes.
        const invited = await page.evaluate(async () => {
          const r = await fetch('/api/v1/staff', { method: 'POST', headers: { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() }, body: '{"language":"fr"}' });
          return await r.json() as { link: string; code: string; member: { id: string } };
        });
        const other = await browser.newContext({ viewport, locale: 'fr-FR' });
        const ben = await other.newPage();
        await ben.goto(invited.link);
        await ben.getByRole('button', { name: 'Continuer' }).click();
        await ben.getByLabel('Identifiant').fill('ben');
        expect(ben.url()).not.toContain(invited.code);
        await ben.getByRole('button', { name: 'Continuer' }).click();
        const secret = await ben.locator('code').innerText();
        await ben.getByLabel('Nouveau mot de passe').fill('trois chèvres au marché');
        await ben.getByLabel('Code', { exact: true }).fill(totp(secret));
        await shot(ben, `${device}-6-facteur`);
        await ben.getByRole('button', { name: 'Utiliser un mot de passe et des codes' }).click();
        await expect(ben.locator('ul.codes li')).toHaveCount(10);
        const codes = await ben.locator('ul.codes li').allInnerTexts();
        await ben.getByRole('button', { name: 'Je les ai notés' }).click();
        await expect(ben.getByText('Aucun rôle pour l’instant')).toBeVisible();
        await ben.getByRole('button', { name: 'Se déconnecter' }).click();
        await ben.getByLabel('Identifiant').fill('ben');
        await ben.getByLabel('Mot de passe').fill('trois chèvres au marché');
        await ben.getByLabel('Code', { exact: true }).fill(codes[0]!);
        await ben.getByRole('button', { name: 'Se connecter', exact: true }).click();
        await expect(ben.getByText('Un code de secours a été utilisé.')).toBeVisible();
        await expect(ben.getByText('9 restants')).toBeVisible();
        await shot(ben, `${device}-7-compte`);
        await authenticator(ben);
        await ben.getByRole('button', { name: 'Ajouter une clé d’accès' }).click();
        await expect(ben.locator('li', { hasText: 'Clé d’accès' })).toBeVisible();
        await other.close();

        // What her passkey agrees to is on the page in words, and is what has the digest: another content is refused.
        const digest = await page.evaluate(async (member) => {
          const r = await fetch('/api/v1/grants', { method: 'POST', headers: { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() },
            body: JSON.stringify({ member, role: 'registrar' }) });
          return (await r.json() as { digest: string }).digest;
        }, invited.member.id);
        await page.goto(`${server.url}#approve?digest=${digest}`);
        await expect(page.getByRole('heading', { name: 'Role of a person' })).toBeVisible();
        await expect(page.locator('li', { hasText: 'Role' })).toContainText('registrar');
        await shot(page, `${device}-9-approve`);
        await page.getByRole('button', { name: 'Français' }).click();
        await expect(page.getByRole('heading', { name: 'Rôle d’une personne' })).toBeVisible();
        await shot(page, `${device}-9-approuver`);
        await page.getByRole('button', { name: 'English' }).click();
        await page.getByRole('button', { name: 'Approve with my passkey' }).click();
        await expect(page.getByText('It counts for five minutes')).toBeVisible();
        await page.route('**/api/v1/approvals/contents/*', async (route) => {
          const answer = await route.fetch();
          const content = await answer.json() as { text: string };
          await route.fulfill({ response: answer, json: { ...content, text: content.text.replace('registrar', 'auditor') } });
        });
        await page.goto(`${server.url}#account`);
        await page.goto(`${server.url}#approve?digest=${digest}`);
        await expect(page.getByText('sent something else')).toBeVisible();
        await expect(page.getByRole('button', { name: 'Approve with my passkey' })).toHaveCount(0);
        await page.unroute('**/api/v1/approvals/contents/*');

        // A program shows a code; Awa proves again who she is if it has been a while.
        await page.goto(`${server.url}#device`);
        await page.getByLabel('Code that the program shows').fill('BCDF-GHJK');
        await shot(page, `${device}-8-device`);
        await page.getByRole('button', { name: 'Let it sign in' }).click();
        await expect(page.getByText('is not known')).toBeVisible();
        expect(wrong.filter((w) => !w.includes('status of 4'))).toEqual([]);
      } finally {
        server.stop();
      }
    });
  });
}
