import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createServer, type TLSSocket } from "node:tls";
import { madeAuthority, madeLeaf } from "../identity/x509/certificates.fixture.ts";
import type { Origination } from "../policy/client-tls.ts";
import { exchange, startOne } from "./proxy.fixture.ts";

const day = 24 * 3600 * 1000;
const inForce = { notBefore: Date.now() - day, notAfter: Date.now() + day };
const [root, strangers] = [madeAuthority("root", inForce), madeAuthority("strangers", inForce)];
const keyOf = ({ key }: typeof root) => key.export({ type: "pkcs8", format: "pem" }) as string;

/** A server of TLS that wants a certificate where it is told to; it tells what name it was asked for, and echoes. */
async function bedFor(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-originate-"));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const leaf = madeLeaf(root, { ...inForce, uris: ["spiffe://cluster.local/ns/db/sa/db"], dns: ["db.example"] });
  const client = madeLeaf(root, { ...inForce, uris: ["spiffe://cluster.local/ns/shop/sa/cart"] });
  const files = {
    ca: file("ca.pem", root.pem),
    strangers: file("strangers.pem", strangers.pem),
    cert: file("cert.pem", client.pem),
    key: file("key.pem", keyOf(client)),
    noFile: join(folder, "none.pem"),
  };
  const asked: (string | false | undefined)[] = [];
  const start = async (requestCert: boolean) => {
    const server = createServer(
      { cert: leaf.pem, key: keyOf(leaf), ca: root.pem, requestCert },
      (socket: TLSSocket) => {
        asked.push((socket as { servername?: string | false }).servername);
        socket.on("error", () => {}).pipe(socket);
      },
    ).listen(0, "127.0.0.1");
    server.on("tlsClientError", () => {});
    await once(server, "listening");
    t.after(() => server.close());
    return (server.address() as { port: number }).port;
  };
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return { files, asked, start };
}

type Files = Awaited<ReturnType<typeof bedFor>>["files"];

interface Case {
  readonly name: string;
  readonly rule: (files: Files) => Partial<Origination>;
  readonly isMutual?: boolean;
  /** Why nobody is reached; none where the server is. */
  readonly fault?: RegExp;
  readonly sni?: string;
}

/** In OpenSSL's words: of a server that sends its root, and of one that does not. */
const untrusted =
  /self-signed certificate in certificate chain|unable to (get local issuer|verify the first) certificate/;

const cases: readonly Case[] = [
  { name: "SIMPLE, by the service's name", rule: ({ ca }) => ({ caCertificates: ca }), sni: "db.example" },
  {
    name: "SIMPLE, by the rule's names",
    rule: ({ ca }) => ({
      host: "db",
      caCertificates: ca,
      sni: "other.example",
      subjectAltNames: ["spiffe://cluster.local/ns/db/sa/db"],
    }),
    sni: "other.example",
  },
  {
    name: "a server of another name",
    rule: ({ ca }) => ({ host: "web.example", caCertificates: ca }),
    fault: /SIMPLE: the server is .*DNS:db\.example; expected web\.example$/,
  },
  {
    name: "a server of none of the rule's names",
    rule: ({ ca }) => ({ caCertificates: ca, subjectAltNames: ["spiffe://cluster.local/ns/db/sa/other", "x.example"] }),
    fault: /expected spiffe:\/\/cluster\.local\/ns\/db\/sa\/other or x\.example$/,
  },
  {
    name: "a server that strangers signed",
    rule: ({ strangers: caCertificates }) => ({ caCertificates }),
    fault: untrusted,
  },
  { name: "a server that the machine's roots do not know", rule: () => ({}), fault: untrusted },
  { name: "whoever it is, where the rule says so", rule: () => ({ host: "web.example", insecureSkipVerify: true }) },
  {
    name: "roots that are not there",
    rule: ({ noFile }) => ({ caCertificates: noFile }),
    fault: /caCertificates .*none\.pem: ENOENT$/,
  },
  {
    name: "a Secret",
    rule: () => ({ credentialName: "db-tls" }),
    fault: /credentialName db-tls: Secrets are not read by sidecars; name files$/,
  },
  {
    name: "MUTUAL",
    rule: ({ ca, cert, key }) => ({ mode: "MUTUAL", caCertificates: ca, clientCertificate: cert, privateKey: key }),
    isMutual: true,
  },
  {
    name: "MUTUAL without its key",
    rule: ({ ca, cert, noFile }) => ({
      mode: "MUTUAL",
      caCertificates: ca,
      clientCertificate: cert,
      privateKey: noFile,
    }),
    isMutual: true,
    fault: /privateKey .*none\.pem: ENOENT$/,
  },
];

for (const { name, rule, isMutual = false, fault, sni } of cases)
  test(`TLS that a DestinationRule wants: ${name}`, async (t) => {
    const { files, asked, start } = await bedFor(t);
    const port = await start(isMutual);
    const origination: Origination = { mode: "SIMPLE", host: "db.example", ...rule(files) };
    const client = await startOne("outbound", port, {
      outbound: { ip: "127.0.0.1", port, protocol: "tcp", tls: "originate", identities: [], origination },
    });
    assert.equal(await exchange(client.port, "hello"), fault === undefined ? "hello" : "RESET");
    await client.drain(2000);
    assert.equal(client.log[0]?.tls, "foreign");
    if (fault !== undefined) assert.match(client.log[0]?.reason ?? "", fault);
    if (fault === undefined && sni !== undefined) assert.deepEqual(asked, [sni]);
  });

test("SIMPLE to a server that speaks no TLS reaches nobody in plaintext", async (t) => {
  const { createServer: createPlain } = await import("node:net");
  const seen: Buffer[] = [];
  const server = createPlain((socket) => {
    socket.on("error", () => {}).on("data", (chunk) => seen.push(chunk as Buffer));
    socket.write("220 welcome\r\n");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const origination: Origination = { mode: "SIMPLE", host: "db.example" };
  const client = await startOne("outbound", port, {
    outbound: { ip: "127.0.0.1", port, protocol: "tcp", tls: "originate", identities: [], origination },
  });
  assert.equal(await exchange(client.port, "secret"), "RESET");
  await client.drain(2000);
  assert.ok(!Buffer.concat(seen).includes("secret"));
});
