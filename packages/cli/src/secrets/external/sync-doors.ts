import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Gauge } from "@sallyport/kube";
import type { RunningExternalSecrets } from "./run-external-secrets.ts";

/** Serves `/livez`, `/readyz` and `/metrics`. `started` answers nothing until all was looked at once, or another replica is known to lead. Rejects when the address cannot be had. */
export async function openSyncDoors(
  { host, port }: { readonly host: string; readonly port: number },
  started: () => { readonly running: () => RunningExternalSecrets | undefined } | undefined,
): Promise<{ readonly port: number; readonly close: () => void }> {
  const server = createServer(({ url = "/" }, response) => {
    const [path] = url.split("?");
    const sync = started();
    const answer = (status: number, text: string) =>
      void response.writeHead(status, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(text);
    if (path === "/livez") answer(200, "ok\n");
    else if (path === "/readyz") answer(sync === undefined ? 500 : 200, sync === undefined ? "not yet\n" : "ok\n");
    else if (path === "/metrics") answer(200, metricsText(sync?.running()));
    else answer(404, "expected /livez, /readyz or /metrics\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host === "" ? undefined : host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

function metricsText(sync: RunningExternalSecrets | undefined): string {
  const { externals, failing } = sync?.counts() ?? { externals: 0, failing: 0 };
  const all = new Gauge("sallyport_externalsecrets", "ExternalSecrets that are there.");
  const bad = new Gauge("sallyport_externalsecrets_failing", "ExternalSecrets whose last synchronization failed.");
  all.set([], externals);
  bad.set([], failing);
  return all.render() + bad.render();
}
