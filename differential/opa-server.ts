import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { Agent, request } from "node:http";
import { type JsonObject, jsonText, lookup, parseJson, type Value } from "@sallyport/rego";
import { freePort } from "../scripts/free-port.ts";
import type { Answer } from "./answer.ts";
import type { Program } from "./program.ts";

/** The version whose answers count; another one may differ rightly. */
export const peerVersion = "1.19";

/** The `opa` of this machine, by `SALLYPORT_OPA` or the PATH; else why there is none. */
export function findOpa(): { readonly file: string } | { readonly missing: string } {
  const file = process.env["SALLYPORT_OPA"] || "opa";
  const { stdout, status } = spawnSync(file, ["version"], { encoding: "utf8" });
  if (status !== 0) return { missing: "no opa on the PATH, and none in SALLYPORT_OPA" };
  const version = /^Version: (\S+)/m.exec(stdout)?.[1] ?? "unknown";
  if (!version.startsWith(`${peerVersion}.`)) return { missing: `opa is ${version}, not ${peerVersion}` };
  return { file };
}

/** Nothing that the generator writes takes a second. */
const answerTimeoutMs = 5_000;

class NoAnswer extends Error {}

/** A real OPA behind its REST API. One program at a time: each replaces the policy and the data of the one before. */
export class OpaServer {
  readonly #file: string;
  readonly #flags: readonly string[];
  #process: ChildProcess | undefined;
  #port = 0;
  #agent = new Agent();
  #hasLibrary = false;

  private constructor(file: string, flags: readonly string[]) {
    this.#file = file;
    this.#flags = flags;
  }

  static async start(file: string, flags: readonly string[] = []): Promise<OpaServer> {
    const server = new OpaServer(file, flags);
    await server.#launch();
    return server;
  }

  async #launch(): Promise<void> {
    this.#hasLibrary = false;
    this.#port = await freePort();
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const flags = ["run", "-s", "--addr", `127.0.0.1:${this.#port}`, "--log-level", "error", "--disable-telemetry"];
    this.#process = spawn(this.#file, [...flags, ...this.#flags], { stdio: "ignore" });
    for (let tries = 0; ; tries++) {
      const ready = await this.#send("GET", "/health").catch(() => undefined);
      if (ready?.status === 200) return;
      if (tries === 100) throw new Error("opa did not become ready in 10 s");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /**
   * Undefined when the peer itself breaks on the program: its server then closes the connection without an answer, and
   * may hold its locks for ever, so that a new one is needed.
   */
  answer(program: Program): Promise<Answer | undefined> {
    return this.#guarded(() => this.#answer(program));
  }

  /** The faults of a module, each as compact JSON; none when it is taken. Undefined as above, and for a fault without a place. */
  refusals(module: string): Promise<readonly string[] | undefined> {
    return this.#guarded(async () => {
      const { status, body } = await this.#send("PUT", "/v1/policies/p", module);
      if (status === 200) return [];
      return ((body as JsonObject)["errors"] as readonly Value[] | undefined)?.map(jsonText);
    });
  }

  /** What partial evaluation of a query leaves, with `queries` and `support`, or with `failed` why it fails; undefined when the program is refused, or as above. */
  residual(program: Program, query: string, unknowns: readonly string[]): Promise<Value | undefined> {
    return this.#guarded(async () => {
      if ((await this.#load(program)) !== undefined) return undefined;
      const known = unknowns.includes("input") ? "" : `,"input":${program.input}`;
      const asked = `{"query":${JSON.stringify(query)},"unknowns":${JSON.stringify(unknowns)}${known}}`;
      const { status, body } = await this.#send("POST", "/v1/compile", asked);
      return status === 200 ? lookup(body, "result") : { failed: failureOf(body) };
    });
  }

  async #guarded<Result>(ask: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof NoAnswer) && (error as NodeJS.ErrnoException).code !== "ECONNRESET") throw error;
      this.stop();
      await this.#launch();
      return undefined;
    }
  }

  async #answer(program: Program): Promise<Answer> {
    const refused = await this.#load(program);
    if (refused !== undefined) return refused;
    const asked = await this.#send("POST", "/v1/data/p", `{"input":${program.input}}`);
    if (asked.status !== 200) return { failed: errorsOf(asked.body)[0] ?? `status ${asked.status}` };
    return { result: lookup(asked.body, "result") };
  }

  /** Its refusal, if it is refused. */
  async #load({ module, library, data }: Program): Promise<Answer | undefined> {
    if (this.#hasLibrary) await this.#dropPolicies();
    if (library !== undefined) {
      this.#hasLibrary = true;
      const put = await this.#send("PUT", "/v1/policies/lib", library);
      // What the library refuses may not be all that is wrong, but both sides would say it of the library alone.
      if (put.status !== 200) return refusal(put.body);
    }
    const put = await this.#send("PUT", "/v1/policies/p", module);
    if (put.status !== 200) return refusal(put.body);
    await this.#send("PUT", "/v1/data", data);
    return undefined;
  }

  async #dropPolicies(): Promise<void> {
    await this.#send("DELETE", "/v1/policies/p");
    await this.#send("DELETE", "/v1/policies/lib");
    this.#hasLibrary = false;
  }

  stop(): void {
    this.#agent.destroy();
    this.#process?.kill("SIGKILL");
  }

  #send(method: string, path: string, body?: string): Promise<{ readonly status: number; readonly body: Value }> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { host: "127.0.0.1", port: this.#port, agent: this.#agent, method, path },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
          incoming.on("error", reject);
          incoming.on("end", () => {
            const text = Buffer.concat(chunks).toString("utf8");
            resolve({ status: incoming.statusCode ?? 0, body: text === "" ? {} : parseJson(text) });
          });
        },
      );
      outgoing.setTimeout(answerTimeoutMs, () => outgoing.destroy(new NoAnswer("opa gave no answer")));
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }
}

interface ReportedError {
  readonly code?: string;
  readonly message?: string;
}

function failureOf(body: Value): { readonly code: string; readonly message: string } {
  const { errors = [], code, message } = body as JsonObject as { errors?: readonly ReportedError[] } & ReportedError;
  const first = errors[0] ?? { code, message };
  return { code: String(first.code), message: String(first.message) };
}

/** OPA stops after ten errors, and says so in another. */
function refusal(body: Value): Answer {
  const { errors = [] } = body as JsonObject as { errors?: readonly ReportedError[] };
  return { refused: errorsOf(body), isCut: errors.some(({ message }) => message === errorLimit) };
}

/** The distinct codes of an error answer, sorted; its own code when it lists none. */
function errorsOf(body: Value): readonly string[] {
  const { errors = [], code } = body as JsonObject as { errors?: readonly ReportedError[]; code?: string };
  const codes = errors.filter(({ message }) => message !== errorLimit).flatMap((error) => error.code ?? []);
  return codes.length === 0 ? [String(code)] : [...new Set(codes)].sort();
}

const errorLimit = "error limit reached";
