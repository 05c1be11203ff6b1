import { ciScripts, recordOutput, runScript } from "../differential/ci-scripts/run-script.ts";
import { findOpa } from "../differential/opa-server.ts";

// `node --conditions=source scripts/record-ci-scripts.ts [SCRIPT…]`: records what a real OPA answers to scripts of pipelines.

const opa = findOpa();
if ("missing" in opa) {
  console.error(`record: ${opa.missing}`);
  process.exit(2);
}
const wanted = process.argv.slice(2);
for (const script of wanted.length === 0 ? ciScripts() : wanted)
  recordOutput(script, await runScript(script, [opa.file]));
