import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ControlPlane } from "../packages/opa/src/plugins/control-plane.fixture.ts";
import type { Scenario } from "../packages/opa/src/server/asked.fixture.ts";
import {
  type Answered,
  askAll,
  eventsOf,
  loggingConfig,
  type Recorded,
  withFiles,
} from "../packages/opa/src/server/rest-api.fixture.ts";
import { freePort } from "../scripts/free-port.ts";

/** A server that is not there by then does not come. */
const readyMs = 10_000;

/** What a fresh `opa run --server` answers to the requests of a scenario, and what it logs of them. */
export async function answersOfOpa(file: string, scenario: Scenario): Promise<Omit<Recorded, "name">> {
  if (scenario.logs === undefined) return { answers: await answers(file, scenario) };
  const plane = await ControlPlane.start();
  try {
    return { answers: await answers(file, scenario, plane), events: eventsOf(plane.received) };
  } finally {
    plane.close();
  }
}

function answers(file: string, scenario: Scenario, plane?: ControlPlane): Promise<readonly Answered[]> {
  return withFiles(scenario, async (folder) => {
    const config = plane === undefined ? [] : [`--config-file=${join(folder, "config.json")}`];
    if (plane !== undefined)
      writeFileSync(join(folder, "config.json"), JSON.stringify(loggingConfig(scenario, plane.url)));
    const address = `127.0.0.1:${await freePort()}`;
    // Decisions tell who has asked where requests are logged.
    const level = plane === undefined ? "error" : "info";
    const words = ["run", "--server", "--skip-version-check", `--log-level=${level}`, `--addr=${address}`];
    const all = [...words, ...config, ...(scenario.flags ?? []), ...Object.keys(scenario.files ?? {})];
    const opa = spawn(file, all, { cwd: folder, stdio: "ignore" });
    try {
      await ready(`http://${address}/health`);
      const answered = await askAll(`http://${address}`, scenario);
      // It sends what it has logged before it ends.
      if (plane !== undefined) {
        opa.kill("SIGTERM");
        await once(opa, "exit");
      }
      return answered;
    } finally {
      opa.kill("SIGKILL");
    }
  });
}

/** Whatever it answers, it listens. */
async function ready(url: string): Promise<void> {
  for (const end = Date.now() + readyMs; ; ) {
    const isThere = await fetch(url).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    if (Date.now() > end) throw new Error(`opa did not become ready in ${readyMs / 1000} s`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
