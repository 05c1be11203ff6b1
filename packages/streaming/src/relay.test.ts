import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import type { Duplex } from "node:stream";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { Resizes } from "./command-streams.ts";
import { serveKubelet } from "./kubelet.ts";
import { ProcessRuntime } from "./process-runtime.fixture.ts";
import { relayCommand, relayProtocol } from "./relay.ts";

interface Case {
  readonly command: readonly string[];
  readonly stdin?: string;
  readonly tty?: boolean;
  readonly stdout: string;
  readonly stderr?: string;
  /** Parts of the metav1.Status. */
  readonly status: string;
  readonly message?: string;
}

const cases: readonly Case[] = [
  { command: ["sh", "-c", "echo out; echo err >&2"], stdout: "out\n", stderr: "err\n", status: "Success" },
  {
    command: ["sh", "-c", "exit 7"],
    stdout: "",
    status: "Failure",
    message: "command terminated with non-zero exit code: exit status 7",
  },
  { command: ["cat"], stdin: "0123456789\n".repeat(50_000), stdout: "0123456789\n".repeat(50_000), status: "Success" },
  // The size of the terminal comes on a stream of its own: it is looked at while the command runs.
  { command: ["sh", "-c", "sleep 1; echo $0", "terminal"], tty: true, stdout: "terminal\r\n", status: "Success" },
];

/** A kubelet without TLS, and a connection to it that has been upgraded. */
async function withKubelet(
  query: string,
  run: (socket: Duplex, runtime: ProcessRuntime) => Promise<void>,
): Promise<void> {
  const runtime = new ProcessRuntime({ c: ["true"] });
  const server = createServer();
  const end = serveKubelet(server, runtime, Date.now);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const headers = { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": relayProtocol };
  const socket = await new Promise<Duplex>((done, fail) => {
    const asked = request({ port, host: "127.0.0.1", method: "POST", path: `/exec/ns/p/c?${query}`, headers });
    asked.once("upgrade", (_response, upgraded: Duplex) => done(upgraded));
    asked.once("error", fail).end();
  });
  try {
    await run(socket, runtime);
  } finally {
    runtime.stop();
    end();
    server.close();
  }
}

for (const { command, stdin, tty = false, stdout, stderr = "", status, message } of cases)
  test(`a command over SPDY: ${command.join(" ")}`, async () => {
    const flags = [...(stdin === undefined ? [] : ["input"]), "output", tty ? "tty" : "error"];
    const query = new URLSearchParams([
      ...flags.map((flag): [string, string] => [flag, "1"]),
      ...command.map((word): [string, string] => ["command", word]),
    ]);
    await withKubelet(query.toString(), async (socket, runtime) => {
      const [out, err, given] = [new PassThrough(), new PassThrough(), new PassThrough()];
      const resizes = new Resizes();
      const [outText, errText] = [text(out), text(err)];
      resizes.take('{"Width":99,"Height":33}');
      given.end(stdin);
      let told: { status?: string; message?: string } = {};
      const wanted = { stdin: stdin !== undefined, stdout: true, stderr: !tty, tty };
      const end = async (outcome: object) => {
        told = outcome;
        out.end();
        err.end();
      };
      const signal = new AbortController().signal;
      await relayCommand({ stdin: given, stdout: out, stderr: err, resizes, end, signal }, socket, wanted);
      assert.equal(await outText, stdout);
      assert.equal(await errText, stderr);
      assert.equal(told.status, status);
      assert.equal(told.message, message);
      if (tty) assert.deepEqual(runtime.sizes, [{ width: 99, height: 33 }]);
    });
  });

test("a node that goes away is told of", async () => {
  const server = createTcpServer((socket) => socket.destroy());
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  let told = {};
  const client = {
    stdin: undefined,
    stdout: undefined,
    stderr: undefined,
    resizes: new Resizes(),
    signal: new AbortController().signal,
    end: async (outcome: object) => {
      told = outcome;
    },
  };
  await relayCommand(client, socket, { stdin: false, stdout: true, stderr: false, tty: false });
  assert.match(JSON.stringify(told), /"message":"Internal error occurred: the connection is closed"/);
  server.close();
});
