import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Authority } from "@sallyport/mesh/identity";
import type { AuthorityMetrics } from "./authority-metrics.ts";

export interface AuthorityDoors {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Serves `/livez`, `/readyz` (the signer is in force) and `/metrics`. Rejects when the address cannot be had. */
export async function openAuthorityDoors(
  { host, port }: { readonly host: string; readonly port: number },
  authority: Authority,
  metrics: AuthorityMetrics,
  now: () => number,
): Promise<AuthorityDoors> {
  const server = createServer(({ url = "/" }, response) => {
    const [path] = url.split("?");
    const answer = (status: number, text: string) =>
      void response.writeHead(status, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(text);
    const hasEnded = now() >= authority.notAfter;
    if (path === "/livez") answer(200, "ok\n");
    else if (path === "/readyz") answer(hasEnded ? 500 : 200, hasEnded ? "the authority has ended\n" : "ok\n");
    else if (path === "/metrics") answer(200, metrics.render());
    else answer(404, "expected /livez, /readyz or /metrics\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host === "" ? undefined : host, resolve);
  });
  const shown = host === "" ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return {
    url: `http://${shown}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
