import { createServer } from "node:http";
import { Gauge } from "@sallyport/kube";

/** Serves `/livez` and `/metrics`. Rejects when the address cannot be had. */
export async function openProviderDoors(
  { host, port }: { readonly host: string; readonly port: number },
  counts: { readonly mounted: number; readonly failed: number },
): Promise<{ readonly close: () => void }> {
  const server = createServer(({ url = "/" }, response) => {
    const [path] = url.split("?");
    const answer = (status: number, text: string) =>
      void response.writeHead(status, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(text);
    if (path === "/livez") answer(200, "ok\n");
    else if (path === "/metrics") answer(200, metricsText(counts));
    else answer(404, "expected /livez or /metrics\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host === "" ? undefined : host, resolve);
  });
  return { close: () => server.close() };
}

function metricsText({ mounted, failed }: { readonly mounted: number; readonly failed: number }): string {
  const mounts = new Gauge("sallyport_csi_mounts", "Mounts since the start, by what became of them.", ["result"]);
  mounts.set(["mounted"], mounted);
  mounts.set(["failed"], failed);
  return mounts.renderAlways();
}
