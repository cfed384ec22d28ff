// An OpenID provider on the loopback interface.
//
// usage: node issuer.mjs KIND PORT KEYFILE
//
// KIND is "email", people who log in with an address, or "ci", the look-alike of
// GitHub Actions. It has discovery, the authorization code flow with PKCE and the
// device flow by oidc-provider; any name may log in, without a password. Like
// Sigstore's own provider, Dex, it takes any redirect to the loopback interface,
// and shows the code to who asks for that.
// Beside that it mints tokens for tests: see minting.mjs.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { Minter } from './minting.mjs';
import { readOrMakeKey } from './key.mjs';

const [kind, port, keyFile] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const key = readOrMakeKey(keyFile);

const address = (login) => (login.includes('@') ? login : `${login}@example.com`);

const provider = new Provider(issuer, {
  jwks: { keys: [key] },
  clients: [{
    client_id: 'sigstore',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
    response_types: ['code'],
    redirect_uris: ['http://localhost/auth/callback'],
  }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  // Fulcio reads the address from the ID token; by OpenID Connect's letter it
  // would be told only to who asks with the access token.
  conformIdTokenClaims: false,
  cookies: { keys: ['not secret: anybody may log in'] },
  features: { devInteractions: { enabled: true }, deviceFlow: { enabled: true } },
  ttl: { AccessToken: 600, DeviceCode: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
  findAccount: (_, login) => ({
    accountId: login,
    claims: () => ({ sub: login, email: address(login), email_verified: true }),
  }),
});

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
const SHOW_CODE = 'urn:ietf:wg:oauth:2.0:oob';
provider.Client.prototype.redirectUriAllowed = (uri) => {
  if (uri === SHOW_CODE) return true;
  const url = URL.canParse(uri) && new URL(uri);
  return url && url.protocol === 'http:' && LOOPBACK.has(url.hostname);
};

// What the Python client relies on, and Dex does: the client may name itself by
// HTTP's Basic authentication with an empty secret,
async function acceptEmptySecret(request) {
  const basic = /^Basic (\S+)$/i.exec(request.headers.authorization ?? '');
  const [name, secret] = basic ? Buffer.from(basic[1], 'base64').toString().split(':') : [];
  if (!name || secret) return;
  let text = '';
  for await (const part of request) text += part;
  request.body = { client_id: decodeURIComponent(name), ...Object.fromEntries(new URLSearchParams(text)) };
  delete request.headers.authorization;
}

// and the access token is the ID token.
provider.use(async (context, next) => {
  await next();
  if (context.path === '/token' && context.body?.id_token) context.body.access_token = context.body.id_token;
});

// Where there is nowhere to go back to, the code is shown.
provider.use(async (context, next) => {
  await next();
  const location = context.response.get('location');
  if (!location?.startsWith(SHOW_CODE)) return;
  context.response.remove('location');
  context.status = 200;
  context.type = 'text';
  context.body = new URL(location).searchParams.get('code');
});

const minter = await Minter.create(kind, issuer, key);
const provide = provider.callback();

createServer(async (request, response) => {
  const url = new URL(request.url, issuer);
  if (url.pathname.startsWith('/test/')) {
    await minter.answer(url, request, response);
    return;
  }
  if (url.pathname === '/token') await acceptEmptySecret(request);
  provide(request, response);
}).listen(Number(port), '127.0.0.1', () => console.log(`${issuer} is up`));
