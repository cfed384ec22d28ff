// ID tokens without a login, for tests.
//
//   GET /test/token      a token; each query parameter sets a claim, as JSON where
//                        it is JSON, or removes it where it is empty. Three set
//                        none: ttl=SECONDS (600; less than 0 is expired),
//                        key=unpublished signs with a key that nobody knows,
//                        alg=none does not sign.
//   GET /test/actions    the same for a job of GitHub Actions, as its endpoint
//                        answers: wants the header "Authorization: bearer TOKEN".
import { randomUUID } from 'node:crypto';
import { SignJWT, UnsecuredJWT, importJWK } from 'jose';
import { newKey } from './key.mjs';

// What a job may present; the endpoint is on the loopback interface.
const REQUEST_TOKEN = 'stack-request-token';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const WORKFLOW = 'acme/model/.github/workflows/release.yml@refs/tags/v1.0';

const CLAIMS = {
  email: { sub: 'alice@example.com', email: 'alice@example.com', email_verified: true },
  ci: {
    sub: 'repo:acme/model:ref:refs/tags/v1.0',
    actor: 'alice',
    event_name: 'push',
    job_workflow_ref: WORKFLOW,
    job_workflow_sha: COMMIT,
    ref: 'refs/tags/v1.0',
    repository: 'acme/model',
    repository_id: '1001',
    repository_owner: 'acme',
    repository_owner_id: '1002',
    repository_visibility: 'public',
    run_attempt: '1',
    run_id: '1003',
    runner_environment: 'github-hosted',
    sha: COMMIT,
    workflow: 'release',
    workflow_ref: WORKFLOW,
    workflow_sha: COMMIT,
  },
};

function jsonOrText(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export class Minter {
  static async create(kind, issuer, key) {
    const minter = new Minter();
    minter.kind = kind;
    minter.issuer = issuer;
    minter.keys = { stack: await importJWK(key), unpublished: await importJWK(newKey('unpublished')) };
    return minter;
  }

  // The claims of a token that is valid from now on, but for what the query changes.
  claims(query) {
    const now = Math.floor(Date.now() / 1000);
    const { ttl = 600, ...changes } = query;
    const usual = { iss: this.issuer, aud: 'sigstore', iat: now, nbf: now, exp: now + Number(ttl), jti: randomUUID() };
    // An address decides the subject too, as it does where people log in.
    if (changes.email) usual.sub = changes.email;
    const all = { ...CLAIMS[this.kind], ...usual };
    for (const [name, value] of Object.entries(changes)) {
      if (value === '') delete all[name];
      else all[name] = jsonOrText(value);
    }
    return all;
  }

  async mint({ key = 'stack', alg = 'RS256', ...query }) {
    const claims = this.claims(query);
    if (alg === 'none') return new UnsecuredJWT(claims).encode();
    return new SignJWT(claims).setProtectedHeader({ alg, kid: 'stack', typ: 'JWT' }).sign(this.keys[key]);
  }

  async answer(url, request, response) {
    const query = Object.fromEntries(url.searchParams);
    try {
      if (url.pathname === '/test/token') response.end(await this.mint(query));
      else if (url.pathname === '/test/actions') await this.answerJob(query, request, response);
      else response.writeHead(404).end();
    } catch (problem) {
      // Claims that no token can have, such as a number that is none.
      response.writeHead(400).end(`${problem.message}\n`);
    }
  }

  async answerJob({ audience = 'https://github.com/acme', ...query }, request, response) {
    if (request.headers.authorization?.toLowerCase() !== `bearer ${REQUEST_TOKEN}`) {
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"message": "Unauthorized"}');
      return;
    }
    delete query['api-version'];
    const value = await this.mint({ ...query, aud: audience });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ count: value.length, value }));
  }
}
