import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type Connection, kubeconfigConnection } from "@sallyport/cluster";
import { canaries } from "./canaries.fixture.ts";

const place = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const nodeFlags = ["--conditions=source", "--disable-warning=ExperimentalWarning"];
export const base64 = (text: string): string => Buffer.from(text).toString("base64");
/** A key of 32 bytes that has a canary in it. */
const keyOf = (text: string) => base64(text.padEnd(32, "k").slice(0, 32));

interface Extra {
  readonly input?: string;
  readonly nodeOptions?: string;
}

/** What stands in a folder, and what each program told. */
export class Bed {
  readonly folder = mkdtempSync(join(tmpdir(), "sallyport-canaries-"));
  readonly told = new Map<string, string>();
  readonly program = place("../main.ts");
  readonly #t: TestContext;

  constructor(t: TestContext) {
    this.#t = t;
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  file(name: string, text: string, mode = 0o600): string {
    const path = join(this.folder, name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text, { mode });
    return path;
  }

  /** A file's bytes, a character each. */
  read(name: string): string {
    return readFileSync(join(this.folder, name), "latin1");
  }

  tell(who: string, text: string): void {
    this.told.set(who, (this.told.get(who) ?? "") + text);
  }

  /** A program whose outputs are kept; `nodeOptions` as in NODE_OPTIONS. It may leave core dumps, in the folder. */
  spawn(who: string, words: readonly string[], { input = "", nodeOptions = "" }: Extra = {}): ChildProcess {
    const line = ["-c", 'ulimit -c unlimited 2>/dev/null; exec "$@"', "sh", process.execPath, ...nodeFlags, ...words];
    const child = spawn("sh", line, {
      cwd: this.folder,
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        ...process.env,
        NODE_OPTIONS: nodeOptions,
        SOPS_AGE_KEY: canaries.ageKey,
        AWS_SECRET_ACCESS_KEY: canaries.storeToken,
      },
    });
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => this.tell(who, String(chunk)));
    child.stdin.on("error", () => {}).end(input);
    this.#t.after(() => child.kill("SIGKILL"));
    return child;
  }

  /** Runs command lines in one process, one after another. */
  async lines(who: string, lines: readonly (readonly string[])[]): Promise<void> {
    const text = lines.map((line) => JSON.stringify(line)).join("\n");
    const child = this.spawn(who, [place("./command-lines.fixture.ts")], { input: text });
    await new Promise((done) => child.once("close", done));
    const told = this.told.get(who) ?? "";
    assert.equal(told.match(/^(status|fault) /gm)?.length, lines.length, `${who}: ${told}`);
  }

  async until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
    for (let tries = 0; tries < 1200; tries++) {
      const found = await look();
      if (found !== undefined) return found;
      await new Promise((done) => setTimeout(done, 50));
    }
    return assert.fail(`${what} did not come: ${JSON.stringify(Object.fromEntries(this.told))}`);
  }
}

export function encryption(...keys: readonly string[]): string {
  const secretbox = { keys: keys.map((key, i) => ({ name: `k${i}`, secret: keyOf(key) })) };
  return JSON.stringify({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [{ resources: ["secrets"], providers: [{ secretbox }] }],
  });
}

const auditPolicy = JSON.stringify({
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  rules: [
    { level: "Metadata", resources: [{ group: "", resources: ["secrets", "serviceaccounts/token"] }] },
    { level: "RequestResponse" },
  ],
});

/** A server with keys, tokens and an audit log that have canaries. */
export async function startServer(
  bed: Bed,
  nodeOptions = "",
): Promise<{ readonly connection: Connection; readonly child: ChildProcess }> {
  const words = [
    bed.program,
    "up",
    ...["--data", join(bed.folder, "data"), "--port", "0", "--no-node"],
    ...["--encryption-provider-config", bed.file("encryption.json", encryption(canaries.encryptionKey))],
    ...["--token-auth-file", bed.file("tokens.csv", `${canaries.userToken},jane,u1\n`)],
    ...["--audit-policy-file", bed.file("audit-policy.json", auditPolicy)],
    ...["--audit-log-path", join(bed.folder, "audit.log")],
  ];
  const child = bed.spawn("up", words, { nodeOptions });
  await bed.until("up", () => (/^ready at/m.test(bed.told.get("up") ?? "") ? true : undefined));
  const kubeconfig = join(bed.folder, "data", "kubeconfig");
  return { connection: kubeconfigConnection(kubeconfig, { environment: {}, now: Date.now }), child };
}
