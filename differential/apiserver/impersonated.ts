import type { Tape } from "../tape.ts";
import type { Step } from "./scenario.ts";

type Headers = { readonly [name: string]: string };

const headers: readonly Headers[] = [
  { "impersonate-user": "joe" },
  { "impersonate-user": "joe", "impersonate-group": "system:masters" },
  { "impersonate-user": "joe", "impersonate-group": "devs", "impersonate-uid": "u", "impersonate-extra-a": "b" },
  { "impersonate-user": "system:anonymous" },
  { "impersonate-user": "system:serviceaccount:d:default" },
  { "impersonate-user": "system:serviceaccount:d:x:y" },
  { "impersonate-user": "system:serviceaccount:" },
  { "impersonate-user": "system:node:n1", "impersonate-group": "system:nodes" },
  { "impersonate-user": "joe", "impersonate-group": "system:unauthenticated" },
  { "impersonate-user": "joe", "impersonate-extra-a%2fb": "c" },
  { "impersonate-user": "joe", "impersonate-extra-scopes": "x", "impersonate-group": "system:masters" },
  { "impersonate-group": "system:masters" },
  { "impersonate-uid": "u" },
  { "impersonate-extra-a": "b" },
  { "impersonate-user": "joe", "impersonate-extra-": "b" },
  // The bytes of UTF-8, which Node's client writes one by one.
  { "impersonate-user": Buffer.from("jöe").toString("latin1") },
];

/** The same requests in somebody else's name, some of them: who may not is told so. */
export function impersonated(steps: readonly Step[], tape: Tape): readonly Step[] {
  return steps.map((step, i) =>
    i === steps.length - 1 || tape.oneIn(3) ? step : { ...step, headers: tape.pick(headers) },
  );
}
