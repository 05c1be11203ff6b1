import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEffects } from "@sallyport/effects";
import { compile, type RegoPolicy } from "@sallyport/rego";
import { freePort } from "../../scripts/free-port.ts";
import { median } from "../client.ts";
import { findOpaCommand } from "./peers.ts";

/** Modules that are added one by one to the policy so far, as a server is sent them; each is asked once. */
export interface PutTimes {
  readonly modules: number;
  /** One module more when it is the tenth, the hundredth, the thousandth: the median of those just before. */
  readonly one: readonly PutTime[];
  /** All of them together, with their evaluations, and the whole compilation of all. Milliseconds. */
  readonly all: number;
  readonly whole: number;
}

interface PutTime {
  readonly modules: number;
  /** OPA's is over HTTP to a server of its own, which compiles all modules again; ours is the call. */
  readonly ms: { readonly sallyport: number; readonly opa?: number };
}

const puts = 1000;
const sizes = [10, 100, puts];

/** Odd, so that the median is one of them; fewer than the smallest size. */
const samples = 9;

/** Until V8 has optimised the compiler. */
const warmPuts = 200;

export async function measurePuts(skipped: string[]): Promise<PutTimes> {
  putModules(warmPuts);
  const { times, all } = putModules(puts);
  const start = performance.now();
  compile(Array.from({ length: puts }, (_, i) => moduleSource(i)));
  const whole = performance.now() - start;
  const opa = await putIntoOpa(skipped);
  const one = sizes.map((modules) => {
    const peer = opa.get(modules);
    const ours = median(times.slice(modules - samples, modules));
    return { modules, ms: { sallyport: ours, ...(peer !== undefined && { opa: peer }) } };
  });
  return { modules: puts, one, all, whole };
}

function putModules(count: number): { readonly times: readonly number[]; readonly all: number } {
  const effects = createEffects();
  let policy = compile([]).policy as RegoPolicy;
  const begin = performance.now();
  const times = Array.from({ length: count }, (_, i) => {
    const start = performance.now();
    policy = policy.withModule(moduleSource(i)).policy as RegoPolicy;
    const took = performance.now() - start;
    policy.evaluate(`team/p${i}/deny`, { input: {}, effects });
    return took;
  });
  return { times, all: performance.now() - begin };
}

/** By the number of modules; empty where there is no OPA. */
async function putIntoOpa(skipped: string[]): Promise<ReadonlyMap<number, number>> {
  const found = findOpaCommand();
  const times = new Map<number, number>();
  if ("skipped" in found) skipped.push(`modules one by one by opa: ${found.skipped}`);
  else for (const size of sizes) times.set(size, await putLast([found.file], size));
  return times;
}

/**
 * Milliseconds of a PUT of one module more, to a server that has all but the last ones from files, so that the run takes minutes, not
 * hours: the median of the last ones. `program` is what starts OPA, or a server like it.
 */
export async function putLast(program: readonly string[], size: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-puts-"));
  for (let i = 0; i < size - samples; i++) {
    const { file, text } = moduleSource(i);
    writeFileSync(join(folder, file), text);
  }
  const address = `127.0.0.1:${await freePort()}`;
  const [file = "", ...words] = program;
  const flags = ["run", "-s", "--addr", address, "--log-level", "error", "--disable-telemetry", folder];
  const server = spawn(file, [...words, ...flags], { stdio: "ignore" });
  try {
    await untilReady(server, address);
    const times: number[] = [];
    for (let i = size - samples; i < size; i++) {
      const one = moduleSource(i);
      const start = performance.now();
      const answer = await fetch(`http://${address}/v1/policies/${one.file}`, { method: "PUT", body: one.text });
      await answer.arrayBuffer();
      times.push(performance.now() - start);
      if (!answer.ok) throw new Error(`the server refuses ${one.file}: ${answer.status}`);
    }
    return median(times);
  } finally {
    server.kill();
    rmSync(folder, { recursive: true });
  }
}

async function untilReady(server: ChildProcess, address: string): Promise<void> {
  while (server.exitCode === null) {
    const answer = await fetch(`http://${address}/health`).catch(() => undefined);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the server ended with ${server.exitCode}`);
}

function moduleSource(i: number): { readonly file: string; readonly text: string } {
  const shared = `data.team.p${i - (i % 10)}`;
  const text = `package team.p${i}

default allow := false

allow if {
	input.user == "user${i}"
	${shared}.trusted
}

trusted if startswith(input.image, "registry/")

deny contains msg if {
	some container in input.request.object.spec.containers
	not startswith(container.image, "registry/")
	msg := sprintf("container %v of team ${i}", [container.name])
}
`;
  return { file: `${i}.rego`, text };
}
