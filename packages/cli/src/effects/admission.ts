import { randomBytes } from "node:crypto";
import { request } from "node:https";
import type { AdmissionEffects, WebhookAnswer, WebhookPost } from "@sallyport/admission";

/** A webhook's answer is an AdmissionReview with a patch: more than the 3 MiB of a request is never honest. */
const maxAnswerBytes = 8 * 1024 * 1024;

/** The real clock, randomness and HTTPS for the admission chain. */
export function createAdmissionEffects(): AdmissionEffects {
  return {
    now: Date.now,
    ticks: () => performance.now() * 1000,
    randomBytes: (size) => randomBytes(size),
    post: postReview,
  };
}

/** Rejects on refused connections, untrusted certificates, timeouts and oversized answers; the caller applies failurePolicy. */
function postReview(call: WebhookPost): Promise<WebhookAnswer> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(call.timeoutMs);
    const outgoing = request(
      call.url,
      {
        method: "POST",
        signal,
        headers: {
          "content-type": "application/json",
          accept: "application/json",
          "content-length": Buffer.byteLength(call.body),
        },
        ...(call.caBundle === undefined ? {} : { ca: call.caBundle }),
        ...(call.serverName === undefined ? {} : { servername: call.serverName }),
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        let size = 0;
        incoming.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > maxAnswerBytes) outgoing.destroy(new Error(`the answer is larger than ${maxAnswerBytes} bytes`));
          else chunks.push(chunk);
        });
        incoming.on("end", () =>
          resolve({ code: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }),
        );
        incoming.on("error", reject);
      },
    );
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      // A kept connection that the other side ended just now: the request has not been read, as Go's client knows too.
      if (outgoing.reusedSocket && error.code === "ECONNRESET") resolve(postReview(call));
      else reject(signal.aborted ? new Error("context deadline exceeded") : error);
    });
    outgoing.end(call.body);
  });
}
