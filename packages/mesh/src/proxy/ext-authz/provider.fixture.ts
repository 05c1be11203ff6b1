import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { TestContext } from "node:test";
import type { ExtensionProvider } from "../../policy/extension-provider.ts";
import { authorizationPolicy, authorizerFor } from "../../policy/policies.fixture.ts";
import { type Given, type Started, startOne } from "../proxy.fixture.ts";

/** A server of HTTP that tests end. */
export async function startHttp(
  t: TestContext,
  serve: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<number> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    serve(request, response, body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as { port: number }).port;
}

/** A proxy of `shop/web` before an application, whose one CUSTOM policy asks a provider at a port of everything. */
export async function startAsking(
  t: TestContext,
  application: number,
  { kind, port, settings = {}, given = {}, more = [] }: AskingGiven,
): Promise<Started> {
  const provider = {
    name: "p",
    [kind]: { service: "authz.shop.svc.cluster.local", port, ...settings },
  } as ExtensionProvider;
  const custom = authorizationPolicy("shop/c", "CUSTOM", [{}], { provider: { name: "p" } });
  const proxy = await startOne("inbound", application, {
    inbound: { mode: "PERMISSIVE", protocol: "http" },
    authorizer: authorizerFor([custom, ...more], { extensionProviders: [provider] }),
    provider: { provider, target: { ip: "127.0.0.1", port, protocol: "http", tls: "none", identities: [] } },
    ...given,
  });
  t.after(() => proxy.drain(0));
  return proxy;
}

interface AskingGiven {
  readonly kind: "envoyExtAuthzHttp" | "envoyExtAuthzGrpc";
  readonly port: number;
  readonly settings?: object;
  readonly given?: Given;
  readonly more?: readonly ReturnType<typeof authorizationPolicy>[];
}
