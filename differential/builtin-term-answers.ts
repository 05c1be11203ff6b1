import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEffects } from "@sallyport/effects";
import { compile, jsonText, lookup, parseJson, type Value } from "@sallyport/rego";
import { runtimeInfo } from "../packages/cli/src/opa/runtime-info.ts";
import { startServer, startTlsServer, type TestServer, tls } from "../packages/effects/src/http-send.fixture.ts";
import type { BuiltinTerm } from "./builtin-terms.ts";
import type { BuiltinMismatch } from "./builtins.ts";

/** Asked at once: both sides wait for servers. */
const batchSize = 4;

/** What a real OPA and we answer to each term, errors of builtins being errors; only where they differ. */
export async function compareTerms(opa: string, terms: readonly BuiltinTerm[]): Promise<readonly BuiltinMismatch[]> {
  const world = await World.start(opa);
  try {
    const mismatches: BuiltinMismatch[] = [];
    for (let from = 0; from < terms.length; from += batchSize) {
      const compared = terms.slice(from, from + batchSize).map((term) => world.compare(term));
      for (const mismatch of await Promise.all(compared)) if (mismatch !== undefined) mismatches.push(mismatch);
    }
    return mismatches;
  } finally {
    world.stop();
  }
}

/** The servers that both sides ask. */
class World {
  readonly #opa: string;
  readonly #servers: { readonly [name: string]: TestServer };
  readonly #folder = mkdtempSync(join(tmpdir(), "builtin-terms-"));
  #count = 0;

  private constructor(opa: string, servers: { readonly [name: string]: TestServer }) {
    this.#opa = opa;
    this.#servers = servers;
  }

  static async start(opa: string): Promise<World> {
    const [http, https, strict] = await Promise.all([startServer(), startTlsServer(), startTlsServer(true)]);
    const world = new World(opa, { http, https, strict });
    writeFileSync(world.#inputFile, jsonText(world.#input));
    return world;
  }

  stop(): void {
    for (const server of Object.values(this.#servers)) server.close();
    rmSync(this.#folder, { recursive: true });
  }

  async compare({ term, before = "" }: BuiltinTerm): Promise<BuiltinMismatch | undefined> {
    const module = `package t\n\n${before}\nx := ${term}\n`;
    const [opa, sallyport] = (await Promise.all([this.#opaAnswer(module), this.#ourAnswer(module)])).map((answer) =>
      this.#withoutPlaces(answer),
    ) as [string, string];
    return opa === sallyport || isNameFirst(opa, sallyport) ? undefined : { call: term, opa, sallyport };
  }

  get #inputFile(): string {
    return join(this.#folder, "input.json");
  }

  get #input(): Value {
    const { http, https, strict } = this.#servers as { readonly [name: string]: TestServer };
    return {
      http: `http://127.0.0.1:${http?.port}`,
      https: `https://localhost:${https?.port}`,
      strict: `https://localhost:${strict?.port}`,
      tls: tls as unknown as Value,
    };
  }

  async #opaAnswer(module: string): Promise<string> {
    const [file, input] = [join(this.#folder, `${++this.#count}.rego`), this.#inputFile];
    writeFileSync(file, module);
    const flags = ["eval", "--strict-builtin-errors", "-f", "json", "-i", input, "-d", file, "data.t.x"];
    const output = parseJson(await outputOf(this.#opa, flags)) as {
      readonly errors?: readonly { readonly code: string; readonly message: string }[];
      readonly result?: readonly { readonly expressions: readonly { readonly value: Value }[] }[];
    };
    const [error] = output.errors ?? [];
    if (error !== undefined) return `${error.code}: ${error.message}`;
    const value = output.result?.[0]?.expressions[0]?.value;
    return value === undefined ? "undefined" : jsonText(value);
  }

  async #ourAnswer(module: string): Promise<string> {
    const { policy, diagnostics } = compile([{ file: "t.rego", text: module }]);
    if (policy === undefined) return `${diagnostics[0]?.code}: ${diagnostics[0]?.message}`;
    const options = {
      input: this.#input,
      effects: createEffects({ runtime: runtimeInfo({}) }),
      strictBuiltinErrors: true,
    };
    try {
      const [bindings] = await policy.queryAsync("x := data.t.x", options);
      return bindings === undefined ? "undefined" : jsonText(lookup(bindings, "x") as Value);
    } catch (error) {
      const { code, message } = error as { readonly code?: string; readonly message: string };
      return `${code}: ${message}`;
    }
  }

  /**
   * Which ports there are, and which resolver, is a matter of neither side; in errors that are values OPA says the place, and we do not.
   * Which of its parts meets the end of a connection first is a matter of time in Go, and it says that one's name.
   */
  #withoutPlaces(answer: string): string {
    const text = Object.entries(this.#servers).reduce(
      (so, [name, { port }]) => so.replaceAll(`:${port}`, `:${name}`),
      answer,
    );
    return text
      .replace("readLoopPeekFailLocked: ", "")
      .replace(/(lookup \S+) on [\d.:]+:53/g, "$1")
      .replace(/(?<="message":")\S+\.rego:\d+: /, "");
  }
}

/** Of a certificate of another name and of an unknown authority Go tells the first, and OpenSSL the second. */
function isNameFirst(opa: string, sallyport: string): boolean {
  const [name, authority] = [/x509: certificate is valid for [^"]*/, "x509: certificate signed by unknown authority"];
  return name.test(opa) && sallyport === opa.replace(name, authority);
}

function outputOf(file: string, flags: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, flags, { stdio: ["ignore", "pipe", "ignore"], timeout: 20_000 });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", reject);
    child.on("close", () => resolve(Buffer.concat(chunks).toString()));
  });
}
