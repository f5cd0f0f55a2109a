// The page that the second QR code of a paper opens. The signed summary is behind
// the # of the address, which a browser sends to nobody; it is read and checked in
// this tab, with the keys that came with the page. The format is that of the package
// verifier/summary. Where the camera of a page has read a code that opens another
// address, that address stands behind the # too, before the # of the code.
//
// Whatever the code holds is put into the page as text, and into one address: that of
// the certificate, whose id is of 26 letters and digits.

const box = document.querySelector("#summary");
const MAX = 4096; // bytes of the unpacked content, and more than any code holds
const HEAD = 35; // bytes before the payload
const ALGORITHMS = ["", "ES256", "EdDSA", "RS256"];
const LEEWAY = 60_000; // ms by which clocks may differ
const TEXTS = ["issuer", "verifier", "id", "list", "index", "flags", "number", "holder", "title", "code", "scheme", "edition", "body", "decider", "decided", "from", "until", "scope"];

let last = 0; // check that was begun last

if (box) {
  addEventListener("hashchange", start);
  start();
}

// start checks what is in the address now. What a check finds that another has
// overtaken is not shown.
async function start() {
  const mine = ++last;
  keepHash();
  show({ answer: "" });
  let found;
  try {
    found = await check(location.hash.slice(1));
  } catch (error) {
    console.warn("summary:", error);
    found = { answer: "unable" };
  }
  if (mine === last) {
    show(found);
  }
}

// keepHash lets the links to other languages bring the code along, which stays in the
// browser there as here.
function keepHash() {
  for (const link of document.querySelectorAll(".languages a")) {
    link.hash = location.hash;
  }
}

// check returns the answer, and what stands on the certificate if the signature fits.
async function check(text) {
  if (text === "") {
    return { answer: "none" };
  }
  const digits = text.slice(text.lastIndexOf("#") + 1);
  const scanned = text.slice(0, -digits.length - 1); // the address of the code, where this page is not it
  const bytes = /^1[0-9]{24,}$/.test(digits) && digits.length < 5 * MAX ? unpack(digits.slice(1)) : null;
  const malformed = { answer: "malformed" };
  if (!bytes || bytes.length < HEAD) {
    return malformed;
  }
  const algorithm = ALGORITHMS[bytes[0]];
  const length = 256 * bytes[33] + bytes[34];
  const payload = bytes.slice(HEAD, HEAD + length);
  const signature = bytes.slice(HEAD + length);
  const fits = algorithm === "RS256" ? signature.length >= 256 && signature.length <= 1024 : signature.length === 64;
  if (!algorithm || payload.length !== length || !fits) {
    return malformed;
  }
  if (typeof DecompressionStream === "undefined" || !globalThis.crypto?.subtle) {
    return { answer: "unable" };
  }
  const summary = read(await inflate(payload));
  if (!summary) {
    return malformed;
  }
  const issuer = JSON.parse(box.dataset.issuers).find((one) => one.id === summary.issuer);
  const id = `${summary.issuer}/keys/${base64(bytes.slice(1, 33))}`;
  const jwk = issuer?.keys.find((one) => one.kid === id);
  if (!jwk) {
    return { answer: "untrusted", values: { issuer: summary.issuer } };
  }
  // The key decides the algorithm. The header that was signed is put together again.
  const of = ofKey(jwk);
  if (!of || of.name !== algorithm) {
    return { answer: "altered" };
  }
  const header = JSON.stringify({ alg: of.name, kid: id, typ: "certificate-summary" });
  const input = new TextEncoder().encode(base64(new TextEncoder().encode(header)) + "." + base64(payload));
  let key;
  try {
    key = await crypto.subtle.importKey("jwk", of.jwk, of.algorithm, false, ["verify"]);
  } catch (error) {
    console.warn("summary: this browser does not know the algorithm", of.name, error);
    return { answer: "unable" };
  }
  if (!await crypto.subtle.verify(of.algorithm, key, signature, input)) {
    return { answer: "altered" };
  }
  // A code that opens another page than was signed is a copy that leads astray. Which
  // code has opened this page it cannot know: a body may have moved its service.
  const signed = summary.verifier + "/v";
  if (scanned && !samePage(scanned, signed)) {
    return { answer: "elsewhere", values: { opened: scanned } };
  }
  const here = location.origin + location.pathname;
  const moved = scanned || samePage(here, signed) || samePage(here, usual(signed)) ? {} : { here, signed };
  const now = Date.now();
  let answer = "genuine";
  if (now + LEEWAY < Date.parse(summary.from)) {
    answer = "early";
  } else if (summary.until && Math.floor(now / 1000) * 1000 > Date.parse(summary.until)) {
    answer = "expired";
  }
  return { answer, summary, values: { ...values(summary, issuer, id, now), ...moved } };
}

// samePage reports whether a reader with the address lands on the page that was signed.
// The addresses are compared as texts, as the package verifier/summary does.
function samePage(address, signed) {
  const plainly = (text) => text.replace(/\/$/, "").replace(/\/V$/, "/v").replace(/^[^/]*\/\/[^/]*/, (part) => part.replace(/[A-Z]/g, (c) => c.toLowerCase()));
  return plainly(address.replace(/\?(lang=[A-Za-z0-9-]{1,35})?$/, "")) === plainly(signed);
}

// usual writes an address as browsers do, without the port that it has anyway.
function usual(address) {
  try {
    return new URL(address).href;
  } catch {
    return address;
  }
}

// ofKey returns how WebCrypto checks with a published key: only its public members are
// taken, and there is one algorithm for each type of key (RFC 7518, RFC 8037).
function ofKey({ kty, crv, x, y, n, e }) {
  if (kty === "EC" && crv === "P-256") {
    return { name: "ES256", jwk: { kty, crv, x, y }, algorithm: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } };
  }
  if (kty === "OKP" && crv === "Ed25519") {
    return { name: "EdDSA", jwk: { kty, crv, x }, algorithm: { name: "Ed25519" } };
  }
  if (kty === "RSA") {
    return { name: "RS256", jwk: { kty, n, e }, algorithm: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } };
  }
  return null;
}

// unpack returns the bytes of the digits: seven of 17 each, and those that are left.
// It returns null for what no bytes are written as.
function unpack(digits) {
  const widths = [0, 3, 5, 8, 10, 13, 15, 17];
  const bytes = [];
  for (let i = 0; i < digits.length; i += 17) {
    const group = digits.slice(i, i + 17);
    const n = widths.indexOf(group.length);
    const value = BigInt(group);
    if (n < 0 || value >> BigInt(8 * n)) {
      return null;
    }
    for (let k = n - 1; k >= 0; k--) {
      bytes.push(Number((value >> BigInt(8 * k)) & 255n));
    }
  }
  return new Uint8Array(bytes);
}

function base64(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// inflate unpacks the payload, and gives up at more than any summary has: null.
async function inflate(payload) {
  const reader = new Blob([payload]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const all = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return new Uint8Array(all);
      }
      if (all.length + value.length > MAX) {
        await reader.cancel();
        return null;
      }
      all.push(...value);
    }
  } catch {
    return null; // not compressed, cut short, or with something behind it
  }
}

// read returns the members of the array by their names, or null for what is not
// written in the one way that a summary is.
function read(bytes) {
  let text, list;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes ?? new Uint8Array());
    list = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(list) || list.length < 17 || list.length > 18 || JSON.stringify(list) !== text) {
    return null;
  }
  const summary = {};
  for (const [i, value] of list.entries()) {
    const isNumber = TEXTS[i] === "index" || TEXTS[i] === "flags";
    if (isNumber ? !Number.isSafeInteger(value) || value < 0 : typeof value !== "string" || /[\u0000-\u001f\u007f\ufffd\u2028\u2029]/.test(value)) {
      return null;
    }
    summary[TEXTS[i]] = value;
  }
  const isTime = (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(value) && !Number.isNaN(Date.parse(value));
  const plain = /^[0-9A-HJKMNP-TV-Z]{26}$/.test(summary.id) && /^[\w.-]+$/.test(summary.list) && summary.flags <= 3 &&
    [summary.issuer, summary.verifier].every((address) => /^https?:\/\/[\w:/.~%[\]@!$'()*+,;=-]+$/.test(address)) && !summary.verifier.endsWith("/");
  const dated = isTime(summary.decided) && isTime(summary.from) && (summary.until === "" || isTime(summary.until));
  if (!plain || !dated || summary.until !== "" && Date.parse(summary.until) < Date.parse(summary.from)) {
    return null;
  }
  return summary.flags & 2 && summary.until === "" ? null : summary; // a competence certificate says when it expires
}

// values are what the page shows, by the names in data-fill.
function values(summary, issuer, key, now) {
  const days = Object.fromEntries(["decided", "from", "until"].map((name) => [name, day(summary[name].slice(0, 10))]));
  const device = new Date(now);
  const today = [device.getFullYear(), device.getMonth() + 1, device.getDate()].map((n) => String(n).padStart(2, "0")).join("-");
  return { ...summary, ...days, trusted: issuer.name || issuer.id, today: day(today), key, credential: `${summary.issuer}/certificates/${summary.id}` };
}

// day writes a day such as 2026-11-20 in the language of the page.
function day(text) {
  const [year, month, date] = text.split("-").map(Number);
  if (!date) {
    return "";
  }
  const { months, day, first } = box.dataset;
  return day.replace("{day}", date === 1 ? first : date).replace("{month}", JSON.parse(months)[month - 1]).replace("{year}", year).replace(" ", "\u00a0");
}

// visible replaces what has no ink and changes how those around it are read.
function visible(text) {
  return String(text).replace(/[\p{Cc}\p{Bidi_Control}]/gu, "\ufffd");
}

// show puts the answer into the page.
function show({ answer, summary, values = {} }) {
  const shown = (element, on) => { element.hidden = !on; };
  shown(document.querySelector("#opening"), answer === "none" || answer === "");
  for (const element of box.querySelectorAll("[data-fill]")) {
    element.textContent = visible(values[element.dataset.fill] ?? "");
  }
  for (const element of box.querySelectorAll("time[data-day]")) {
    element.dateTime = summary ? summary[element.dataset.day].slice(0, 10) : "";
  }
  const has = { ...values, forever: summary?.until === "", noscope: summary && summary.scope === undefined };
  for (const row of box.querySelectorAll("[data-row]")) {
    shown(row, Boolean(has[row.dataset.row]));
  }
  for (const link of box.querySelectorAll("[data-live-link]")) {
    link.href = summary ? box.dataset.live + summary.id + box.dataset.keep : link.href;
  }
  shown(document.querySelector("#specimen"), summary && summary.flags & 1);
  shown(box.querySelector("#facts"), summary);
  shown(box.querySelector("#how"), summary);
  for (const section of box.querySelectorAll("[data-answer]")) {
    shown(section, section.dataset.answer === answer);
  }
  box.dataset.state = answer;
}
