import { binding } from "./binding.ts";
import { connections } from "./connect.ts";
import { eviction } from "./eviction.ts";
import { partOfObject } from "./part.ts";
import { scale } from "./scale.ts";
import type { Subresource } from "./subresource.ts";
import { token } from "./token.ts";

const all: readonly Subresource[] = [
  partOfObject("status"),
  scale,
  eviction,
  binding,
  ...connections,
  token,
  partOfObject("pods/ephemeralcontainers"),
  partOfObject("pods/resize"),
  partOfObject("namespaces/finalize"),
  partOfObject("certificatesigningrequests/approval"),
];

/** Undefined for one that discovery names and nobody has written yet. */
export function findSubresource(resource: string, subresource: string): Subresource | undefined {
  return all.find(({ name }) => name === subresource || name === `${resource}/${subresource}`);
}
