import { spawn } from "node:child_process";
import type { Scenario } from "../packages/opa/src/server/asked.fixture.ts";
import { type Answered, askAll, withFiles } from "../packages/opa/src/server/rest-api.fixture.ts";
import { freePort } from "../scripts/free-port.ts";

/** A server that is not there by then does not come. */
const readyMs = 10_000;

/** What a fresh `opa run --server` answers to the requests of a scenario. */
export function answersOfOpa(file: string, scenario: Scenario): Promise<readonly Answered[]> {
  return withFiles(scenario, async (folder) => {
    const address = `127.0.0.1:${await freePort()}`;
    const words = ["run", "--server", "--skip-version-check", "--log-level=error", `--addr=${address}`];
    const all = [...words, ...(scenario.flags ?? []), ...Object.keys(scenario.files ?? {})];
    const opa = spawn(file, all, { cwd: folder, stdio: "ignore" });
    try {
      await ready(`http://${address}/health`);
      return await askAll(`http://${address}`, scenario);
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
