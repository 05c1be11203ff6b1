import { findOpa } from "../differential/opa-server.ts";
import { type Counts, runDifferential } from "../differential/run.ts";

// `npm run differential -- [PROGRAMS] [SEED]`: random Rego programs through a real OPA and through our evaluators.
// Exit code 0: none differed; 1: some did, and small ones are printed; 2: no OPA, or bad arguments.

const [programs = "2000", seed = String(Date.now() % 1_000_000_000)] = process.argv.slice(2);
if (!/^\d+$/.test(programs) || !/^\d+$/.test(seed)) fail("usage: npm run differential -- [PROGRAMS] [SEED]");
const opa = findOpa();
if ("missing" in opa) fail(opa.missing);
const { counts, categories } = await runDifferential({
  opa: opa.file,
  programs: Number(programs),
  seed: Number(seed),
  progress: (so) => {
    if (so.programs > 10_000) console.error(countsText(so));
  },
});
console.log(`seed ${seed}: ${countsText(counts)}`);
for (const { name, count, examples } of categories) {
  console.log(`\n${count} DIFFERENT: ${name}`);
  for (const example of examples) console.log(`--\n${example}`);
}
process.exitCode = categories.length === 0 ? 0 : 1;

function countsText({ programs, defined, empty, failed, refused, peerBroke, orderOfErrors }: Counts): string {
  const share = (count: number) => `${((count / programs) * 100).toFixed(1)} %`;
  return (
    `${programs} programs: ${defined} (${share(defined)}) with a result, ${empty} without, ` +
    `${failed} that fail, ${refused} (${share(refused)}) that do not compile, ${peerBroke} that OPA broke on; ` +
    `${orderOfErrors} where only one side met an error first`
  );
}

function fail(message: string): never {
  console.error(`differential: ${message}`);
  process.exit(2);
}
