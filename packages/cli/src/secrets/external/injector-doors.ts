import { createServer } from "node:http";

/** Serves `/livez` and `/readyz`. Rejects when the address cannot be had. */
export async function openInjectorDoors(
  { host, port }: { readonly host: string; readonly port: number },
  isReady: () => boolean,
): Promise<{ readonly close: () => void }> {
  const server = createServer(({ url = "/" }, response) => {
    const [path] = url.split("?");
    const answer = (status: number, text: string) =>
      void response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(text);
    if (path === "/livez") answer(200, "ok\n");
    else if (path === "/readyz") answer(isReady() ? 200 : 500, isReady() ? "ok\n" : "the files are not there yet\n");
    else answer(404, "expected /livez or /readyz\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host === "" ? undefined : host, resolve);
  });
  return { close: () => server.close() };
}
