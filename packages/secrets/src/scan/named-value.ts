import type { Candidate, Confidence } from "./finding.ts";
import { hintOfName, type NameHint, wordsOf } from "./key-names.ts";
import { isRandom } from "./randomness.ts";
import { defaultInReference, isPlaceholder, isReference } from "./references.ts";

/** Longer texts are documents: what they hold has names of its own. */
const maxLength = 4096;

/** What lies in a Secret has a weaker name: it lies there because it is one. */
export interface NamedOptions {
  readonly isSecretData?: boolean;
}

/** Judges a whole value by its name and its randomness. Answers undefined where it is no secret. */
export function judgeNamed(name: string, text: string, options: NamedOptions = {}): Candidate | undefined {
  const inner = defaultInReference(text.trim());
  const value = inner ?? text.trim();
  if (value.length < 3 || value.length > maxLength || isReference(value)) return undefined;
  const hint = options.isSecretData === true ? hintInSecret(name) : hintOfName(name);
  const confidence = confidenceOf(hint, name, value);
  if (confidence === undefined) return undefined;
  return { ...ruleOf(hint), confidence, value, offset: text.indexOf(value) };
}

function ruleOf(hint: NameHint): { readonly rule: string; readonly what: string } {
  if (hint === "password") return { rule: "named-password", what: "a password by its name" };
  if (hint === "none") return { rule: "random-text", what: "a text that looks drawn at random" };
  return { rule: "named-secret", what: "a secret by its name" };
}

function hintInSecret(name: string): NameHint {
  if (
    /^(?:tls\.crt|ca\.crt|ca|namespace|user(?:name)?|host(?:name)?|port|db(?:name)?|database|type|email|endpoint|region|bucket)$/i.test(
      name,
    )
  )
    return "public";
  const hint = hintOfName(name);
  return hint === "none" || hint === "perhaps" ? "token" : hint;
}

function confidenceOf(hint: NameHint, name: string, value: string): Confidence | undefined {
  if (hint === "public" || isOtherwise(value, hint)) return undefined;
  if (isUuid(value)) return hint === "password" || hint === "token" ? "medium" : undefined;
  if (isPasswordHash(value)) return "low";
  if (hint === "none") return isLongRandom(value) ? "low" : undefined;
  if (hint === "perhaps") return isRandom(value) && !isPlaceholder(value) ? "medium" : undefined;
  if (isPlaceholder(value) || isNameOfSecret(name, value)) return "low";
  if (isRandom(value)) return "high";
  if (hint === "password") return isProse(value) ? "low" : "medium";
  return looksMade(value) ? "medium" : "low";
}

/** Values that are something else, whatever their name. */
const others: readonly RegExp[] = [
  /^(?:true|false|yes|no|on|off|null|none|nil|undefined|enabled|disabled|required|optional|always|never|auto|basic|bearer|oauth2?|oidc|ldap|password|ifnotpresent|opaque|plaintext|scram-sha-(?:256|512)|hs256|rs256|es256|argon2(?:id|i|d)?|bcrypt|scrypt|pbkdf2|md5|sha-?(?:1|256|512)|n\/a)$/i,
  /^-?[0-9]+(?:\.[0-9]+)?(?:ns|us|ms|s|m|h|d|w|y|[KMGTP]i?B?|%)?$/, // numbers, durations, quantities
  /^(?:\/|\.{1,2}\/|~\/|[A-Za-z]:\\)[\w.$@{}()+\\/ -]*$/, // paths
  /^[a-z][a-z0-9+.-]*:\/\/[^\s@]*$/i, // URLs without credentials: those with some have a rule of theirs
  /^(?:sha1|sha256|sha384|sha512|md5)[:-]/i,
  /^-----BEGIN (?:CERTIFICATE|PUBLIC KEY|RSA PUBLIC KEY|SSH2 PUBLIC KEY|X509 CRL|CERTIFICATE REQUEST)/,
  /^(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-\S+|sk-\S+@openssh\.com) /,
  /^(?:age1[a-z0-9]{50,}|LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS)/,
  /^[\w.-]+\.(?:ya?ml|json|pem|crt|key|txt|conf|properties|toml|jks|p12|pfx|sh|py|js|ts|go|env|html?|md|svc|local|internal|com|org|net|io|dev)(?::\d+)?$/i, // files and hosts
  /^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/, // e-mail
  /^(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?:[:/][0-9]+)?$/,
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[\d:.]+Z?)?$/,
  /^(?:data:image|base64,)/,
];

function isOtherwise(value: string, hint: NameHint): boolean {
  // A number may be a password; of a token it is how many, or how long.
  if (hint === "password" && /^[0-9]{4,}$/.test(value)) return false;
  return others.some((each) => each.test(value));
}

/** An id for the most part, but some providers' tokens are such. */
function isUuid(value: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(value);
}

/** bcrypt, crypt, argon2, PBKDF2, also behind a user as htpasswd has them: no password, but one that can be guessed at. */
function isPasswordHash(value: string): boolean {
  return /^(?:[\w.@-]{1,64}:)?(?:\$(?:2[abxy]?|1|5|6|y|7|apr1|argon2(?:id|i|d)|pbkdf2[a-z0-9-]*|scrypt)\$|\{(?:SSHA|SHA|SSHA512|PBKDF2|bcrypt)\}|(?:pbkdf2|scrypt|SCRAM-SHA-256)[:$_])/i.test(
    value,
  );
}

/** Without any name: a hash of some length is the usual thing, so only what no hash is. */
function isLongRandom(value: string): boolean {
  return (
    value.length >= 24 &&
    value.length <= 512 &&
    !/\s/.test(value) &&
    !/^[0-9a-f]+$/i.test(value) &&
    /[0-9]/.test(value) &&
    /[a-z]/.test(value) &&
    /[A-Z]/.test(value) &&
    isRandom(value)
  );
}

/** `db-credentials` below `secret`, `mysql-root-password` below `password`: what it is called, not what it is. */
function isNameOfSecret(name: string, value: string): boolean {
  if (!/^[a-z0-9]+(?:[-_./][a-z0-9]+)*$/i.test(value)) return false;
  const words = wordsOf(value);
  if (words.join(" ") === wordsOf(name).join(" ")) return true;
  return (
    words.length > 1 &&
    words.some((word) =>
      /^(?:secrets?|credentials?|creds?|passwords?|passwd|tokens?|keys?|tls|certs?|auth|config|env|ref)$/.test(word),
    )
  );
}

function isProse(value: string): boolean {
  return value.split(/\s+/).length > 4;
}

/** Digits or signs among letters, and of some length: what a machine or a careful person makes, and no word. */
function looksMade(value: string): boolean {
  return (
    value.length >= 8 &&
    !/\s/.test(value) &&
    /[0-9]/.test(value) &&
    /[A-Za-z]/.test(value) &&
    !/^[a-z]+(?:-[a-z0-9]+)+$/.test(value)
  );
}
