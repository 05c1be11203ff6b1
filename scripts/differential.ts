import { findOpa } from "../differential/opa-server.ts";
import { runDifferential } from "../differential/run.ts";

// `npm run differential -- [PROGRAMS] [SEED]`: random Rego programs through a real OPA and through both evaluators, until one differs.
// Exit code 0: none differed; 1: one did, and is printed as small as it can be; 2: no OPA, or bad arguments.

const [programs = "2000", seed = String(Date.now() % 1_000_000_000)] = process.argv.slice(2);
if (!/^\d+$/.test(programs) || !/^\d+$/.test(seed)) fail("usage: npm run differential -- [PROGRAMS] [SEED]");
const opa = findOpa();
if ("missing" in opa) fail(opa.missing);
const { counts, mismatch } = await runDifferential(opa.file, Number(programs), Number(seed));
console.log(
  `${counts.programs} programs, seed ${seed}: ${counts.defined} with a result, ${counts.undefinedOrEmpty} without, ` +
    `${counts.failed} that fail, ${counts.refused} that do not compile, ${counts.peerBroke} that OPA broke on`,
);
if (mismatch !== undefined) console.log(`DIFFERENT\n${mismatch}`);
process.exitCode = mismatch === undefined ? 0 : 1;

function fail(message: string): never {
  console.error(`differential: ${message}`);
  process.exit(2);
}
