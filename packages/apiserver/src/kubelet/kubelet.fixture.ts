import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type PodRuntime, serveKubelet } from "@sallyport/streaming";

/** A kubelet on a free port, which lets in whom the authority of the certificate folder has signed. */
export async function startKubelet(
  certificateFolder: string,
  runtime: PodRuntime,
): Promise<{ readonly port: number; readonly stop: () => Promise<void> }> {
  const [ca, cert, key] = ["ca.crt", "server.crt", "server.key"].map((name) =>
    readFileSync(join(certificateFolder, name)),
  );
  const server = createServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true });
  const endStreams = serveKubelet(server, runtime, Date.now);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      endStreams();
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
