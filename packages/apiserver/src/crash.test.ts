import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { buildCrashProgram } from "./crash-program.fixture.ts";

/** Each takes a whole start; the store's own test has more. A long run takes five hundred. */
const rounds = Math.max(10, Math.floor(Number(process.env["SALLYPORT_CRASH_ROUNDS"] || 50) / 2));

/** In one round of so many the server is killed while it starts. */
const startedRounds = 5;

const maps = "/api/v1/namespaces/default/configmaps";

interface Object {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly data?: { readonly value: string };
}

/** One life of the server, and a client with connections of its own. */
class Life {
  readonly #child: ChildProcess;
  readonly #url: string;
  readonly #agent: Agent;

  private constructor(child: ChildProcess, url: string, folder: string) {
    this.#child = child;
    this.#url = url;
    const [ca, cert, key] = ["ca.crt", "admin.crt", "admin.key"].map((name) => readFileSync(join(folder, name)));
    this.#agent = new Agent({ keepAlive: true, ca, cert, key });
  }

  static async begin(program: string, folder: string): Promise<Life> {
    const child = spawn(process.execPath, [program, folder], { stdio: ["ignore", "pipe", "inherit"] });
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout?.setEncoding("utf8").on("data", (text: string) => resolve(text.trim()));
      child.once("close", (code) => reject(new Error(`the server ended with status ${code}`)));
    });
    return new Life(child, url, folder);
  }

  async kill(): Promise<void> {
    const closed = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.kill("SIGKILL");
    await closed;
    this.#agent.destroy();
  }

  /** The answer's code and object; undefined when the server died before it had answered. */
  send(method: string, path: string, body?: object): Promise<{ code: number; object: Object } | undefined> {
    return new Promise((resolve) => {
      const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
      const lost = () => resolve(undefined);
      const outgoing = request(
        `${this.#url}${path}`,
        { method, agent: this.#agent, headers: { "content-type": type } },
        async (incoming) => {
          incoming.on("error", lost);
          let text = "";
          for await (const chunk of incoming.setEncoding("utf8")) text += chunk as string;
          resolve({ code: incoming.statusCode ?? 0, object: JSON.parse(text) as Object });
        },
      );
      outgoing.on("error", lost).end(body && JSON.stringify(body));
    });
  }

  /** Events behind a revision until the server dies, each as it comes. */
  watch(from: number, onEvent: (type: string, object: Object) => void): void {
    const path = `${this.#url}${maps}?watch=true&resourceVersion=${from}`;
    const outgoing = request(path, { agent: this.#agent }, (incoming) => {
      let rest = "";
      incoming.on("error", () => {});
      incoming.setEncoding("utf8").on("data", (text: string) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          const { type, object } = JSON.parse(line) as { type: string; object: Object };
          onEvent(type, object);
        }
      });
    });
    outgoing.on("error", () => {}).end();
  }
}

/** What somebody knows who watches, and asks again behind what he saw last. */
class Watcher {
  readonly values = new Map<string, string>();
  readonly revisions = new Set<number>();
  seen: number;

  constructor(from: number) {
    this.seen = from;
  }

  hear(type: string, { metadata, data }: Object): void {
    const revision = Number(metadata.resourceVersion);
    assert.ok(type !== "ERROR", `the watch ended behind ${this.seen}`);
    assert.ok(revision > this.seen, `revision ${revision} was told behind ${this.seen}`);
    const isKnown = this.values.has(metadata.name);
    assert.equal(type, !isKnown ? "ADDED" : type === "DELETED" ? type : "MODIFIED");
    this.seen = revision;
    this.revisions.add(revision);
    if (type === "DELETED") this.values.delete(metadata.name);
    else this.values.set(metadata.name, data?.value ?? "");
  }
}

/** Creates, patches and deletes one object after another until the server dies; `onDone` is told of what was acknowledged. */
async function write(life: Life, lane: string, onDone: (object: Object) => void): Promise<void> {
  for (let i = 0; ; i++) {
    const name = `${lane}-${i}`;
    const created = await life.send("POST", maps, { metadata: { name }, data: { value: "1" } });
    if (created === undefined) return;
    assert.equal(created.code, 201);
    onDone(created.object);
    const patched = await life.send("PATCH", `${maps}/${name}`, { data: { value: "2" } });
    if (patched === undefined) return;
    onDone(patched.object);
    if (i % 2 === 0 && (await life.send("DELETE", `${maps}/${name}`)) === undefined) return;
  }
}

type List = Object & { readonly items: readonly Object[] };

/** A client that watches and writes through one life of a server after another. */
class Client {
  readonly #program: string;
  readonly #folder: string;
  readonly answered: Object[] = [];
  #watcher: Watcher | undefined;
  #fault: unknown;

  constructor(program: string, folder: string) {
    this.#program = program;
    this.#folder = folder;
  }

  async #begin(): Promise<{ readonly life: Life; readonly watcher: Watcher }> {
    const life = await Life.begin(this.#program, this.#folder);
    const list = (await life.send("GET", maps))?.object as List;
    this.#watcher ??= new Watcher(Number(list.metadata.resourceVersion));
    const watcher = this.#watcher;
    life.watch(watcher.seen, (type, object) => {
      try {
        watcher.hear(type, object);
      } catch (error) {
        this.#fault ??= error;
      }
    });
    return { life, watcher };
  }

  async #end(life: Life): Promise<void> {
    await life.kill();
    if (this.#fault !== undefined) throw this.#fault;
  }

  /** Kills a server so many milliseconds after it was started, whatever it does then. */
  async startUntilKilled(ms: number): Promise<void> {
    const child = spawn(process.execPath, [this.#program, this.#folder], { stdio: ["ignore", "ignore", "inherit"] });
    const closed = new Promise<string | null>((resolve) => child.once("close", (_code, signal) => resolve(signal)));
    await new Promise((resolve) => setTimeout(resolve, ms));
    child.kill("SIGKILL");
    assert.equal(await closed, "SIGKILL");
  }

  /** Writes until so many more were answered, and kills the server some milliseconds after that. */
  async writeUntilKilled(count: number, ms: number): Promise<void> {
    const { life } = await this.#begin();
    const wanted = this.answered.length + count;
    const full = Promise.withResolvers<void>();
    const done = (object: Object) => {
      if (this.answered.push(object) >= wanted) full.resolve();
    };
    const lanes = Promise.all(Array.from({ length: 6 }, (_, i) => write(life, `w${wanted}-${i}`, done)));
    await Promise.race([full.promise, lanes]);
    await new Promise((resolve) => setTimeout(resolve, ms));
    await this.#end(life);
    await lanes;
  }

  /** What was answered has been told, and what lies there is what was told. */
  async check(): Promise<void> {
    const { life, watcher } = await this.#begin();
    // The last event may be of an object that is gone: a write behind it says that all was told.
    const last = await life.send("POST", maps, { metadata: { name: "last" }, data: { value: "1" } });
    const newest = Number(last?.object.metadata.resourceVersion);
    for (let tries = 0; watcher.seen < newest && tries < 200; tries++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    const list = (await life.send("GET", maps))?.object as List;
    const items = list.items.filter(({ metadata }) => metadata.name !== "kube-root-ca.crt");
    await this.#end(life);
    const found = items.map(({ metadata, data }) => [metadata.name, data?.value ?? ""] as const);
    assert.deepEqual(new Map(found), watcher.values);
    for (const { metadata } of this.answered)
      assert.ok(watcher.revisions.has(Number(metadata.resourceVersion)), `${metadata.name} was lost`);
  }
}

test(`kill -9 of a server: its clients keep what was answered, and their watches go on (${rounds} rounds)`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-crash-"));
  const program = await buildCrashProgram();
  const client = new Client(program.file, folder);
  let writing = 0;
  try {
    for (let round = 0; round < rounds; round++) {
      if (round % startedRounds === startedRounds - 1) await client.startUntilKilled(50 + ((round * 37) % 300));
      else {
        writing++;
        await client.writeUntilKilled(20 + ((round * 17) % 50), ((round * 7) % 40) / 8);
      }
    }
    await client.check();
    assert.ok(client.answered.length >= writing * 20);
  } finally {
    program.remove();
    rmSync(folder, { recursive: true, force: true });
  }
});
