import { type BundleSource, fileBytes } from "./bundle-source.ts";
import { HttpStatusError } from "./bundle-status.ts";
import { pullBundle } from "./oci-bundle.ts";
import { ask } from "./services/ask.ts";

/**
 * The bytes of a bundle from wherever it lies, or `same` where they are still those of `etag`. `modes` are what can be used of it,
 * `snapshot` and `delta`. Rejects with `HttpStatusError`, or an `Error` that says why there is none.
 */
export async function download(
  source: BundleSource,
  options: {
    readonly etag: string;
    readonly modes: string;
    readonly agent: string;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<{ readonly bytes: Uint8Array; readonly etag: string } | "same"> {
  const { service, resource, maxBytes: limitBytes } = source;
  const { etag, modes, agent, signal } = options;
  if (service === undefined) return { bytes: fileBytes(resource), etag: "" };
  if (service.isOci) return pullBundle(source, etag, agent, signal);
  const headers = { Prefer: `modes=${modes}`, ...(etag !== "" && { "If-None-Match": etag }) };
  const answer = await ask(service, { method: "GET", path: resource, headers, agent, signal, limitBytes });
  if (answer.status === 304) return "same";
  if (answer.status !== 200) throw new HttpStatusError(answer.status, answer.statusText);
  return { bytes: answer.bytes, etag: answer.headers.get("etag") ?? "" };
}
