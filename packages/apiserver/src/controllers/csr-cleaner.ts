import { X509Certificate } from "node:crypto";
import type { SigningRequest } from "../certificates/signing-request.ts";
import type { ControllerKind } from "./controller.ts";
import { ownKey, reconciler } from "./reconciler.ts";

const hourMs = 3_600_000;
/** How long a request is kept after it was answered, and one that is not. */
const answeredMs = hourMs;
const pendingMs = 24 * hourMs;

/** Takes requests away that are over: an hour after they were answered, a day when nobody answers, and when their certificate has expired. */
export const csrCleaner: ControllerKind = {
  name: "certificatesigningrequest-cleaner-controller",
  alias: "csrcleaner",
  account: "certificate-controller",
  create: (context) =>
    reconciler(
      {
        name: csrCleaner.name,
        follows: [{ group: "certificates.k8s.io", resource: "certificatesigningrequests", keys: ownKey }],
        sync: async (name, again) => {
          const { cache, client, clock } = context;
          const found = cache.get("certificates.k8s.io", "certificatesigningrequests", "", name);
          if (found === undefined) return;
          const left = endOf(found as SigningRequest) - clock.now();
          if (left > 0) again.addAfter(name, left);
          else await client.delete(found);
        },
      },
      context,
    ),
};

/** When it is over, in milliseconds since the epoch. */
function endOf({ metadata, status }: SigningRequest): number {
  const conditions = status?.conditions ?? [];
  if (conditions.length === 0) return Date.parse(metadata.creationTimestamp ?? "") + pendingMs;
  const ends = conditions.map(({ type, lastUpdateTime = "" }) => {
    const answered = Date.parse(lastUpdateTime);
    if (type === "Approved") return answered + (status?.certificate ? answeredMs : pendingMs);
    return type === "Denied" || type === "Failed" ? answered + answeredMs : Number.POSITIVE_INFINITY;
  });
  return Math.min(...ends, expiryOf(status?.certificate));
}

function expiryOf(certificate: string | undefined): number {
  if (!certificate) return Number.POSITIVE_INFINITY;
  try {
    return Date.parse(new X509Certificate(Buffer.from(certificate, "base64")).validTo);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
