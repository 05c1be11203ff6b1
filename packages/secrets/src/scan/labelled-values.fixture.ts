import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { base62Checksum, bech32Sum } from "./checksums.ts";

/** Draws characters, the same ones for the same seed: no value of the labelled set lies in the repository, or is anybody's. */
export class Draw {
  #state: number;

  constructor(seed: string) {
    this.#state = createHash("sha256").update(seed).digest().readUInt32LE(0) || 1;
  }

  /** 0 up to, and without, `below`. */
  number(below: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % below;
  }

  chars(count: number, from: string): string {
    return Array.from({ length: count }, () => from[this.number(from.length)]).join("");
  }

  one(...of: readonly string[]): string {
    return of[this.number(of.length)] as string;
  }
}

const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const lower = "abcdefghijklmnopqrstuvwxyz";
const digits = "0123456789";
const base62 = digits + upper + lower;
const base64 = `${base62}+/`;
const url = `${base62}-_`;
const hex = `${digits}abcdef`;
const bech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

function withChecksum(prefix: string, draw: Draw): string {
  const body = draw.chars(30, base62);
  return `${prefix}${body}${base62Checksum(body)}`;
}

function ageKey(draw: Draw): string {
  const prefix = [..."age-secret-key-"].map((char) => char.charCodeAt(0));
  const data = Array.from({ length: 52 }, (_, i) => (i === 51 ? 16 * draw.number(2) : draw.number(32)));
  const expanded = [...prefix.map((code) => code >> 5), 0, ...prefix.map((code) => code & 31), ...data];
  const sum = bech32Sum([...expanded, 0, 0, 0, 0, 0, 0]) ^ 1;
  const checksum = [25, 20, 15, 10, 5, 0].map((shift) => (sum >>> shift) & 31);
  return `age-secret-key-1${[...data, ...checksum].map((each) => bech32[each]).join("")}`.toUpperCase();
}

function grafanaToken(draw: Draw): string {
  const token = `glsa_${draw.chars(32, base62)}`;
  return `${token}_${crc32(token).toString(16).padStart(8, "0")}`;
}

function webToken(draw: Draw, body: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256", kid: draw.chars(12, url) })}.${part(body)}.${draw.chars(342, url)}`;
}

function pem(draw: Draw, label: string): string {
  const lines = Array.from({ length: 12 }, () => draw.chars(64, base64));
  return [`-----BEGIN ${label}-----`, ...lines, `${draw.chars(40, base64)}==`, `-----END ${label}-----`].join("\n");
}

const words = "harbor copper lantern meadow violet thunder pickle walnut ribbon granite saffron falcon".split(" ");

/** Synthetic values of each kind of secret, by the names that the set's files use. */
export const secretKinds: { readonly [kind: string]: (draw: Draw) => string } = {
  "aws-access-key-id": (draw) => `AKIA${draw.chars(16, `${upper}234567`)}`,
  "aws-secret-access-key": (draw) => draw.chars(40, base64),
  "github-token": (draw) => withChecksum(`gh${draw.one("p", "o", "s")}_`, draw),
  "github-fine-grained-token": (draw) => `github_pat_${draw.chars(22, base62)}_${draw.chars(59, base62)}`,
  "gitlab-token": (draw) => `glpat-${draw.chars(20, url)}`,
  "slack-token": (draw) => `xoxb-${draw.chars(12, digits)}-${draw.chars(13, digits)}-${draw.chars(24, base62)}`,
  "slack-webhook": (draw) =>
    `T${draw.chars(8, upper + digits)}/B${draw.chars(10, upper + digits)}/${draw.chars(24, base62)}`,
  "stripe-key": (draw) => `sk_live_${draw.chars(24, base62)}`,
  "google-api-key": (draw) => `AIza${draw.chars(35, url)}`,
  "google-oauth-secret": (draw) => `GOCSPX-${draw.chars(28, url)}`,
  "npm-token": (draw) => withChecksum("npm_", draw),
  "pypi-token": (draw) => `pypi-AgEIcHlwaS5vcmc${draw.chars(140, url)}`,
  "azure-storage-key": (draw) => `${draw.chars(86, base64)}==`,
  "azure-client-secret": (draw) => `${draw.chars(3, base62)}8Q~${draw.chars(34, url)}`,
  "openai-key": (draw) => `sk-proj-${draw.chars(74, url)}T3BlbkFJ${draw.chars(74, url)}`,
  "sendgrid-key": (draw) => `SG.${draw.chars(22, url)}.${draw.chars(43, url)}`,
  "telegram-token": (draw) => `${draw.chars(10, "123456789")}:AA${draw.chars(33, url)}`,
  "digitalocean-token": (draw) => `dop_v1_${draw.chars(64, hex)}`,
  "vault-token": (draw) => `hvs.${draw.chars(95, url)}`,
  "hugging-face-token": (draw) => `hf_${draw.chars(34, lower + upper)}`,
  "docker-hub-token": (draw) => `dckr_pat_${draw.chars(27, url)}`,
  "grafana-token": grafanaToken,
  "age-key": ageKey,
  "service-account-token": (draw) =>
    webToken(draw, { iss: "kubernetes/serviceaccount", "kubernetes.io/serviceaccount/namespace": "a" }),
  "json-web-token": (draw) => webToken(draw, { sub: draw.chars(10, digits), role: "admin" }),
  "private-key": (draw) => pem(draw, draw.one("RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY")),
  "openssh-key": (draw) => pem(draw, "OPENSSH PRIVATE KEY"),
  "url-password": (draw) => draw.chars(16, base62),
  "strong-password": (draw) => `${draw.chars(8, base62)}!${draw.chars(6, base62)}#`,
  "human-password": (draw) => `${draw.one(...words)}${draw.one(...words)}${draw.number(90) + 10}`,
  "odd-password": (draw) => `${draw.one(...words)}-${draw.one(...words)}!${draw.number(900)}`,
  "hex-key": (draw) => draw.chars(32, hex),
  "long-hex-key": (draw) => draw.chars(64, hex),
  "base64-key": (draw) => `${draw.chars(43, base64)}=`,
  "random-token": (draw) => draw.chars(32, base62),
  "weak-password": (draw) =>
    `${draw.one("root", "admin", "Shop", "mysql_", "postgres", "Test")}${draw.one("123", "1234", "pass", "passwd", "@2024", "pwd1", "_pass")}`,
  "pronounceable-password": (draw) =>
    Array.from(
      { length: 6 },
      () =>
        `${draw.chars(1, "bdfgklmnprstvBDFGKLMNPRSTV")}${draw.one("a", "e", "ie", "oo", "ai", "u")}${draw.chars(1, "hknrstx2345678")}`,
    ).join(""),
  "app-password": (draw) => draw.chars(16, lower),
  "sentence-secret": (draw) =>
    `${draw.one("my", "our", "shop")}-${draw.one("super", "very", "top")}-secret-${draw.one("jwt", "signing")}-key-${draw.number(9000) + 1000}`,
  "django-key": (draw) => `django-insecure-${draw.chars(50, `${lower}${digits}!@#$%^&*(-_=+)`.replaceAll("$", ""))}`,
  "lower-uuid": (draw) => [8, 4, 4, 4, 12].map((count) => draw.chars(count, hex)).join("-"),
  "laravel-key": (draw) => `base64:${draw.chars(43, base64)}=`,
  "short-token": (draw) => draw.chars(16, base62),
  "fernet-key": (draw) => `${draw.chars(43, url)}=`,
  "registration-token": (draw) => `GR1348941${draw.chars(20, url)}`,
  "runner-token": (draw) => `glrt-${draw.chars(20, url)}`,
  "cloudflare-token": (draw) => draw.chars(40, url),
  "newrelic-key": (draw) => `eu01xx${draw.chars(30, hex)}NRAL`,
  "sha1-like": (draw) => draw.chars(40, hex),
  "tailscale-key": (draw) => `tskey-auth-k${draw.chars(11, base62)}CNTRL-${draw.chars(32, base62)}`,
  "tunnel-token": (draw) =>
    Buffer.from(JSON.stringify({ a: draw.chars(32, hex), t: draw.chars(36, hex), s: draw.chars(64, base64) })).toString(
      "base64",
    ),
  "bootstrap-token": (draw) => `${draw.chars(6, lower + digits)}.${draw.chars(16, lower + digits)}`,
};

/** What looks like secrets, and is none. */
export const baitKinds: { readonly [kind: string]: (draw: Draw) => string } = {
  uuid: (draw) => [8, 4, 4, 4, 12].map((count) => draw.chars(count, hex)).join("-"),
  sha256: (draw) => draw.chars(64, hex),
  sha1: (draw) => draw.chars(40, hex),
  md5: (draw) => draw.chars(32, hex),
  integrity: (draw) => `sha512-${draw.chars(86, base64)}==`,
  certificate: (draw) => pem(draw, "CERTIFICATE"),
  "base64-certificate": (draw) => Buffer.from(pem(draw, "CERTIFICATE")).toString("base64"),
  "public-key": (draw) => pem(draw, "PUBLIC KEY"),
  "ssh-public-key": (draw) => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${draw.chars(43, base64)} deploy@ci`,
  "age-recipient": (draw) => `age1${draw.chars(58, bech32)}`,
  sealed: (draw) => `AgB${draw.chars(720, base64)}=`,
  sops: (draw) =>
    `ENC[AES256_GCM,data:${draw.chars(24, base64)},iv:${draw.chars(43, base64)}=,tag:${draw.chars(22, base64)}==,type:str]`,
  transit: (draw) => `vault:v1:${draw.chars(60, base64)}`,
  "wrong-checksum": (draw) => `ghp_${draw.chars(36, base62)}`,
  "pod-name": (draw) => `web-${draw.chars(10, lower + digits)}-${draw.chars(5, lower + digits)}`,
};
