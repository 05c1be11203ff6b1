/** What a field's or a variable's name says of its value. */
export type NameHint =
  /** A password: also a short one that is easy to say is one. */
  | "password"
  /** A token or a key: made by machines, so looks like it. */
  | "token"
  /** May be a secret, when the value looks drawn at random. */
  | "perhaps"
  /** Nothing known. */
  | "none"
  /** A name, a hash, a size, a public key: not a secret, however it looks. */
  | "public";

const passwordWords = new Set([
  "password",
  "passwords",
  "passwd",
  "pw",
  "passphrase",
  "pwd",
  "pass",
  "passwort",
  "passcode",
  "userpass",
  "requirepass",
  "masterauth",
]);
const tokenWords = new Set([
  "secret",
  "secrets",
  "token",
  "apikey",
  "credential",
  "credentials",
  "psk",
  "pat",
  "accesskey",
  "secretkey",
  "privatekey",
  "authtoken",
  "accesstoken",
  "clientsecret",
  "masterkey",
]);
/** `… key` is a secret behind these. */
const keyKinds = new Set([
  "api",
  "access",
  "secret",
  "private",
  "encryption",
  "encrypt",
  "signing",
  "sign",
  "master",
  "auth",
  "account",
  "storage",
  "shared",
  "license",
  "licence",
  "app",
  "application",
  "cookie",
  "session",
  "jwt",
  "hmac",
  "cipher",
  "crypto",
  "service",
  "admin",
  "deploy",
  "ssh",
  "root",
  "recovery",
  "activation",
  "subscription",
  "ingestion",
  "security",
  "write",
  "consumer",
  "unseal",
]);
const perhapsWords = new Set([
  "key",
  "keys",
  "auth",
  "authorization",
  "cookie",
  "session",
  "salt",
  "pepper",
  "dsn",
  "seed",
  "signature",
  "otp",
  "mnemonic",
  "jwt",
  "bearer",
  "hmac",
  "nonce",
  "tokens",
  "license",
  "licence",
  "credentials",
  "webhook",
  "connection",
  "connectionstring",
  "sas",
  "pin",
  "code",
  "cred",
  "creds",
]);

/** What is told about a secret, and is none, when it ends the name. */
const aboutWords = new Set(
  "name names ref refs reference file files filename path paths dir directory folder mount mounts ttl expiry expiration expires expire seconds secs minutes hours days timeout duration age length len size bytes bits min max limit limits count counter policy policies type types kind mode enabled enable disabled required optional url uri endpoint host hostname port header headers prefix suffix format algorithm alg algo method methods provider issuer audience version strategy rotation rotate interval field fields label labels selector class namespace env var variable vars template id ids user username owner group scope scopes role roles source store backend engine hash hashed hint pattern regex rule rules charset validation strength complexity history message prompt title text description placeholder separator encoding attempts retries usage status state reset change url-path schema config configuration manager service operator controller creation created updated date time at by rotator sync syncer image tag annotations annotation data location arn region index number num budget budgets window per estimate cost price cache bucket secretname storageclass ciphers fingerprint thumbprint hasher encoder generator".split(
    " ",
  ),
);

/** What begins names of switches and of numbers, and of what is public. */
const beforeWords = new Set(
  "max min num number enable enabled disable disabled allow allowed require required is has use using no skip validate validated show hide reset forgot change existing generate create auto automount public with without should require ignore default-secret supports expect".split(
    " ",
  ),
);

/** Of a secret, perhaps, but not it: `checksum/secret` is in each chart. */
const hashWords = new Set(["checksum", "checksums", "digest", "sha", "sha1", "sha256", "sha512", "md5", "crc32"]);

/** Fields of Kubernetes, of charts and of other tools whose values are names or hashes. */
const publicNames =
  /^(?:image|images|repository|tag|digest|uid|uuid|guid|checksum|sha256|sha512|sha1|md5|commit|revision|resourceVersion|caBundle|ca\.crt|ca|cert|certificate|certificates|tls\.crt|publicKey|public_key|containerID|imageID|secretName|serviceAccountName|nodeName|namespace|name|kind|apiVersion|apiGroup|remoteRef|key\.pub|hash|etag|integrity|icon|logo|\$schema|keyRef|keys|metricName|topologyKey|labelKey|annotationKey|secretKeyRef|configMapKeyRef|sortKey|partitionKey|primaryKey|foreignKey|thumbprint|fingerprint)$/;

const publicKeyWords = new Set([
  "public",
  "ssl",
  "topology",
  "sort",
  "partition",
  "primary",
  "foreign",
  "label",
  "annotation",
  "cache",
  "map",
  "json",
  "object",
  "lookup",
  "row",
  "routing",
  "metric",
  "group",
  "host",
  "config",
]);

/** Reads a name as people do: `DB_PASSWORD` and `spring.datasource.password` are passwords, `passwordSecretName` and `maxTokens` are none. */
export function hintOfName(name: string): NameHint {
  if (publicNames.test(name)) return "public";
  const words = wordsOf(name);
  if (words.some((word) => hashWords.has(word))) return "public";
  const last = words.at(-1) ?? "";
  const before = words.at(-2) ?? "";
  if (words.length > 1 && beforeWords.has(words[0] as string)) return "public";
  if (last === "key" || last === "keys") return hintOfKey(before, words);
  if (words.length > 1 && aboutWords.has(last)) return hintOfAbout(words);
  const sure = words.some(isPasswordWord) ? "password" : undefined;
  if (sure !== undefined)
    return isPasswordWord(last) || /^[0-9]{1,3}$/.test(last) || words.length <= 3 ? sure : "perhaps";
  if (words.some(isTokenWord)) return "token";
  if (words.some((word, i) => word === "key" && keyKinds.has(words[i - 1] ?? ""))) return "token";
  if (words.join("").endsWith("connectionstring")) return "perhaps";
  return words.some((word) => perhapsWords.has(word)) ? "perhaps" : "none";
}

/** `pgpassword` has no seam. */
function isPasswordWord(word: string): boolean {
  return passwordWords.has(word) || /.(?:password|passwd)$/.test(word);
}

function isTokenWord(word: string): boolean {
  return tokenWords.has(word) || /.(?:secret|token|apikey)$/.test(word);
}

/** Of `… key`: one to something, or the key under which a Secret holds it. */
function hintOfKey(before: string, words: readonly string[]): NameHint {
  if (passwordWords.has(before) || before === "token" || before === "user" || before === "username") return "public";
  if (publicKeyWords.has(before)) return "public";
  return keyKinds.has(before) || words.length === 1 ? (words.length === 1 ? "perhaps" : "token") : "perhaps";
}

/** A file of credentials that stands there as a whole is one all the same. */
function hintOfAbout(words: readonly string[]): NameHint {
  const text = words.join("-");
  if (/(?:secret|password|token|credentials?|key)-(?:data|text|string|config|configuration)$/.test(text))
    return "perhaps";
  return "public";
}

/** `dbPassword`, `DB_PASSWORD` and `db.password` have the same words, in lower case. */
export function wordsOf(name: string): readonly string[] {
  return name
    .slice(-maxName)
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
}

/** Of a longer name the end counts. */
const maxName = 120;
