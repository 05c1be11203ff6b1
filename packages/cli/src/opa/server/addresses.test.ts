import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { parseAddress } from "./addresses.ts";

const cases: { readonly [text: string]: ReturnType<typeof parseAddress> } = {
  "localhost:8181": { host: "127.0.0.1", port: 8181 },
  ":8181": { host: "::", port: 8181 },
  "10.0.0.1:0": { host: "10.0.0.1", port: 0 },
  "[::1]:8181": { host: "::1", port: 8181 },
  "https://opa:8181": { host: "opa", port: 8181 },
  "unix:///run/opa.sock": { path: "/run/opa.sock" },
  "localhost:99999": { error: "listen tcp: address 99999: invalid port" },
  localhost: { error: "listen tcp: address localhost: missing port in address" },
};

for (const [text, address] of Object.entries(cases)) {
  test(text, () => deepEqual(parseAddress(text), address));
}
