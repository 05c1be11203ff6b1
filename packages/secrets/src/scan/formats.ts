import type { Candidate, Confidence } from "./finding.ts";
import { providerFormats } from "./providers.ts";
import { isRandom } from "./randomness.ts";
import { defaultInReference, isPlaceholder, isReference } from "./references.ts";

/** All secrets of a text that show what they are by their own form or by what stands around them, in the order of the text. */
export function findFormats(text: string): readonly Candidate[] {
  const found = [
    ...privateKeys(text),
    ...connections(text),
    ...tokensOfProviders(text),
    ...webTokens(text),
    ...spoken(text),
  ];
  return withoutOverlaps(found);
}

/** The first of two that share characters: they are given from the most telling to the least. */
function withoutOverlaps(found: readonly Candidate[]): readonly Candidate[] {
  const kept: Candidate[] = [];
  for (const each of found) if (!kept.some((other) => isOverlap(each, other))) kept.push(each);
  return kept.sort((a, b) => a.offset - b.offset);
}

function isOverlap(a: Candidate, b: Candidate): boolean {
  return a.offset < b.offset + b.value.length && b.offset < a.offset + a.value.length;
}

/** No provider's tokens are shorter. */
const shortestToken = 16;

function* tokensOfProviders(text: string): Generator<Candidate> {
  if (text.length < shortestToken) return;
  for (const { id, what, hint, pattern, confidence, isWhole } of providerFormats) {
    if (!text.includes(hint)) continue;
    for (const match of text.matchAll(pattern)) {
      const value = match[1] as string;
      if (isWhole?.(value) === false) continue;
      yield {
        rule: id,
        what,
        confidence: isMadeUp(value) ? "low" : confidence,
        value,
        offset: match.index + match[0].indexOf(value),
      };
    }
  }
}

/** As documentation writes them: `AKIAIOSFODNN7EXAMPLE`, or the same characters over and over. */
function isMadeUp(value: string): boolean {
  return /EXAMPLE|x{8,}|X{8,}|(.)\1{9,}|12345678|abcdefgh/i.test(value);
}

/** A key longer than this is none: one of RSA with 16384 bits has 13,000 characters. */
const maxPem = 20_000;

function* privateKeys(text: string): Generator<Candidate> {
  if (!text.includes("PRIVATE KEY")) return;
  for (const match of text.matchAll(/-----BEGIN ((?:[A-Z]{1,12} ){0,3})PRIVATE KEY(?: BLOCK)?-----/g)) {
    const rest = text.slice(match.index, match.index + maxPem);
    const end = /-----END [A-Z ]{0,50}PRIVATE KEY(?: BLOCK)?-----/.exec(rest);
    const value = end === null ? rest : rest.slice(0, end.index + end[0].length);
    const body = value.slice(match[0].length, end === null ? undefined : end.index).replace(/\\n|\s|["'+,]/g, "");
    // A few characters are an example in prose, as this file's own pattern.
    if (!/[A-Za-z0-9+/=]{40}/.test(body)) continue;
    const isLocked = match[1]?.startsWith("ENCRYPTED") || value.includes("Proc-Type: 4,ENCRYPTED");
    yield {
      rule: isLocked ? "encrypted-private-key" : "private-key",
      what: isLocked ? "a private key under a passphrase" : "a private key",
      confidence: isLocked ? "medium" : "high",
      value,
      offset: match.index,
    };
  }
}

/** `scheme://user:password@host`, and what Java, ADO.NET and ODBC have of the kind. */
function* connections(text: string): Generator<Candidate> {
  if (text.includes("://"))
    for (const match of text.matchAll(
      /[A-Za-z][A-Za-z0-9+.-]{1,30}:\/\/([^\s:/?#@"'<>]{0,100}):((?:\$\{[^}\s]{1,80}\}|\$\([^)\s]{1,80}\)|\{\{[^}]{1,80}\}\}|\$(?![{(])|\{(?!\{)|[^\s/?#@"'<>${]){1,256})@(?=[A-Za-z0-9[$_{(%.-])/g,
    )) {
      const password = match[2] as string;
      yield* connection(
        password,
        match.index + match[0].length - 1 - password.length,
        "connection-string",
        "a password in a URL",
      );
    }
  for (const match of text.matchAll(/(?:^|[;?&\s"'])(?:password|pwd)=([^;&\s"']{1,256})/gi)) {
    // Elsewhere this is an assignment, which its name's rule judges.
    if (!/(?:jdbc:|server=|data source=|host=|database=|user ?id=|uid=|driver=)/i.test(text)) return;
    const password = match[1] as string;
    yield* connection(
      password,
      match.index + match[0].length - password.length,
      "connection-string",
      "a password in a connection string",
    );
  }
}

function* connection(password: string, offset: number, rule: string, what: string): Generator<Candidate> {
  const inner = defaultInReference(password) ?? password;
  if (isReference(inner)) return;
  const confidence: Confidence = isPlaceholder(inner) ? "low" : "high";
  yield { rule, what, confidence, value: inner, offset: offset + password.indexOf(inner) };
}

/** JSON web tokens: their head must be one. A service account's or a user's is a credential; without signature it is none. */
function* webTokens(text: string): Generator<Candidate> {
  if (!text.includes("eyJ")) return;
  for (const match of text.matchAll(
    /(?<![A-Za-z0-9_-])(eyJ[A-Za-z0-9_-]{10,2000})\.(eyJ[A-Za-z0-9_-]{4,8000})\.([A-Za-z0-9_-]{16,2000})/g,
  )) {
    const [value, head = "", body = ""] = match;
    const isAccount = decoded(body).includes("kubernetes.io");
    if (!/"alg"\s*:/.test(decoded(head))) continue;
    const [rule, what] = isAccount
      ? ["service-account-token", "a Kubernetes service account token"]
      : ["json-web-token", "a JSON web token"];
    yield { rule, what, confidence: isAccount ? "high" : "medium", value, offset: match.index };
  }
}

function decoded(base64: string): string {
  return Buffer.from(base64, "base64url").toString("latin1");
}

/** `Authorization: Basic …` and `Bearer …`, as headers and command lines have them; `curl -u user:password`; and SQL's users. */
function* spoken(text: string): Generator<Candidate> {
  for (const match of text.matchAll(/\bBasic ([A-Za-z0-9+/]{6,400}={0,2})(?![A-Za-z0-9+/=])/g)) {
    const value = match[1] as string;
    const password = /^[\x20-\x7e]{0,200}?:([\x20-\x7e]{1,200})$/.exec(
      Buffer.from(value, "base64").toString("latin1"),
    )?.[1];
    if (password === undefined || isReference(password)) continue;
    const confidence = isPlaceholder(password) ? "low" : "high";
    yield {
      rule: "basic-authentication",
      what: "a user and password of HTTP",
      confidence,
      value,
      offset: match.index + 6,
    };
  }
  for (const match of text.matchAll(/\b(?:Bearer|Token|ApiKey) ([A-Za-z0-9._~+/=-]{16,1000})(?![A-Za-z0-9])/gi)) {
    const value = match[1] as string;
    if (isRandom(value))
      yield {
        rule: "bearer-token",
        what: "a bearer token",
        confidence: "high",
        value,
        offset: match.index + match[0].length - value.length,
      };
  }
  for (const match of text.matchAll(
    /\bcurl\b(?:[^\n|;]|\\\n){0,300}?\s(?:-u|--user)[ =]["']?[^\s:"']{1,100}:([^\s"']{1,200})/g,
  )) {
    const value = match[1] as string;
    if (isReference(value) || /\$[A-Za-z_{(]|[<>]/.test(value)) continue;
    const confidence = isPlaceholder(value) ? "low" : "high";
    yield {
      rule: "curl-password",
      what: "a password of curl",
      confidence,
      value,
      offset: match.index + match[0].length - value.length,
    };
  }
  for (const match of text.matchAll(/\b(?:PASSWORD|IDENTIFIED BY)\s{1,4}'([^'\n]{3,200})'/gi)) {
    const value = match[1] as string;
    if (isReference(value)) continue;
    const confidence = isPlaceholder(value) ? "low" : "medium";
    yield {
      rule: "sql-password",
      what: "a password in SQL",
      confidence,
      value,
      offset: match.index + match[0].length - value.length - 1,
    };
  }
}
