import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { test } from "node:test";
import { serveUpgrades } from "./upgrade.ts";
import { acceptTunnel, acceptWebSocket, chosenProtocol } from "./web-socket.ts";

const ours = ["v5.channel.k8s.io", "v4.channel.k8s.io", ""];

/** What a client offers, and what is spoken. */
const offers: readonly (readonly [offered: string | undefined, chosen: string | undefined])[] = [
  ["v4.channel.k8s.io, v5.channel.k8s.io", "v4.channel.k8s.io"],
  ["v9.channel.k8s.io,v5.channel.k8s.io", "v5.channel.k8s.io"],
  ["v9.channel.k8s.io", undefined],
  [undefined, ""],
];

test("the first protocol of the client that is ours", () => {
  for (const [offered, chosen] of offers) {
    const headers = offered === undefined ? {} : { "sec-websocket-protocol": offered };
    assert.equal(chosenProtocol({ headers } as Parameters<typeof chosenProtocol>[0], ours), chosen, offered);
  }
});

test("handshakes tell the protocol, also one whose name is no token", async () => {
  for (const protocol of ["v5.channel.k8s.io", "SPDY/3.1+portforward.k8s.io"]) {
    const server = createServer();
    const end = serveUpgrades(server, async (request, _response, upgrade) => {
      if (protocol.startsWith("SPDY")) (await acceptTunnel(request, upgrade)).write("hello");
      else (await acceptWebSocket(request, upgrade, protocol)).send("hello");
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    const lines = [
      "GET / HTTP/1.1",
      "Host: x",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
    ];
    const offer = ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", `Sec-WebSocket-Protocol: ${protocol}`];
    socket.write(`${[...lines, ...offer].join("\r\n")}\r\n\r\n`);
    let text = "";
    while (!text.includes("hello")) text += String((await once(socket, "data"))[0]);
    assert.match(text, /^HTTP\/1.1 101 /);
    assert.ok(text.includes(`\r\nSec-WebSocket-Protocol: ${protocol}\r\n`), text);
    end();
    socket.destroy();
    server.close();
  }
});
