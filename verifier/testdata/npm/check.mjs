// Reads {jwks, tokens, kid, payload, list, indexes} as JSON on standard input.
// Opens each token with npm jose, signs the payload with new keys of its own,
// and reads the list with zlib. Prints {payloads, signed, set}.
import { createLocalJWKSet, compactVerify, CompactSign, generateKeyPair, exportJWK } from 'jose';
import { gunzipSync } from 'node:zlib';
import { text } from 'node:stream/consumers';

const { jwks, tokens, kid, payload, list, indexes } = JSON.parse(await text(process.stdin));
const algorithms = ['ES256', 'EdDSA', 'RS256'];
const keys = createLocalJWKSet(jwks);

// A payload for each token that verifies, null for each that does not.
const payloads = [];
for (const token of tokens) {
  try {
    const { payload } = await compactVerify(token, keys, { algorithms });
    payloads.push(new TextDecoder().decode(payload));
  } catch {
    payloads.push(null);
  }
}

const signed = [];
for (const alg of algorithms) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const token = await new CompactSign(new TextEncoder().encode(payload))
    .setProtectedHeader({ alg, kid, typ: 'vc+jwt' })
    .sign(privateKey);
  signed.push({ jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }, token });
}

// W3C Bitstring Status List §3.2: index 0 is the left-most bit.
const bytes = gunzipSync(Buffer.from(list.slice(1), 'base64url'));
const set = indexes.filter((i) => (bytes[i >> 3] >> (7 - (i & 7))) & 1);

console.log(JSON.stringify({ payloads, signed, set }));
