import { createServer, type Server } from "node:http";
import type { AppProbers } from "@sallyport/mesh";

export interface SidecarDoorsOptions {
  readonly ports: { readonly status: number; readonly health: number; readonly metrics: number };
  /** Why connections are not taken yet; undefined when they are. */
  readonly notReady: () => string | undefined;
  readonly metrics: () => string;
  /** What is asked of the containers beside us, by path. */
  readonly probers: AppProbers;
  /** Asks a container. */
  readonly ask: (prober: AppProbers[string]) => Promise<{ readonly isOk: boolean; readonly output: string }>;
}

type Answer = readonly [status: number, text: string];

/** Opens what others ask of a sidecar, by Istio's paths: its health, its metrics, and the probes of the containers beside it. Rejects when a port cannot be had. */
export async function openSidecarDoors(options: SidecarDoorsOptions): Promise<{ readonly close: () => void }> {
  const { ports, notReady, metrics, probers, ask } = options;
  const health = (path: string): Answer | undefined => {
    if (path !== "/healthz/ready") return undefined;
    const why = notReady();
    return why === undefined ? [200, "ready\n"] : [503, `${why}\n`];
  };
  const figures = (path: string): Answer | undefined =>
    path === "/stats/prometheus" || path === "/metrics" ? [200, metrics()] : undefined;
  const probe = async (path: string): Promise<Answer | undefined> => {
    const prober = Object.hasOwn(probers, path) ? probers[path] : undefined;
    if (prober === undefined) return undefined;
    const { isOk, output } = await ask(prober);
    return isOk ? [200, "ok\n"] : [500, `${output}\n`];
  };
  const servers: Server[] = [];
  try {
    servers.push(await serve(ports.health, async (path) => health(path)));
    servers.push(await serve(ports.metrics, async (path) => figures(path)));
    servers.push(await serve(ports.status, async (path) => health(path) ?? figures(path) ?? (await probe(path))));
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
  return {
    close: () => {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

function serve(port: number, answer: (path: string) => Promise<Answer | undefined>): Promise<Server> {
  const server = createServer(async ({ url = "/" }, response) => {
    const [path = "/"] = url.split("?");
    const [status, text] = (await answer(path)) ?? [404, "nothing is here\n"];
    response.writeHead(status, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(text);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, () => resolve(server));
  });
}
