import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Gauge, qualifiedResource } from "@sallyport/kube";
import type { RunningSync } from "./run-sync.ts";

/** Serves `/health` and `/readyz` (200 when the policy server is up to date), `/livez` and `/metrics`. Rejects when the address cannot be had. */
export async function startProbes(
  { host, port }: { readonly host: string; readonly port: number },
  sync: Pick<RunningSync, "notReady" | "replicated">,
): Promise<{ readonly port: number; readonly close: () => void }> {
  const server: Server = createServer(({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://sync");
    const notReady = sync.notReady();
    const answer = (status: number, text: string) =>
      response.writeHead(status, { "content-type": "text/plain" }).end(text);
    if (pathname === "/livez") answer(200, "ok\n");
    else if (pathname === "/health" || pathname === "/readyz")
      answer(notReady === undefined ? 200 : 500, `${notReady ?? "ok"}\n`);
    else if (pathname === "/metrics")
      answer(200, metricsText(notReady === undefined, sync.replicated().map(qualifiedResource)));
    else answer(404, "not found: /health, /livez, /readyz and /metrics are served\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host === "" ? undefined : host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

function metricsText(isReady: boolean, replicated: readonly string[]): string {
  const ready = new Gauge("sallyport_sync_ready", "Whether the policy server has everything that came.");
  const resources = new Gauge("sallyport_sync_replicated", "Resources that are replicated.", ["resource"]);
  ready.set([], isReady ? 1 : 0);
  for (const each of replicated) resources.set([each], 1);
  return ready.render() + resources.renderAlways();
}
