// An OpenID provider in earnest (oidc-provider), for tests: node op.mjs REDIRECT [REDIRECT …]
// It knows one client, takes any password, and says on its first line where it is.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://localhost:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'jate', client_secret: 'a secret of both', redirect_uris: process.argv.slice(2), response_types: ['code'], grant_types: ['authorization_code'] }],
    cookies: { keys: ['of a test'] },
    // Everybody has the same address, which must count for nothing.
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: 'amadou@ngo.example', email_verified: true }) }),
    conformIdTokenClaims: false,
    claims: { openid: ['sub', 'email', 'email_verified'] },
  });
  server.on('request', provider.callback());
  process.stdout.write(`${issuer}\n`);
});
process.stdin.on('end', () => process.exit()).resume(); // never outlives its test
