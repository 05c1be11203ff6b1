import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ProxyMetrics, startProxy } from "../../packages/mesh/src/proxy/index.ts";

// One end of the mesh in one process: `client` or `server`, the folder of certificates, where it listens and where it goes.
const [side = "", folder = "", listen = "", target = ""] = process.argv.slice(2);
const text = (name: string) => readFileSync(join(folder, name), "utf8");
const id = `spiffe://cluster.local/ns/shop/sa/${side}`;
const certificate = {
  id,
  chain: text(`${side}.crt`),
  key: text(`${side}.key`),
  bundles: new Map([["cluster.local", [text("root.crt")]]]),
  notAfter: Date.now() + 3600_000,
};
const place = { ip: "127.0.0.1", port: Number(target) };

void startProxy({
  config: {
    inbound: () => ({ mode: "STRICT", protocol: "tcp" }),
    authorizer: { readsHttp: false, decide: () => ({ allowed: true, reason: "no policy" }) },
    outbound: () => ({
      ...place,
      protocol: "tcp",
      tls: "mutual",
      identities: ["spiffe://cluster.local/ns/shop/sa/server"],
    }),
  },
  source: { current: certificate, onChange: () => () => {}, close: () => {} },
  listeners: [
    {
      direction: side === "client" ? "outbound" : "inbound",
      host: "127.0.0.1",
      port: Number(listen),
      destination: place,
    },
  ],
  now: Date.now,
  clock: () => performance.now(),
  log: ({ decision, reason }) => {
    if (decision !== "allowed") console.error(`${side}: ${reason}`);
  },
  metrics: new ProxyMetrics(),
});
process.once("SIGTERM", () => process.exit(0));
