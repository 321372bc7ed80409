import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { authenticator, Server, totp } from './sign-in';

// People sign in at their organisation's OpenID provider: oidc-provider in earnest, from our sign-in page and back to it.

test.use({ launchOptions: { executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] }, viewport: { width: 360, height: 740 }, locale: 'en-GB' });

const shots = process.env['JATE_OFFICE_SHOTS'];
async function shot(page: Page, name: string): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  if (shots) await page.screenshot({ path: join(shots, `provider-${name}.png`), fullPage: true });
}

/** The provider, which may send browsers back to a port of ours, and its issuer. */
async function provider(port: number): Promise<{ process: ChildProcess; issuer: string }> {
  const process = spawn('node', ['test/provider/op.mjs', `http://localhost:${port}/office/provider-ngo`]);
  const issuer = await new Promise<string>((resolve, reject) => {
    process.on('exit', () => reject(new Error('the provider did not start')));
    process.stdout.on('data', (b: Buffer) => { const found = /^(http\S+)/m.exec(b.toString()); if (found) resolve(found[1]!); });
  });
  process.removeAllListeners('exit');
  return { process, issuer };
}

/** What somebody does at the provider's pages. */
async function there(page: Page, login: string): Promise<void> {
  await page.getByPlaceholder('Enter any login').fill(login);
  await page.getByPlaceholder('and password').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

test('somebody signs in at the organisation’s provider', async ({ page, browser }) => {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const op = await provider(port);
  const server = await Server.start((folder) => {
    writeFileSync(join(folder, 'pass', 'provider-ngo.txt'), 'a secret of both\n', { mode: 0o600 });
    return ['--development', '--name', 'Santé Mali', '--issuer', op.issuer, '--client-id', 'jate', 'ngo'];
  }, port);
  const wrong: string[] = []; // but a font that the provider's page wants from elsewhere
  page.on('console', (m) => { if (m.type() === 'error' && !m.text().includes('status of 4') && !m.text().includes('NAME_NOT_RESOLVED')) wrong.push(m.text()); });
  page.on('pageerror', (e) => wrong.push(e.message));
  try {
    await authenticator(page);
    await page.goto(`${server.url}#invitation`);
    await page.getByLabel('Code of the invitation').fill(server.code);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByLabel('Sign-in name').fill('awa');
    await page.getByLabel('Programme').fill('mopti-2026');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('button', { name: 'Make a passkey' }).click();
    const codes = await page.locator('ul.codes li').allInnerTexts();
    await page.getByRole('button', { name: 'I have written them down' }).click();

    // Awa links what her organisation knows of her, and signs in with it: her roles wait for the passkey.
    await page.getByRole('button', { name: 'Link Santé Mali' }).click();
    await there(page, 'awa-of-ngo');
    await expect(page.locator('li', { hasText: 'Sign-in by your organisation' })).toBeVisible();
    await shot(page, '1-account');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await shot(page, '2-sign-in');
    await page.getByRole('button', { name: 'Sign in with Santé Mali' }).click();
    await page.waitForURL(/#account/); // the provider knows her still
    await expect(page.getByText('Your organisation knows you. Type a code as well.')).toBeVisible();
    expect(page.url()).not.toMatch(/code|state/);
    await shot(page, '3-code');
    await page.getByLabel('Code', { exact: true }).fill(codes[0]!);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(page.getByText('Your roles count only once you sign in with a passkey.')).toBeVisible();
    await page.getByRole('button', { name: 'Use my passkey now' }).click();
    await expect(page.getByText('Your roles count only once')).toBeHidden();
    expect(await page.evaluate(() => [Object.keys(localStorage), Object.keys(sessionStorage), document.cookie])).toEqual([['language'], [], '']);

    // Ben is invited, in French, and takes his organisation's sign-in in the place of a password.
    const invited = await page.evaluate(async () => {
      const r = await fetch('/api/v1/staff', { method: 'POST', headers: { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() }, body: '{"language":"fr"}' });
      return await r.json() as { link: string };
    });
    const other = await browser.newContext({ viewport: { width: 360, height: 740 }, locale: 'fr-FR' });
    const ben = await other.newPage();
    await ben.goto(invited.link);
    await ben.getByRole('button', { name: 'Continuer' }).click();
    await ben.getByLabel('Identifiant').fill('ben');
    await ben.getByRole('button', { name: 'Continuer' }).click();
    await shot(ben, '4-facteur');
    await ben.getByRole('button', { name: 'Se connecter avec Santé Mali' }).click();
    await there(ben, 'ben-of-ngo');
    await expect(ben.getByText('Votre organisation vous connaît. Saisissez encore un code.')).toBeVisible();
    await shot(ben, '5-code');
    const secret = await ben.locator('code').innerText();
    await ben.getByLabel('Code', { exact: true }).fill(totp(secret, Date.now() - 30_000));
    await ben.getByRole('button', { name: 'Continuer' }).click();
    await ben.getByRole('button', { name: 'Je les ai notés' }).click();
    await expect(ben.getByText('Aucun rôle pour l’instant')).toBeVisible();
    await ben.getByRole('button', { name: 'Se déconnecter' }).click();
    await expect(ben.getByRole('button', { name: 'Se connecter avec Santé Mali' })).toBeVisible();
    await shot(ben, '6-connexion');

    // A program that waits for him is still there when he comes back.
    await ben.goto(`${server.url}#program?redirect_uri=http://127.0.0.1:9/&state=${'s'.repeat(20)}&code_challenge=${'c'.repeat(43)}`);
    await ben.getByRole('button', { name: 'Se connecter avec Santé Mali' }).click();
    await ben.getByLabel('Code', { exact: true }).fill(totp(secret));
    await ben.getByRole('button', { name: 'Se connecter', exact: true }).click();
    await expect(ben.getByText('Un programme veut se connecter')).toBeVisible();
    expect(ben.url()).toContain('redirect_uri');
    await ben.getByRole('button', { name: 'Se déconnecter' }).click();

    // Somebody else of the same organisation is nobody here.
    await other.clearCookies();
    await ben.goto(server.url);
    await ben.getByRole('button', { name: 'Se connecter avec Santé Mali' }).click();
    await there(ben, 'nobody');
    await expect(ben.getByText('aucun compte d’ici n’est lié à vous')).toBeVisible();
    await shot(ben, '7-inconnu');

    // Without the provider one signs in here.
    op.process.kill();
    await ben.getByRole('button', { name: 'Se connecter avec Santé Mali' }).click();
    await other.close();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await expect(page.getByRole('heading', { name: 'My account' })).toBeVisible();
    expect(wrong).toEqual([]);
  } finally {
    op.process.kill();
    server.stop();
  }
});
