import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { nodeArguments } from "../../../../../scripts/node-arguments.ts";

/** A server that is not there by then does not come. */
const readyMs = 60_000;

/** The words that start a policy server of ours. */
export const ownServer: readonly string[] = [process.execPath, ...nodeArguments, "opa"];

/** One life of a policy server, `run --server` in a folder with its `config.yaml` and `p.rego`, and clients of its own. */
export class DecisionLife {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #socket: string;
  readonly #agent = new Agent({ keepAlive: true });
  #said = "";

  private constructor(program: readonly string[], folder: string) {
    this.#socket = join(folder, "s");
    // A killed server leaves its socket.
    rmSync(this.#socket, { force: true });
    const [file = "", ...words] = program;
    const flags = ["run", "--server", "--log-level=error", "--addr", "unix://s", "-c", "config.yaml", "p.rego"];
    this.#child = spawn(file, [...words, ...flags], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#said = `${this.#said}${text}`.slice(-2000);
    });
    this.#ended = new Promise((resolve) => this.#child.once("close", resolve));
  }

  /** Resolves when it answers. */
  static async begin(program: readonly string[], folder: string): Promise<DecisionLife> {
    const life = new DecisionLife(program, folder);
    for (const end = Date.now() + readyMs; (await life.#ask("GET", "/health")) === undefined; ) {
      if (life.#child.exitCode !== null || Date.now() > end) throw new Error(`the server did not start: ${life.#said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return life;
  }

  /** The decision that was answered, with an id where decisions are logged; undefined when the server died before. */
  async decide(input: unknown): Promise<{ readonly id: string | undefined } | undefined> {
    const text = await this.#ask("POST", "/v1/data/p/allow", JSON.stringify({ input }));
    return text === undefined ? undefined : { id: (JSON.parse(text) as { decision_id?: string }).decision_id };
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Resolves when the process is gone. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    this.#child.kill(signal);
    await this.#ended;
    this.#agent.destroy();
  }

  #ask(method: string, path: string, body?: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      const lost = () => resolve(undefined);
      const sent = request({ socketPath: this.#socket, method, path, agent: this.#agent }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        answer.once("error", lost);
        answer.once("close", () => resolve(answer.complete && answer.statusCode === 200 ? text : undefined));
      });
      sent.once("error", lost);
      sent.end(body);
    });
  }
}
