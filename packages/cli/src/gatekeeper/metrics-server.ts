import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { reasonOf, UsageError } from "../errors.ts";

/** Serves a text at `/metrics`, for Prometheus; `address` is `HOST:PORT` or `:PORT`. Rejects with `UsageError`. */
export async function serveMetrics(
  address: string,
  render: () => string,
): Promise<{ readonly url: string; readonly close: () => void }> {
  const [, host = "", port = ""] = /^(.*):(\d{1,5})$/.exec(address) ?? [];
  if (port === "") throw new UsageError(`--metrics-addr ${address}: expected HOST:PORT or :PORT`);
  const server = createServer((request, response) => {
    if (request.url !== "/metrics") return void response.writeHead(404).end("metrics are at /metrics\n");
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(render());
  });
  await new Promise<void>((listening, reject) => {
    server.once("error", (error) => reject(new UsageError(`--metrics-addr ${address}: ${reasonOf(error)}`)));
    server.listen(Number(port), host === "" ? "0.0.0.0" : host.replace(/^\[|\]$/g, ""), listening);
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${taken}/metrics`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
