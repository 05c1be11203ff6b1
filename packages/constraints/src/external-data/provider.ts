import type { KubeObject } from "@sallyport/kube";
import { nested, textOf } from "../fields.ts";

/** Who answers keys with values. externaldata.gatekeeper.sh/v1beta1 Provider. https://open-policy-agent.github.io/gatekeeper/website/docs/externaldata */
export interface Provider {
  readonly name: string;
  readonly url: string;
  readonly timeoutSeconds: number;
  /** PEM; the only authority that its certificate may be of. */
  readonly authority: string;
}

export function isProvider({ apiVersion, kind }: KubeObject): boolean {
  return kind === "Provider" && apiVersion.startsWith("externaldata.gatekeeper.sh/");
}

/** Of a Provider without one. Gatekeeper's default of mutators; what templates ask would fail there at once. */
const defaultTimeoutSeconds = 5;

/** Throws an error of one line, in Gatekeeper's words. */
export function readProvider(object: KubeObject): Provider {
  const { name = "" } = object.metadata;
  const url = textOf(nested(object, "spec", "url"));
  const timeout = nested(object, "spec", "timeout") ?? 0;
  if (name === "") throw new Error("provider name can not be empty. value ");
  if (url === "") throw new Error("invalid provider url. value: ");
  if (typeof timeout !== "number" || !Number.isInteger(timeout) || timeout < 0)
    throw new Error(`provider timeout should be a positive integer. value: ${String(timeout)}`);
  if (!URL.canParse(url)) throw new Error(`parse ${JSON.stringify(url)}: invalid URL`);
  if (new URL(url).protocol !== "https:") throw new Error("only HTTPS scheme is supported for Providers");
  const authority = readBundle(textOf(nested(object, "spec", "caBundle")));
  return { name, url, authority, timeoutSeconds: timeout === 0 ? defaultTimeoutSeconds : timeout };
}

function readBundle(text: string): string {
  if (text === "") throw new Error("caBundle should be set for HTTPS scheme");
  const decoded = decodeBase64(text);
  if (decoded === undefined) throw new Error("failed to base64 decode caBundle: illegal base64 data");
  if (!/-----BEGIN [A-Z ]+-----[\s\S]*-----END [A-Z ]+-----/.test(decoded)) throw new Error("bad caBundle");
  return decoded;
}

function decodeBase64(text: string): string | undefined {
  try {
    return atob(text.replace(/[\r\n]/g, ""));
  } catch {
    return undefined;
  }
}
